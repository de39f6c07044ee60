"""The principal axes of the training rows: where every network starts, and what it is compared with."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy import sparse
from scipy.special import logit
from sklearn.decomposition import PCA
from sklearn.utils import gen_batches

from isthmus.rows import Rows, dense_rows, n_batch_rows

# Up to this many columns the covariance matrix is cheap and its eigenvectors are exact in float64.
_MAX_COVARIANCE_FEATURES = 2048
_MAX_FLOAT64_BYTES = 2**32


@dataclass(frozen=True)
class PrincipalAxes:
    """PCA of rows of unit scale."""

    axes: Float64[np.ndarray, "components features"]
    spread: Float64[np.ndarray, " components"]


def principal_axes(
    X: Rows,
    shift: Float64[np.ndarray, " features"],
    scale: Float64[np.ndarray, " features"],
    code_size: int | float,
    random_state: np.random.RandomState,
) -> PrincipalAxes:
    """The first principal axes of ``(X − shift) / scale``, by scikit-learn's PCA.

    The eigenvectors of the covariance matrix (exact) where there are more rows than columns and at most 2,048
    columns; otherwise the full or the randomised SVD, as scikit-learn chooses. Sparse rows stay sparse.

    Parameters
    ----------
    code_size : int or float
        Number of axes (no more than the data has dimensions are returned), or in (0, 1) the share of the
        variance that they must hold together.
    """
    n_rows, n_features = X.shape
    n_components = min(code_size, n_rows, n_features) if isinstance(code_size, int) else code_size
    solver = "auto"
    if n_rows >= n_features and n_features <= _MAX_COVARIANCE_FEATURES:
        solver = "covariance_eigh"
    if not isinstance(X, np.ndarray):
        if solver == "auto" and (isinstance(n_components, float) or n_components >= min(X.shape)):
            X = X.toarray()  # all axes of wide rows: no fewer numbers than the dense rows have
        else:
            # Dividing columns keeps zeros; centring would not, and PCA centres sparse rows implicitly.
            X = (X @ sparse.diags_array(1 / scale)).tocsr()
    if isinstance(X, np.ndarray):
        dtype = np.float64 if X.size * 8 <= _MAX_FLOAT64_BYTES else np.float32
        X = ((X - shift) / scale).astype(dtype, copy=False)
    pca = PCA(n_components, svd_solver=solver, random_state=random_state, copy=False).fit(X)
    return PrincipalAxes(pca.components_.astype(np.float64), np.sqrt(pca.explained_variance_).astype(np.float64))


def logit_readout(
    X: Rows,
    shift: Float64[np.ndarray, " features"],
    scale: Float64[np.ndarray, " features"],
    axes: Float64[np.ndarray, "components features"],
) -> tuple[Float64[np.ndarray, "features components"], Float64[np.ndarray, " features"]]:
    """Weights and intercept that lead from the codes of rows in [0, 1] to the logits of their values.

    The least-squares fit of logit(clip(x, 0.02, 0.98)) on [z, 1], by the normal equations, batch by batch. Through
    a sigmoid it reconstructs nearly as well as PCA does.
    """
    n_components, n_features = axes.shape
    gram = np.zeros((n_components + 1, n_components + 1))
    moments = np.zeros((n_components + 1, n_features))
    for rows in gen_batches(X.shape[0], n_batch_rows(n_features)):
        x = dense_rows(X, rows)
        codes = np.column_stack([((x - shift) / scale) @ axes.T, np.ones(len(x))])
        gram += codes.T @ codes
        moments += codes.T @ logit(np.clip(x, 0.02, 0.98))
    solution = np.linalg.lstsq(gram, moments, rcond=None)[0]
    return solution[:-1].T, solution[-1]
