"""What a trial is scored on: rows set aside to test, and rows to train on and to score in one or several splits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64
from scipy import sparse

from isthmus.pca.baseline import PCABaseline
from isthmus.rows.batches import Rows, dense_rows

# Errors are kept for so many groups of the scored rows: by how much two networks differ shows in them, and by how much
# that would differ on other rows.
N_GROUPS = 20
_HELD_SHARE = 0.2
_AT_ONCE = 1024  # rows that are reconstructed together


@dataclass(frozen=True)
class Parts:
    """Positions of the rows that are searched on, and of those set aside to test."""

    search: Int64[np.ndarray, " search"]
    test: Int64[np.ndarray, " test"]


@dataclass(frozen=True)
class Split:
    """Rows to train on and rows to score.

    Attributes
    ----------
    train, held : ndarray of int
        Positions; ``held`` in an order of chance.
    mean, unit : ndarray of shape (n_features,)
        Of the training rows: what is subtracted and divided by before squares are taken.
    groups : list of ndarray
        ``held`` in groups.
    """

    train: Int64[np.ndarray, " train"]
    held: Int64[np.ndarray, " held"]
    mean: Float64[np.ndarray, " features"]
    unit: Float64[np.ndarray, " features"]
    groups: list[Int64[np.ndarray, " group"]]
    variances: Float64[np.ndarray, " groups"]
    pca_errors: Float64[np.ndarray, " sizes"]


def suited_folds(n_rows: int) -> int:
    """How often rows are split: the fewer they are, the more of them have to be scored to tell networks apart."""
    return 5 if n_rows < 500 else 3 if n_rows < 1000 else 1


def splits_of(X: Rows, rows: np.ndarray, n_folds: int, *, standardise: bool, rng: np.random.RandomState) -> list[Split]:
    """The rows in ``n_folds`` folds, each of which is scored once; with one, a fifth of the rows is scored.

    Parameters
    ----------
    X : array or CSR matrix of shape (n_rows, n_features)
    rows : ndarray of int
        Positions of the rows that may be used.
    standardise : bool
        Whether errors are those of columns divided by their standard deviations, or in the data's units.
    """
    order = rng.permutation(rows)
    n_held = max(1, round(_HELD_SHARE * len(order)))
    parts = [order[:n_held]] if n_folds == 1 else np.array_split(order, n_folds)
    n_groups = -(-N_GROUPS // n_folds)
    made = []
    for held in parts:
        train = np.setdiff1d(rows, held)
        pca = PCABaseline.of(X[train], standardise=standardise)
        groups = [group for group in np.array_split(held, n_groups) if len(group)]
        variances = np.array([squares(dense_rows(X, group) - pca.mean, pca.unit) for group in groups])
        errors = pca.squared_errors(scored := X[held], scored)
        made.append(Split(train, held, pca.mean, pca.unit, groups, variances, errors))
    return made


def squares(difference: np.ndarray, unit: Float64[np.ndarray, " features"]) -> float:
    """The sum of squares, in units."""
    return float(((difference / unit) ** 2).sum())


def group_errors(model: Any, X: Any, flat: Rows, split: Split) -> Float64[np.ndarray, " groups"]:
    """The squared errors of a fitted network, summed over each group of the scored rows.

    ``X`` is what networks are given (rows or images), ``flat`` the same as rows.
    """
    errors = row_errors(model, X, flat, np.concatenate(split.groups), split.unit)
    ends = np.cumsum([len(group) for group in split.groups])
    return np.array([part.sum() for part in np.split(errors, ends[:-1])])


def row_errors(
    model: Any, X: Any, flat: Rows, rows: np.ndarray, unit: Float64[np.ndarray, " features"]
) -> Float64[np.ndarray, " rows"]:
    """The squared error of some rows, each summed over its columns."""
    errors = []
    for part in np.array_split(rows, -(-len(rows) // _AT_ONCE)):
        reconstructed = np.asarray(model.reconstruct(X[part]), dtype=np.float64).reshape(len(part), -1)
        errors.append((((reconstructed - dense_rows(flat, part)) / unit) ** 2).sum(axis=1))
    return np.concatenate(errors)


def same_as_rows(X: Any) -> Rows:
    """Images as rows; rows as they are."""
    return X if sparse.issparse(X) else np.asarray(X).reshape(len(X), -1)
