"""Rows of a table, dense or sparse (CSR), of which only a batch is ever made dense."""

from typing import TypeAlias

import numpy as np
from jaxtyping import Float64
from scipy import sparse

Rows: TypeAlias = np.ndarray | sparse.csr_matrix | sparse.csr_array

_BATCH_VALUES = 2**20  # 8 MB of float64


def n_batch_rows(n_features: int) -> int:
    """Return the number of rows of a batch: fewer where rows are wide, so that batches stay small."""
    return max(1, _BATCH_VALUES // n_features)


def dense_rows(X: Rows, rows: slice | np.ndarray) -> Float64[np.ndarray, "rows features"]:
    """Return some rows of X, dense and in float64."""
    batch = X[rows]
    return np.asarray(batch if isinstance(batch, np.ndarray) else batch.toarray(), dtype=np.float64)
