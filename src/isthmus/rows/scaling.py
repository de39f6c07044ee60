"""The scale of the data: the centre and the divisor of each column before the network sees it.

``scale="auto"`` leaves data in [0, 1] alone and divides everything else by one number, so that the objective
stays the squared error in the data's own units; ``"global"`` always divides by that number, ``"standard"`` gives
each column its own (its standard deviation), ``"none"`` divides by nothing.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy import sparse
from sklearn.utils import gen_batches

from isthmus.errors import InputError
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows

_LARGEST = 1e140  # the sum of squares of many such numbers is still one

ColumnRange = tuple[Float64[np.ndarray, " features"], Float64[np.ndarray, " features"]]
"""The smallest and the largest value of each column."""


@dataclass(frozen=True)
class ColumnStatistics:
    """Mean, standard deviation and range of each column of the training rows."""

    mean: Float64[np.ndarray, " features"]
    deviation: Float64[np.ndarray, " features"]
    minimum: Float64[np.ndarray, " features"]
    maximum: Float64[np.ndarray, " features"]

    @property
    def in_unit_interval(self) -> bool:
        """Whether every value lies in [0, 1]."""
        return bool(self.minimum.min() >= 0 and self.maximum.max() <= 1)

    @property
    def spread(self) -> float:
        """Root mean square of the centred values; 1 if all columns are constant."""
        return float(np.sqrt(np.mean(self.deviation**2))) or 1.0


@dataclass(frozen=True, eq=False)
class Columns:
    """The statistics of the training rows' columns, and the divisor of each from the parameter ``scale``."""

    statistics: ColumnStatistics
    scale: Float64[np.ndarray, " features"]

    @classmethod
    def of(cls, X: Rows, scale: str) -> "Columns":
        statistics = column_statistics(X)
        return cls(statistics, scale_of(scale, statistics))


def column_statistics(X: Rows) -> ColumnStatistics:
    """Measure each column, in float64 and without a copy of the data."""
    n_rows, n_features = X.shape
    minimum, maximum = column_range(X)
    refuse_too_large(minimum, maximum)
    batches = list(gen_batches(n_rows, n_batch_rows(n_features)))
    mean = sum(dense_rows(X, rows).sum(axis=0) for rows in batches) / n_rows
    variance = sum(((dense_rows(X, rows) - mean) ** 2).sum(axis=0) for rows in batches) / n_rows
    deviation = np.sqrt(variance)
    # A constant column has no spread; rounding may leave some.
    deviation[(minimum == maximum) | (deviation <= 10 * np.finfo(np.float64).eps * np.abs(mean))] = 0.0
    return ColumnStatistics(mean, deviation, minimum, maximum)


def refuse_too_large(
    minimum: Float64[np.ndarray, " features"], maximum: Float64[np.ndarray, " features"], *, place: str = ""
) -> None:
    """Refuse values so large that squaring them overflows; ``place`` follows the number of the column."""
    size = np.maximum(np.abs(minimum), np.abs(maximum))
    if size.max() > _LARGEST:
        j = int(size.argmax())
        raise InputError(
            f"column {j + 1}{place} has values up to {size[j]:.3g} in size, and at most {_LARGEST:g} can be handled; "
            "divide it by a power of ten."
        )


def scale_of(kind: str, statistics: ColumnStatistics) -> Float64[np.ndarray, " features"]:
    """Return the divisor of each column for the parameter ``scale``; never zero."""
    ones = np.ones_like(statistics.mean)
    if kind == "standard":
        return np.where(statistics.deviation > 0, statistics.deviation, 1.0)
    if kind == "none" or (kind == "auto" and statistics.in_unit_interval):
        return ones
    return ones * statistics.spread


def column_range(X: Rows) -> ColumnRange:
    """Return the smallest and the largest value of each column."""
    low, high = X.min(axis=0), X.max(axis=0)
    if sparse.issparse(X):
        low, high = low.toarray().ravel(), high.toarray().ravel()
    return low.astype(np.float64), high.astype(np.float64)
