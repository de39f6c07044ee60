"""The principal axes of the training rows, which networks start at and are compared with."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Float64
from scipy import linalg, sparse
from sklearn.decomposition import PCA
from sklearn.utils import gen_batches
from sklearn.utils.extmath import svd_flip

from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.scaling import Columns

NetworkT_co = TypeVar("NetworkT_co", covariant=True)

# Up to this many columns the covariance matrix is cheap and its eigenvectors are exact in float64.
_MAX_COVARIANCE_FEATURES = 2048
_CHEAP_FEATURES = 256  # products of float32 rows with at most so many columns are in float64
_MAX_FLOAT64_BYTES = 2**32


@dataclass(frozen=True)
class PrincipalAxes:
    """PCA of rows of unit scale."""

    axes: Float64[np.ndarray, "components features"]
    spread: Float64[np.ndarray, " components"]

    @classmethod
    def of(
        cls, axes: Float64[np.ndarray, "components features"], variances: Float64[np.ndarray, " components"]
    ) -> "PrincipalAxes":
        """Make axes with scikit-learn's signs from unit vectors and variances, which rounding may make negative."""
        _, axes = svd_flip(None, axes, u_based_decision=False)
        return cls(axes, np.sqrt(np.maximum(variances, 0)))


@dataclass(frozen=True, eq=False)
class Start(Generic[NetworkT_co]):
    """A network before training, and what it was made from.

    ``divisor`` is what the network divides the first column by. ``spread`` holds the standard deviations of the codes
    of a linear network in unit scale, and is None for others.
    """

    network: NetworkT_co
    code_size: int
    columns: Columns
    divisor: float
    axes: PrincipalAxes
    spread: Float64[np.ndarray, " components"] | None = None


def principal_axes(
    X: Rows,
    mean: Float64[np.ndarray, " features"],
    scale: Float64[np.ndarray, " features"],
    code_size: int | float,
    random_state: np.random.RandomState,
) -> PrincipalAxes:
    """Return the first principal axes of ``(X − mean) / scale``.

    The eigenvectors of the covariance matrix (exact) where there are at least as many rows as columns and at most 2,048
    columns; otherwise scikit-learn's PCA, with the full or the randomised SVD, as it chooses. Sparse rows stay sparse.

    Parameters
    ----------
    mean : ndarray of shape (n_features,)
        The means of the columns.
    code_size : int or float
        Number of axes (no more than the data has dimensions are returned), or in (0, 1) the share of the
        variance that they must hold together.
    """
    n_rows, n_features = X.shape
    n_components = min(code_size, n_rows, n_features) if isinstance(code_size, int) else code_size
    has_covariance = n_rows >= n_features and n_features <= _MAX_COVARIANCE_FEATURES
    if has_covariance and isinstance(X, np.ndarray):
        return _axes_of_covariance(_covariance(X, mean, scale), n_components)
    if not isinstance(X, np.ndarray):
        if not has_covariance and (isinstance(n_components, float) or n_components >= min(X.shape)):
            X = X.toarray()  # all axes of wide rows have as many values as the dense rows
        else:
            # Dividing columns keeps zeros; centring would not, and PCA centres sparse rows implicitly.
            X = (X @ sparse.diags_array(1 / scale)).tocsr()
    if isinstance(X, np.ndarray):
        dtype = np.float64 if X.size * 8 <= _MAX_FLOAT64_BYTES else np.float32
        X = X - mean
        X /= scale  # in place: of a large table there is one copy
        X = X.astype(dtype, copy=False)
    solver = "covariance_eigh" if has_covariance else "auto"
    pca = PCA(n_components, svd_solver=solver, random_state=random_state, copy=False).fit(X)
    return PrincipalAxes(pca.components_.astype(np.float64), np.sqrt(pca.explained_variance_).astype(np.float64))


def _covariance(
    X: np.ndarray, mean: Float64[np.ndarray, " features"], scale: Float64[np.ndarray, " features"]
) -> Float64[np.ndarray, "features features"]:
    """Compute the covariance batch by batch; products of wide float32 rows are in float32, sums never."""
    n_rows, n_features = X.shape
    precision = np.float64 if n_features <= _CHEAP_FEATURES else X.dtype
    total = np.zeros((n_features, n_features))
    for rows in gen_batches(n_rows, n_batch_rows(n_features)):
        u = ((dense_rows(X, rows) - mean) / scale).astype(precision, copy=False)
        total += u.T @ u
    covariance: np.ndarray = total / (n_rows - 1)
    return covariance


def _axes_of_covariance(
    covariance: Float64[np.ndarray, "features features"], n_components: int | float
) -> PrincipalAxes:
    """Return the eigenvectors with the largest eigenvalues; no others are computed."""
    n_features = len(covariance)
    if isinstance(n_components, float):
        shares = np.cumsum(np.maximum(linalg.eigvalsh(covariance)[::-1], 0))
        n_components = min(n_features, int(np.searchsorted(shares, n_components * shares[-1], side="right")) + 1)
    needed = (n_features - n_components, n_features - 1)
    variances, vectors = linalg.eigh(covariance, subset_by_index=needed)
    return PrincipalAxes.of(vectors[:, ::-1].T.copy(), variances[::-1])
