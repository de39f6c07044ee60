"""The principal axes of the training rows, which networks start at and are compared with."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Float64
from scipy import linalg, sparse
from sklearn.utils import gen_batches
from sklearn.utils.extmath import svd_flip

from isthmus.errors import ParameterError
from isthmus.pca.factor import Rounding, linear_rows
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.scaling import Columns

NetworkT_co = TypeVar("NetworkT_co", covariant=True)

# Up to this many columns the covariance matrix is cheap and its eigenvectors are exact in float64.
_MAX_COVARIANCE_FEATURES = 2048
_CHEAP_FEATURES = 256  # products of float32 rows with at most so many columns are in float64
_MAX_FLOAT64_BYTES = 2**32
# Shares closer than this are equal: PCA's own solvers differ by up to 1e-14 (iris).
_SAME_SHARE = 1e-13
# Smaller variances, as shares of the largest, are mostly rounding of the covariance matrix, by its precision.
_LOST = {np.float64: 1e-10, np.float32: 1e-5}
_FAR = 1e6  # a squared mean of so many variances loses as many digits of a sparse covariance

CodeSize = int | float | str
"""A number of codes, a share of the variance in (0, 1), or "mle"."""


@dataclass(frozen=True)
class PrincipalAxes:
    """PCA of rows of unit scale; ``spread`` is 0 along axes beyond the rank of the rows."""

    axes: Float64[np.ndarray, "components features"]
    spread: Float64[np.ndarray, " components"]

    @classmethod
    def of(
        cls,
        axes: Float64[np.ndarray, "components features"],
        spread: Float64[np.ndarray, " components"],
        rounding: Rounding,
    ) -> "PrincipalAxes":
        """Make axes with scikit-learn's signs from unit vectors and deviations along them, the largest first.

        From the first deviation on that is no more than rounding, deviations are 0.
        """
        _, axes = svd_flip(None, axes, u_based_decision=False)
        rank = int(np.argmin(np.append(spread > rounding.along(axes, spread), False)))
        return cls(axes, np.where(np.arange(len(spread)) < rank, spread, 0.0))

    @property
    def rank(self) -> int:
        """Number of axes along which the rows vary."""
        return int(np.count_nonzero(self.spread))


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
    code_size: CodeSize,
    random_state: np.random.RandomState,
) -> PrincipalAxes:
    """Return the first principal axes of ``(X − mean) / scale``.

    With at least as many rows as columns and at most 2,048 columns they are the eigenvectors of the covariance matrix,
    or, where it has lost the digits of the smallest variance, the singular vectors of the rows. Otherwise they are
    those of scikit-learn's PCA, with the full or the randomised SVD, as it chooses. Sparse rows stay sparse.

    Parameters
    ----------
    mean : ndarray of shape (n_features,)
        The means of the columns.
    code_size : int, float or "mle"
        Number of axes (no more than the data has dimensions are returned), or in (0, 1) the share of the variance that
        they must hold more than together, as PCA has it, or "mle" for Minka's choice of their number.
    """
    n_rows, n_features = X.shape
    rounding = Rounding.of(n_rows, mean, scale, X.dtype)
    if isinstance(code_size, str):
        code_size = _size_of_minka(X, mean, scale)
    if n_rows >= n_features and n_features <= _MAX_COVARIANCE_FEATURES:
        of_rows = _covariance if isinstance(X, np.ndarray) else _covariance_of_sparse
        covariance = of_rows(X, mean, scale)
        variances, axes = _eigenvectors(covariance, _n_components(code_size, covariance))
        precision = np.float32 if X.dtype == np.float32 and n_features > _CHEAP_FEATURES else np.float64
        if variances[-1] >= _LOST[precision] * variances[0]:
            return PrincipalAxes.of(axes, np.sqrt(np.maximum(variances, 0)), rounding)
        rows = linear_rows(X, mean, scale)
        _, singular, axes = linalg.svd(rows.factor)
        spread, axes = singular[: len(variances)] / np.sqrt(n_rows - 1), axes[: len(variances)]
        return PrincipalAxes.of(axes if rows.basis is None else axes @ rows.basis, spread, rounding)
    from sklearn.decomposition import PCA  # noqa: PLC0415 — takes a quarter of a second, and few rows need it

    n_components = min(code_size, n_rows, n_features) if isinstance(code_size, int) else _just_above(code_size)
    if not isinstance(X, np.ndarray):
        if isinstance(n_components, float) or n_components >= min(X.shape):
            X = X.toarray()  # all axes of wide rows have as many values as the dense rows
        else:
            X, _ = _sparse_unit_scale(X, mean, scale)  # PCA centres sparse rows implicitly
    if isinstance(X, np.ndarray):
        X = _unit_scale(X, mean, scale)
    pca = PCA(n_components, random_state=random_state, copy=False).fit(X)
    spread = np.sqrt(pca.explained_variance_).astype(np.float64)
    return PrincipalAxes.of(pca.components_.astype(np.float64), spread, rounding)


def _unit_scale(
    X: np.ndarray, mean: Float64[np.ndarray, " features"], scale: Float64[np.ndarray, " features"]
) -> np.ndarray:
    """Return ``(X − mean) / scale``, in float32 where float64 takes too much memory."""
    dtype = np.float64 if X.size * 8 <= _MAX_FLOAT64_BYTES else np.float32
    X = X - mean
    X /= scale  # in place: of a large table there is one copy
    return X.astype(dtype, copy=False)


def _sparse_unit_scale(
    X: sparse.csr_matrix | sparse.csr_array,
    mean: Float64[np.ndarray, " features"],
    scale: Float64[np.ndarray, " features"],
) -> tuple[sparse.csr_array, Float64[np.ndarray, " features"]]:
    """Divide columns, which keeps zeros, and return the means that are left.

    Columns whose mean is large beside all deviations are centred: they hold hardly any zeros, and centring later would
    cancel.
    """
    u = sparse.csr_array(X @ sparse.diags_array(1 / scale))
    left = mean / scale
    far = left**2 > _FAR * np.maximum(u.power(2).mean(axis=0) - left**2, 0).max()
    if far.any():
        centred = sparse.csr_array((X[:, far].toarray() - mean[far]) / scale[far])
        u = sparse.hstack([u[:, ~far], centred], format="csr")[:, np.argsort(np.argsort(far, stable=True))]
    return u, np.where(far, 0.0, left)


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


def _covariance_of_sparse(
    X: Rows, mean: Float64[np.ndarray, " features"], scale: Float64[np.ndarray, " features"]
) -> Float64[np.ndarray, "features features"]:
    n_rows = X.shape[0]
    u, mean = _sparse_unit_scale(X, mean, scale)
    covariance: np.ndarray = ((u.T @ u).toarray() - n_rows * np.outer(mean, mean)) / (n_rows - 1)
    return covariance


def _n_components(code_size: int | float, covariance: Float64[np.ndarray, "features features"]) -> int:
    """Return the number of axes, at most as many as there are columns."""
    if not isinstance(code_size, float):
        return min(code_size, len(covariance))
    shares = np.cumsum(np.maximum(linalg.eigvalsh(covariance)[::-1], 0))
    return min(len(shares), int(np.searchsorted(shares / shares[-1], _just_above(code_size), side="right")) + 1)


def _just_above(share: float) -> float:
    """Return a share that is above those equal to this one up to rounding: PCA takes strictly more than the share."""
    return min(share + _SAME_SHARE, 1 - np.finfo(np.float64).epsneg)


def _eigenvectors(
    covariance: Float64[np.ndarray, "features features"], n_components: int
) -> tuple[Float64[np.ndarray, " components"], Float64[np.ndarray, "components features"]]:
    """Return the largest eigenvalues, the first of them largest, and their eigenvectors; no others are computed."""
    n_features = len(covariance)
    needed = (n_features - n_components, n_features - 1)
    variances, vectors = linalg.eigh(covariance, subset_by_index=needed)
    return variances[::-1], vectors[:, ::-1].T.copy()


def _size_of_minka(X: Rows, mean: Float64[np.ndarray, " features"], scale: Float64[np.ndarray, " features"]) -> int:
    """Return the number of components that scikit-learn's PCA finds by maximum likelihood (Minka 2000)."""
    if X.shape[0] < X.shape[1]:
        raise ParameterError(
            f"code_size='mle' needs at least as many rows as columns. Got {X.shape[0]} rows and {X.shape[1]} columns."
        )
    from sklearn.decomposition import PCA  # noqa: PLC0415

    u = _unit_scale(X if isinstance(X, np.ndarray) else X.toarray(), mean, scale)
    try:
        return int(PCA("mle", copy=False).fit(u).n_components_)
    except ValueError as error:  # a logarithm of zero
        raise ParameterError(
            f"code_size='mle' is not defined where variances along two axes are equal, as in these rows ({error}); "
            "use a number of codes, or a share of the variance."
        ) from None
