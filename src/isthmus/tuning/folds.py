"""Folds of the rows that are searched on: rows to train on, rows to score, and errors of networks on them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy import sparse

from isthmus.pca.baseline import PCABaseline
from isthmus.rows.batches import Rows, dense_rows
from isthmus.tuning.architectures import Model

# Errors are kept for this many groups of the scored rows: their spread tells by how much the difference between two
# networks would vary on other rows.
N_GROUPS = 20
_SCORED_SHARE = 0.2
_ROWS_AT_ONCE = 1024  # rows that are reconstructed together


@dataclass(frozen=True)
class Split:
    """Rows to train on and rows to score.

    Attributes
    ----------
    train : ndarray of int
        Positions of the rows to train on.
    groups : list of ndarray
        Positions of the rows to score, in random order.
    unit : ndarray of shape (n_features,)
        Errors are divided by it before they are squared.
    variances : ndarray of shape (n_groups,)
        Squares of the rows of each group about the mean of the training rows, summed.
    pca_errors : ndarray of shape (n_sizes,)
        Squared errors of PCA with 0, 1, 2, … components on all rows to score.
    """

    train: Int64[np.ndarray, " train"]
    groups: list[Int64[np.ndarray, " group"]]
    unit: Float64[np.ndarray, " features"]
    variances: Float64[np.ndarray, " groups"]
    pca_errors: Float64[np.ndarray, " sizes"]


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


def group_errors(model: Model, X: Rows, flat: Rows, split: Split) -> Float64[np.ndarray, " groups"]:
    """The squared errors of a fitted network, summed over each group of the scored rows.

    ``X`` is what networks take (rows or images), ``flat`` the same values as rows.
    """
    errors = row_errors(model, X, flat, np.concatenate(split.groups), split.unit)
    ends = np.cumsum([len(group) for group in split.groups])
    return np.array([part.sum() for part in np.split(errors, ends[:-1])])


def row_errors(
    model: Model, X: Rows, flat: Rows, rows: np.ndarray, unit: Float64[np.ndarray, " features"]
) -> Float64[np.ndarray, " rows"]:
    """The squared error of each of some rows, summed over its columns."""
    errors = []
    for part in np.array_split(rows, -(-len(rows) // _ROWS_AT_ONCE)):
        reconstructed = np.asarray(model.reconstruct(X[part]), dtype=np.float64).reshape(len(part), -1)
        errors.append((((reconstructed - dense_rows(flat, part)) / unit) ** 2).sum(axis=1))
    return np.concatenate(errors)


def as_rows(X: Rows) -> Rows:
    """Images as rows; rows as they are."""
    return X if sparse.issparse(X) else np.asarray(X).reshape(len(X), -1)
