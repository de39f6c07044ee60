"""Test error over PCA's on anomaly-detection tables (ADBench's NPZ files): PCA start and random start.

    python -m benchmarks.rows.tables FOLDER [--max-epochs N] [--part validation|test] [--set NAME=VALUE …]

The rows labelled normal are split 70/15/15 (seed 0) and standardised on the training part; the code has a quarter of
the columns. Choices are made by the validation part; the test part is for the figure that is reported. Everything
that is not set is the default.
"""

import argparse
import ast
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from benchmarks.machine import heading
from isthmus import Autoencoder, WorseThanPCAWarning


def parts(path: Path) -> dict[str, np.ndarray]:
    """The parts of the rows labelled normal in a file of ADBench."""
    data = np.load(path, allow_pickle=False)
    return parts_of(data["X"].astype(np.float64)[data["y"] == 0])


def parts_of(rows: np.ndarray) -> dict[str, np.ndarray]:
    """Training, validation and test rows, standardised on the training rows."""
    order = np.random.default_rng(0).permutation(len(rows))
    a, b = int(0.7 * len(rows)), int(0.85 * len(rows))
    train = rows[order[:a]]
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation[deviation == 0] = 1
    cut = {"train": order[:a], "validation": order[a:b], "test": order[b:]}
    return {name: (rows[index] - mean) / deviation for name, index in cut.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", default="test", choices=["validation", "test"])
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of Autoencoder")
    parser.add_argument("--starts", default="pca,random")
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", WorseThanPCAWarning)  # the table says it
    extra = {name: _value(text) for name, _, text in (item.partition("=") for item in arguments.set)}
    starts = arguments.starts.split(",")
    print(heading() + "\n")
    print(f"{arguments.part} error over PCA's; {extra or 'defaults'}\n")
    print("| table | rows | columns | codes | " + " | ".join(f"{s} start | seconds | epochs" for s in starts) + " |")
    print("|---" * (4 + 3 * len(starts)) + "|")
    ratios: dict[str, list[float]] = {start: [] for start in starts}
    seconds = dict.fromkeys(starts, 0.0)
    for path in sorted(arguments.folder.glob("*.npz")):
        data = parts(path)
        train, held = data["train"], data[arguments.part]
        k = max(1, train.shape[1] // 4)
        pca = PCA(k).fit(train)
        pca_error = np.mean((pca.inverse_transform(pca.transform(held)) - held) ** 2)
        cells = []
        for start in starts:
            errors, began = [], time.perf_counter()
            for seed in range(arguments.seeds):
                model = Autoencoder(k, start=start, random_state=seed, **extra).fit(train)
                errors.append(model.reconstruction_error(held).mean() / pca_error)
            spent = (time.perf_counter() - began) / arguments.seeds
            ratios[start].append(float(np.exp(np.mean(np.log(errors)))))
            seconds[start] += spent
            cells.append(f"{ratios[start][-1]:.3f} | {spent:.1f} | {model.n_epochs_}")
        print(f"| {path.stem} | {len(train)} | {train.shape[1]} | {k} | {' | '.join(cells)} |", flush=True)
    for start in starts:
        mean = np.exp(np.mean(np.log(ratios[start])))
        above = sum(ratio > 1 for ratio in ratios[start])
        print(
            f"\n{start} start: geometric mean {mean:.3f}, {above} of {len(ratios[start])} tables above 1.00 "
            f"(worst {max(ratios[start]):.3f}), {seconds[start]:.0f} s"
        )


def _value(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


if __name__ == "__main__":
    main()
