"""PCA of rows that come in parts: of the rows so far it needs their number, their mean and one matrix, the factor.

The factor stands for the centred rows: ``factor.T @ factor`` is their scatter matrix. While it may have as many rows as
there are columns, PCA is exact. If it has fewer it keeps the leading axes, and PCA is that of Ross et al. (2008, §2.2),
as in scikit-learn's IncrementalPCA.
"""

import math

import numpy as np
from jaxtyping import Float64
from scipy import linalg
from sklearn.utils import gen_batches

from isthmus.pca.axes import PrincipalAxes
from isthmus.pca.factor import Rounding
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows

EXACT_FEATURES = 1024  # a factor of 8 MB; its decomposition takes a few tenths of a second
_SMALL_SIDE = 256  # up to this side the SVD takes hundredths of a second; beyond it eigenvectors are quicker


def factor_of(
    axes: PrincipalAxes, n_rows: int, unit: Float64[np.ndarray, " features"]
) -> Float64[np.ndarray, "rank features"]:
    """Return what the principal axes of rows, divided by ``unit``, tell of the rows."""
    factor: np.ndarray = math.sqrt(max(0, n_rows - 1)) * axes.spread[:, np.newaxis] * axes.axes * unit
    return factor


def factor_with_part(
    factor: Float64[np.ndarray, "rank features"],
    n_rows: int,
    mean: Float64[np.ndarray, " features"],
    part: Rows,
    new_mean: Float64[np.ndarray, " features"],
    *,
    most: int,
    unit: Float64[np.ndarray, " features"],
) -> Float64[np.ndarray, "new_rank features"]:
    """Return the factor of the rows so far and a part.

    Parameters
    ----------
    n_rows, mean
        Of the rows so far. There may be none.
    new_mean : ndarray of shape (n_features,)
        Of those and the part.
    most : int
        Most rows that the factor keeps; all that it needs to be exact are as many as there are columns.
    unit : ndarray of shape (n_features,)
        Divisor of each column; the axes that are kept lead in these units.
    """
    n_features = part.shape[1]
    if n_rows:  # the scatter about the new mean is that about the old one, and a jump that weighs as all old rows
        factor = np.vstack([factor, math.sqrt(n_rows) * (mean - new_mean)])
    for rows in gen_batches(part.shape[0], max(min(most, n_features), 8 * n_batch_rows(n_features))):
        factor = np.vstack([factor, dense_rows(part, rows) - new_mean])
        if most < n_features and len(factor) > most:
            singular, axes = _leading(factor / unit, most)
            factor = singular[:, np.newaxis] * axes * unit
        elif len(factor) > n_features:
            (factor,) = linalg.qr(factor, mode="r", overwrite_a=True, check_finite=False)
            factor = factor[:n_features]
    return factor


def axes_of_factor(
    factor: Float64[np.ndarray, "rank features"],
    n_rows: int,
    n_axes: int,
    mean: Float64[np.ndarray, " features"],
    unit: Float64[np.ndarray, " features"],
) -> PrincipalAxes:
    """Return the principal axes of the rows divided by ``unit``; fewer, if the rows have fewer dimensions."""
    if not factor.any():
        return PrincipalAxes(np.eye(1, len(unit)), np.zeros(1))
    singular, axes = _leading(factor / unit, min(n_axes, n_rows))
    return PrincipalAxes.of(axes, singular / math.sqrt(max(1, n_rows - 1)), Rounding.of(n_rows, mean, unit))


def _leading(
    rows: Float64[np.ndarray, "rows features"], n: int
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n features"]]:
    """Return the largest singular values of a matrix and their right singular vectors."""
    n_rows, n_features = rows.shape
    n = min(n, n_rows, n_features)
    if n_rows < n_features or (n_rows == n_features <= _SMALL_SIDE):
        _, singular, axes = linalg.svd(rows, full_matrices=False, check_finite=False)
        return singular[:n], axes[:n]
    squares, vectors = linalg.eigh(rows.T @ rows, subset_by_index=(n_features - n, n_features - 1))
    return np.sqrt(np.maximum(squares[::-1], 0)), vectors[:, ::-1].T.copy()
