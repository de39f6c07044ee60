"""Is a fitted network ever worse than PCA? Held-out and test rows of many tables, code sizes and both losses.

    python -m benchmarks.rows.never_worse FOLDER [--max-epochs N] [--only NAME,…]

FOLDER holds ADBench's NPZ files; digits, wine and breast cancer of scikit-learn join them. Rows are split 70/15/15 as
in ``benchmarks.rows.tables``, and at most 3,000 training rows are used. Codes have 1, 2, a quarter and half of the
columns. Everything that is not named is the default.

- mse: columns are standardised on the training part, since those of tables have units.
- bce: columns are brought to [0, 1] on the training part. What lies beyond in the test part is clipped, since no
  reconstruction in [0, 1] could reach it; PCA gets the same rows, and both errors are squared errors of them.

"held-out" compares ``validation_error_`` with ``pca_error_``: the same rows, PCA of the same training rows. "test"
compares with a PCA of the whole training part, of which the network holds a tenth out.
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA

from benchmarks.machine import heading
from benchmarks.rows.tables import parts, parts_of
from isthmus import Autoencoder, WorseThanPCAWarning

MAX_ROWS = 3000


class Case(NamedTuple):
    """One fit: errors over PCA's, and whether it warned."""

    table: str
    loss: str
    codes: int
    held_out: float
    excess: float  # of the held-out error over PCA's, as a share of the variance
    test: float
    warned: bool


def tables(folder: Path) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Name and parts of each table."""
    for path in sorted(folder.glob("*.npz")):
        yield path.stem, parts(path)
    for load in (load_digits, load_wine, load_breast_cancer):
        yield load.__name__.removeprefix("load_"), parts_of(load().data)


def code_sizes(n_features: int) -> list[int]:
    """1, 2, a quarter and half of the columns, where these are fewer than the columns."""
    return sorted({k for k in (1, 2, n_features // 4, n_features // 2) if 1 <= k < n_features})


def scaled(data: dict[str, np.ndarray], loss: str) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows as the loss takes them."""
    train, test = data["train"][:MAX_ROWS], data["test"]
    if loss == "mse":
        return train, test
    low, high = train.min(axis=0), train.max(axis=0)
    spread = np.where(high > low, high - low, 1)
    return (train - low) / spread, np.clip((test - low) / spread, 0, 1)


def measure(name: str, loss: str, codes: int, rows: tuple[np.ndarray, np.ndarray], max_epochs: int) -> Case:
    train, test = rows
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = Autoencoder(codes, loss=loss, max_epochs=max_epochs, random_state=0).fit(train)
    others = [warning for warning in caught if not issubclass(warning.category, WorseThanPCAWarning)]
    assert not others, others[0].message
    pca = PCA(codes).fit(train)
    expected = np.mean((pca.inverse_transform(pca.transform(test)) - test) ** 2)
    return Case(
        name,
        loss,
        codes,
        model.validation_error_ / model.pca_error_,
        (model.validation_error_ - model.pca_error_) / model.validation_variance_,
        float(model.reconstruction_error(test).mean() / expected),
        bool(caught),
    )


def report(loss: str, cases: list[Case]) -> None:
    above = [case for case in cases if case.held_out > 1]
    on_test = [case for case in cases if case.test > 1]
    print(f"\n## {loss}: {len(cases)} fits\n")
    print(
        f"Held-out rows: {len(above)} above PCA, {sum(case.warned for case in above)} of them with a "
        f"WorseThanPCAWarning ({sum(case.warned for case in cases)} warnings in all); geometric mean of error over "
        f"PCA's {_mean([case.held_out for case in cases]):.3f}.\n"
    )
    print(
        f"Test rows: {len(on_test)} above PCA, {sum(case.test > 1.05 for case in on_test)} by more than 5 %; "
        f"geometric mean {_mean([case.test for case in cases]):.3f}."
    )
    for title, listed in (("Held-out rows above PCA", above), ("Test rows above PCA", on_test)):
        if listed:
            print(f"\n{title}:\n\n| table | codes | held-out / PCA | excess / variance | test / PCA | warned |")
            print("|---" * 6 + "|")
            for case in listed:
                print(
                    f"| {case.table} | {case.codes} | {case.held_out:.4f} | {case.excess:.1e} | {case.test:.3f} | "
                    f"{'yes' if case.warned else 'no'} |"
                )


def _mean(ratios: list[float]) -> float:
    return float(np.exp(np.mean(np.log(ratios))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--max-epochs", type=int, default=50)
    parser.add_argument("--only", default="", metavar="NAME,…", help="these tables alone")
    arguments = parser.parse_args()
    began, only = time.perf_counter(), set(filter(None, arguments.only.split(",")))
    cases: dict[str, list[Case]] = {"mse": [], "bce": []}
    for name, data in tables(arguments.folder):
        if only and name not in only:
            continue
        sizes = code_sizes(data["train"].shape[1])
        for loss, measured in cases.items():
            rows = scaled(data, loss)
            measured += [measure(name, loss, codes, rows, arguments.max_epochs) for codes in sizes]
    print(heading() + "\n")
    print(f"{arguments.max_epochs} epochs at most, {time.perf_counter() - began:.0f} s")
    for loss, measured in cases.items():
        report(loss, measured)


if __name__ == "__main__":
    main()
