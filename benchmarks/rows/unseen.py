"""Error over PCA's on rows that no fit has seen: tables as they come, small ones among them.

    python -m benchmarks.rows.unseen FOLDER … [--half development|report] [--seeds N] [--scales auto,standard,unit]

Folders hold CSV files (their numeric columns, rows with missing values left out) and ADBench's NPZ files; tables that
the script makes join the development half. A quarter of the rows is unseen, another one for each seed, and at most
3,000 others are given to the fit; PCA gets them, too. Codes have 1, a quarter and half of the columns. Everything that
is not named is the default.

- auto: rows as they are.
- standard: columns standardised on the training rows.
- unit: columns brought to [0, 1] on the training rows, where cross-entropy may be chosen.

Choose by the development half, and report the other one.
"""

import argparse
import hashlib
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from benchmarks.machine import heading
from isthmus import Autoencoder, WorseThanPCAWarning

MAX_ROWS = 3000
# Where PCA leaves nothing but rounding, errors are equal.
ROUNDING = 1e-9


def read(path: Path) -> np.ndarray:
    """The numeric columns of a file, without incomplete rows."""
    if path.suffix == ".npz":
        return np.load(path, allow_pickle=False)["X"].astype(np.float64)
    try:
        frame = pd.read_csv(path)
    except UnicodeDecodeError:
        frame = pd.read_csv(path, encoding="latin1")
    numbers = frame.select_dtypes("number")
    return numbers.loc[:, numbers.isna().mean() < 0.5].dropna().to_numpy(np.float64)


def is_development(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def synthetic(n_rows: int = 200) -> Iterator[tuple[str, np.ndarray]]:
    """Small tables where there is little to gain over PCA, and two where there is much."""
    rng = np.random.default_rng(0)
    yield "noise", rng.normal(size=(n_rows, 6))
    yield "heavy-tails", rng.standard_t(2, size=(n_rows, 6))
    plane = rng.normal(size=(n_rows, 2)) @ rng.normal(size=(2, 6)) + 0.3 * rng.normal(size=(n_rows, 6))
    plane[rng.choice(n_rows, 6)] *= 10
    yield "outliers", plane
    logarithms = 1.2 * rng.normal(size=(n_rows, 2)) @ rng.normal(size=(2, 8)) + 0.3 * rng.normal(size=(n_rows, 8))
    yield "lognormal", np.exp(logarithms)
    yield "categories", np.c_[rng.integers(0, 5, size=(n_rows, 3)), rng.integers(0, 2, size=(n_rows, 3))]
    rare = np.where(rng.random(n_rows) < 0.02, 30.0, 0.0)
    yield "nearly-constant", np.c_[rng.normal(size=(n_rows, 5)), rare, 1e-6 * rng.normal(size=n_rows)]
    t = rng.uniform(-2, 2, n_rows)
    curve = np.c_[t, t**2, np.sin(2 * t), np.cos(2 * t), t**3 / 3]
    yield "curve", curve + 0.1 * rng.normal(size=curve.shape)
    a, b = rng.normal(size=(2, 60))
    yield "sheet", np.c_[a, b, a * b, a**2, b**2, np.sin(a + b)] + 0.1 * rng.normal(size=(60, 6))


def tables(folders: list[Path], half: str) -> Iterator[tuple[str, np.ndarray]]:
    """Name and rows of each table of a half."""
    for path in sorted(path for folder in folders for path in folder.iterdir() if path.suffix in {".csv", ".npz"}):
        if is_development(path.stem) == (half == "development"):
            rows = read(path)
            if min(rows.shape[0] // 25, rows.shape[1] // 2):
                yield path.stem, rows
    if half == "development":
        yield from synthetic()


def split(rows: np.ndarray, seed: int, scale: str) -> tuple[np.ndarray, np.ndarray]:
    """Training and unseen rows, scaled on the training rows."""
    order = np.random.default_rng(1000 + seed).permutation(len(rows))
    n = round(0.75 * len(rows))
    train, unseen = rows[order[: min(n, MAX_ROWS)]], rows[order[n:]]
    low, high, deviation = train.min(axis=0), train.max(axis=0), train.std(axis=0)
    if scale == "standard":
        deviation[deviation == 0] = 1
        return (train - train.mean(axis=0)) / deviation, (unseen - train.mean(axis=0)) / deviation
    if scale == "unit":
        width = np.where(high > low, high - low, 1)
        return (train - low) / width, np.clip((unseen - low) / width, 0, 1)
    return train, unseen


def ratio(train: np.ndarray, unseen: np.ndarray, code_size: int, seed: int) -> float:
    """Error of the model on the unseen rows over that of PCA of all training rows."""
    model = Autoencoder(code_size, random_state=seed).fit(train)
    pca = PCA(min(code_size, *train.shape)).fit(train)
    by_pca = np.mean((pca.inverse_transform(pca.transform(unseen)) - unseen) ** 2)
    floor = ROUNDING * np.mean((unseen - train.mean(axis=0)) ** 2)
    return float((model.reconstruction_error(unseen).mean() + floor) / (by_pca + floor))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--half", choices=["development", "report"], default="report")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--scales", default="auto,standard,unit")
    parser.add_argument("--max-rows", type=int, help="leave longer tables out")
    arguments = parser.parse_args()
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", WorseThanPCAWarning)
    print(f"{heading()}\n\n{arguments.half} half, {arguments.seeds} seeds\n")
    print("| table | rows | columns | scale | codes | error / PCA | worst seed | seconds a fit |")
    print("|---" * 8 + "|", flush=True)
    means: list[float] = []
    singles: list[float] = []
    seconds = 0.0
    for name, rows in tables(arguments.folders, arguments.half):
        if arguments.max_rows and len(rows) > arguments.max_rows:
            continue
        n_columns = rows.shape[1]
        for scale in arguments.scales.split(","):
            for codes in sorted({1, max(1, n_columns // 4), n_columns // 2}):
                began = time.perf_counter()
                ratios = [ratio(*split(rows, s, scale), codes, s) for s in range(arguments.seeds)]
                spent = time.perf_counter() - began
                seconds += spent
                means.append(float(np.exp(np.mean(np.log(ratios)))))
                singles += ratios
                print(
                    f"| {name} | {len(rows)} | {n_columns} | {scale} | {codes} | {means[-1]:.3f} | {max(ratios):.3f} | "
                    f"{spent / arguments.seeds:.2f} |",
                    flush=True,
                )
    print(
        f"\nGeometric mean {np.exp(np.mean(np.log(means))):.3f}; {sum(m > 1.02 for m in means)} of {len(means)} above "
        f"1.02, worst {max(means):.3f}; of single fits {sum(m > 1.02 for m in singles)} of {len(singles)} above 1.02, "
        f"worst {max(singles):.3f}; {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
