"""PCA with every number of components, the baseline that networks are compared with."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from sklearn.utils import gen_batches

from isthmus.pca.axes import principal_axes
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.scaling import column_statistics, scale_of


@dataclass(frozen=True)
class PCABaseline:
    """PCA of some rows with all components.

    Attributes
    ----------
    mean : ndarray of shape (n_features,)
        Mean of the rows.
    unit : ndarray of shape (n_features,)
        Divisor of differences before squaring: each column's standard deviation, or ones.
    axes : ndarray of shape (n_components, n_features)
        No axes if all rows are the same.
    """

    mean: Float64[np.ndarray, " features"]
    unit: Float64[np.ndarray, " features"]
    axes: Float64[np.ndarray, "components features"]

    @classmethod
    def of(cls, rows: Rows, *, standardise: bool) -> "PCABaseline":
        """Fit PCA to rows, or to their standardised columns."""
        statistics = column_statistics(rows)
        unit = scale_of("standard" if standardise else "none", statistics)
        axes = np.empty((0, rows.shape[1]))
        if statistics.deviation.any():
            axes = principal_axes(rows, statistics.mean, unit, min(rows.shape), np.random.RandomState(0)).axes
        return cls(statistics.mean, unit, axes)

    def squared_errors(self, X: Rows, expected: Rows) -> Float64[np.ndarray, " sizes"]:
        """Return squared errors with 0, 1, … and all components, summed over rows and columns, in units.

        All are sums of squares, so nothing cancels: with k axes, the part of a row outside all axes, plus its part
        along the axes after the k-th, plus (if the expected row is another) the difference along the first k.
        """
        axes = self.axes
        outside, along, apart = 0.0, np.zeros(len(axes)), np.zeros(len(axes))
        variance = 0.0
        for rows in gen_batches(X.shape[0], n_batch_rows(X.shape[1])):
            centred = (dense_rows(expected, rows) - self.mean) / self.unit
            codes = centred @ axes.T
            outside += float(((centred - codes @ axes) ** 2).sum())
            along += (codes**2).sum(axis=0)
            variance += float((centred**2).sum())
            if expected is not X:
                apart += ((codes - ((dense_rows(X, rows) - self.mean) / self.unit) @ axes.T) ** 2).sum(axis=0)
        after = np.append(np.cumsum(along[::-1])[::-1], 0.0)
        errors: np.ndarray = outside + after + np.insert(np.cumsum(apart), 0, 0.0)
        errors[0] = variance
        return errors
