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
_TINY = 1e-100  # squares of smaller numbers may underflow
MEAN_ROUNDING = 1e-8  # offset of a mean, as a share of the deviation, that is left as it is
_SMALLEST = 1e-140  # the errors of numbers that vary so little are still above 0

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
        _, exponent = np.frexp(self.deviation.max())  # a power of two rounds nothing, and squares do not underflow
        mean_square = np.mean(np.ldexp(self.deviation, -exponent) ** 2)
        return float(np.ldexp(np.sqrt(mean_square), exponent)) or 1.0


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
    """Measure each column, in float64 and without a copy of the data.

    Two passes, the second of which corrects the first (Chan, Golub & LeVeque 1983, eq. 1.7).
    """
    n_rows, n_features = X.shape
    minimum, maximum = column_range(X)
    refuse_too_large(minimum, maximum)
    batches = list(gen_batches(n_rows, n_batch_rows(n_features)))
    # The sum of large values is rounded: the mean of a constant column could lie beside its value.
    mean = np.clip(sum(dense_rows(X, rows).sum(axis=0) for rows in batches) / n_rows, minimum, maximum)
    # Squares of tiny differences underflow; a power of two brings them to a size of about 1 and rounds nothing.
    width = maximum - minimum
    exponent = np.where((width > 0) & (width < _TINY), np.frexp(width)[1], 0)
    offset, variance = np.zeros(n_features), np.zeros(n_features)
    for rows in batches:
        difference = dense_rows(X, rows) - mean
        if exponent.any():
            difference = np.ldexp(difference, -exponent)
        offset += difference.sum(axis=0)
        variance += (difference**2).sum(axis=0)
    offset, variance = offset / n_rows, variance / n_rows
    # Elsewhere the offset of the mean is itself rounding.
    offset[offset**2 <= MEAN_ROUNDING**2 * variance] = 0.0
    deviation = np.ldexp(np.sqrt(np.maximum(variance - offset**2, 0)), exponent)
    mean = np.clip(mean + np.ldexp(offset, exponent), minimum, maximum)
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
    mean, deviation = np.abs(statistics.mean), statistics.deviation
    if kind == "standard":
        # Differences of a few units in the last place must not count like those of other columns.
        is_rounding = deviation <= 10 * np.finfo(np.float64).eps * mean
        negligible = np.where(deviation > 0, np.maximum(mean, 1.0), 1.0)
        return np.where(is_rounding, negligible, deviation)
    if deviation.any() and statistics.spread < _SMALLEST:
        raise InputError(
            f"the values differ from the means of their columns by {statistics.spread:.3g}, and at least {_SMALLEST:g} "
            "is needed, so that squares are above 0; multiply them by a power of ten, or use scale='standard'."
        )
    if kind == "none" or (kind == "auto" and statistics.in_unit_interval):
        return np.ones_like(mean)
    return np.full_like(mean, statistics.spread)


def column_range(X: Rows) -> ColumnRange:
    """Return the smallest and the largest value of each column."""
    low, high = X.min(axis=0), X.max(axis=0)
    if sparse.issparse(X):
        low, high = low.toarray().ravel(), high.toarray().ravel()
    return low.astype(np.float64), high.astype(np.float64)
