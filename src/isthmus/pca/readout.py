"""The read-out of a network that ends in a sigmoid: from PCA's codes to logits."""

import numpy as np
import torch
from jaxtyping import Float64
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
    gram = torch.zeros(n_components + 1, n_components + 1, dtype=torch.float64)
    moments = torch.zeros(n_components + 1, n_features, dtype=torch.float64)
    weights, means = torch.from_numpy((axes / scale).T).float(), torch.from_numpy(shift)
    for rows in gen_batches(X.shape[0], n_batch_rows(n_features)):
        x = torch.from_numpy(dense_rows(X, rows))
        codes = torch.nn.functional.pad((x - means).float() @ weights, (0, 1), value=1)
        gram += codes.T @ codes
        moments += codes.T @ torch.logit(x.float(), eps=0.02)
    solution = np.linalg.lstsq(gram.numpy(), moments.numpy(), rcond=None)[0]
    return solution[:-1].T, solution[-1]
