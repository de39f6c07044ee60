"""Folds of the rows that are searched on: in each split rows to train on and rows to score, with PCA's errors."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy import sparse

from isthmus.pca.baseline import PCABaseline
from isthmus.rows.batches import Rows, dense_rows

# Errors are kept for this many groups of the scored rows: their spread tells by how much the difference between two
# networks would vary on other rows.
N_GROUPS = 20
_SCORED_SHARE = 0.2


@dataclass(frozen=True)
class Split:
    """Rows to train on and rows to score."""

    train: Int64[np.ndarray, " train"]  # positions of the rows to train on
    groups: list[Int64[np.ndarray, " group"]]  # positions of the rows to score, in random order
    unit: Float64[np.ndarray, " features"]  # errors are divided by it before they are squared
    variances: Float64[np.ndarray, " groups"]  # squares of a group's rows about the mean of the training rows, summed
    pca_errors: Float64[np.ndarray, " sizes"]  # of PCA with 0, 1, 2, … components on all rows to score, squared


def suited_folds(n_rows: int) -> int:
    """The number of folds for a number of rows: the fewer rows, the more of them must be scored."""
    return 5 if n_rows < 500 else 3 if n_rows < 1000 else 1


def splits_of(X: Rows, rows: np.ndarray, n_folds: int, *, standardise: bool, rng: np.random.RandomState) -> list[Split]:
    """Split some rows of X into ``n_folds`` folds, each scored once. With one fold, a fifth of them is scored.

    ``standardise`` says whether columns are divided by their standard deviations before errors are measured.
    """
    order = rng.permutation(rows)
    n_held = max(1, round(_SCORED_SHARE * len(order)))
    splits = []
    for held in [order[:n_held]] if n_folds == 1 else np.array_split(order, n_folds):
        train = np.setdiff1d(rows, held)
        pca = PCABaseline.of(X[train], standardise=standardise)
        groups = [group for group in np.array_split(held, -(-N_GROUPS // n_folds)) if len(group)]
        variances = np.array([(((dense_rows(X, group) - pca.mean) / pca.unit) ** 2).sum() for group in groups])
        errors = pca.squared_errors(scored := X[held], scored)
        splits.append(Split(train, groups, pca.unit, variances, errors))
    return splits


def as_rows(X: Rows) -> Rows:
    """Images as rows; rows as they are."""
    return X if sparse.issparse(X) else np.asarray(X).reshape(len(X), -1)
