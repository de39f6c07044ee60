"""PCA with every number of components, as the line that networks are compared with."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from sklearn.utils import gen_batches

from isthmus.pca.axes import principal_axes
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.scaling import column_statistics, scale_of


@dataclass(frozen=True)
class PCABaseline:
    """All principal axes of some rows.

    Attributes
    ----------
    mean : ndarray of shape (n_features,)
        Mean of the rows.
    unit : ndarray of shape (n_features,)
        What differences are divided by before squares are taken: each column's standard deviation, or ones.
    axes : ndarray of shape (n_components, n_features)
        None where all rows are the same.
    """

    mean: Float64[np.ndarray, " features"]
    unit: Float64[np.ndarray, " features"]
    axes: Float64[np.ndarray, "components features"]

    @classmethod
    def of(cls, rows: Rows, *, standardise: bool) -> "PCABaseline":
        """PCA of these rows, or of their standardised columns."""
        statistics = column_statistics(rows)
        unit = scale_of("standard" if standardise else "none", statistics)
        axes = np.empty((0, rows.shape[1]))
        if statistics.deviation.any():
            axes = principal_axes(rows, statistics.mean, unit, min(rows.shape), np.random.RandomState(0)).axes
        return cls(statistics.mean, unit, axes)

    def squared_errors(self, X: Rows, expected: Rows) -> Float64[np.ndarray, " sizes"]:
        """The squared errors with 0, 1, … and all components, summed over rows and columns, in units.

        They are sums of squares, so that nothing cancels. With k axes a row's error is what lies outside all axes, plus
        what it has along the axes after the k-th, plus (where something else is expected than the row itself) how far
        it is from that along the first k.
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
