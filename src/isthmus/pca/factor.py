"""Rows reduced to a square matrix that has their inner products, so that small variances keep their digits."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.linalg import qr
from sklearn.utils import gen_batches

from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.scaling import MEAN_ROUNDING


@dataclass(frozen=True)
class Rounding:
    """How far rows of unit scale are rounded: values and means by column, and as a share of deviations."""

    of_values: Float64[np.ndarray, " features"]
    of_means: Float64[np.ndarray, " features"]
    share: float

    @classmethod
    def of(
        cls,
        n_rows: int,
        mean: Float64[np.ndarray, " features"],
        scale: Float64[np.ndarray, " features"],
        dtype: np.dtype | type = np.float64,
    ) -> "Rounding":
        """Return the rounding of rows of a type, centred and divided by ``scale``."""
        exact, given = np.finfo(np.float64).eps, np.finfo(dtype).eps
        size = np.abs(mean) / scale
        share = given + exact * max(n_rows, len(mean))  # the latter of a decomposition, as for numpy.linalg.matrix_rank
        return cls(max(10 * exact, given) * size, exact * np.sqrt(n_rows) * size, float(share))

    def along(
        self, axes: Float64[np.ndarray, "components features"], spread: Float64[np.ndarray, " components"]
    ) -> Float64[np.ndarray, " components"]:
        """Return the rounding along axes; by column, so that small columns count beside large ones."""
        squares = axes**2
        deviations = np.sqrt(spread**2 @ squares)
        of_rows = np.sqrt(squares @ (self.of_values + self.share * deviations) ** 2)
        # Every row has the same offset of the means, which may lie along an axis.
        noise: np.ndarray = of_rows + np.abs(axes) @ np.minimum(self.of_means, MEAN_ROUNDING * deviations)
        return noise


@dataclass(frozen=True)
class LinearRows:
    """Centred rows of unit scale, up to a rotation: ``factor @ basis`` has their inner products.

    The squared error of a linear network depends on these only, so a step on ``factor`` is a step on all rows.
    """

    factor: Float64[np.ndarray, "rank rank"]
    basis: Float64[np.ndarray, "rank features"] | None  # None for the unit vectors
    n_rows: int
    rounding: Rounding

    @property
    def mean_square(self) -> float:
        """Mean square of all values, which is the squared error of the mean alone."""
        n_features = self.factor.shape[1] if self.basis is None else self.basis.shape[1]
        return float(np.square(self.factor).sum() / (self.n_rows * n_features))


def linear_rows(
    X: Rows, shift: Float64[np.ndarray, " features"], scale: Float64[np.ndarray, " features"]
) -> LinearRows:
    """Reduce ``(X − shift) / scale`` to a square matrix whose side is the smaller of its sides."""
    n_rows, n_features = X.shape
    rounding = Rounding.of(n_rows, shift, scale, X.dtype)
    if n_rows <= n_features:
        basis, factor = qr(((dense_rows(X, slice(None)) - shift) / scale).T, mode="economic")
        return LinearRows(np.ascontiguousarray(factor.T), np.ascontiguousarray(basis.T), n_rows, rounding)
    factor = np.zeros((n_features, n_features))
    for rows in gen_batches(n_rows, max(n_features, n_batch_rows(n_features))):
        (factor,) = qr(np.vstack([factor, (dense_rows(X, rows) - shift) / scale]), mode="r")
        factor = factor[:n_features]
    return LinearRows(factor, None, n_rows, rounding)
