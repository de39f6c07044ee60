"""The read-out of a network that ends in a sigmoid: from PCA's codes to logits."""

import numpy as np
from jaxtyping import Float64
from scipy.special import logit
from sklearn.utils import gen_batches

from isthmus.rows.batches import Rows, dense_rows, n_batch_rows

_READOUT_ROWS = 2**13  # at least, of longer tables; fewer than twice as many


def logit_readout(
    X: Rows,
    shift: Float64[np.ndarray, " features"],
    scale: Float64[np.ndarray, " features"],
    axes: Float64[np.ndarray, "components features"],
) -> tuple[Float64[np.ndarray, "features components"], Float64[np.ndarray, " features"]]:
    """Return weights and intercept that lead from the codes of rows in [0, 1] to the logits of their values.

    The least-squares fit of logit(clip(x, 0.02, 0.98)) on [z, 1], by the normal equations, batch by batch (each in
    float32, which is enough for values in [0, 1]), of some thousand rows from all over the table. Through a sigmoid it
    reconstructs nearly as well as PCA does.
    """
    X = X[:: max(1, X.shape[0] // _READOUT_ROWS)]
    n_components, n_features = axes.shape
    gram, moments = np.zeros((n_components + 1, n_components + 1)), np.zeros((n_components + 1, n_features))
    weights = (axes / scale).T.astype(np.float32)
    for rows in gen_batches(X.shape[0], n_batch_rows(n_features)):
        x = dense_rows(X, rows)
        codes = np.pad((x - shift).astype(np.float32) @ weights, ((0, 0), (0, 1)), constant_values=1)
        gram += codes.T @ codes
        moments += codes.T @ logit(np.clip(x, 0.02, 0.98).astype(np.float32))
    solution = np.linalg.lstsq(gram, moments, rcond=None)[0]
    return solution[:-1].T, solution[-1]
