"""Rows of a table, dense or sparse (CSR), of which only a batch is ever made dense."""

from typing import TypeAlias

import numpy as np
from jaxtyping import Float64
from scipy import sparse

Rows: TypeAlias = np.ndarray | sparse.csr_matrix | sparse.csr_array

_BATCH_VALUES = 2**20  # 8 MB of float64


def n_batch_rows(n_features: int) -> int:
    """How many rows are handled at a time so that a batch stays small, however wide the rows are."""
    return max(1, _BATCH_VALUES // n_features)


def set_aside(n_rows: int, share: float, rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows that are kept, at least two, and of a share of the rows, at least one; each in order."""
    n_aside = min(max(1, round(share * n_rows)), n_rows - 2)
    order = rng.permutation(n_rows)
    return np.sort(order[n_aside:]), np.sort(order[:n_aside])


def dense_rows(X: Rows, rows: slice | np.ndarray) -> Float64[np.ndarray, "rows features"]:
    """Some rows of X, dense and in float64."""
    batch = X[rows]
    return np.asarray(batch if isinstance(batch, np.ndarray) else batch.toarray(), dtype=np.float64)
