"""Rows for the training loop, in batches of unit scale."""

from collections.abc import Iterator
from typing import Generic

import numpy as np
from jaxtyping import Float64
from scipy import sparse

from isthmus.dense.operations import ArrayT, Operations
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows

_VALUES_AT_ONCE = 1 << 18
_SCORED_VALUES = 1 << 17  # of the widest layer: its values stay in the cache


class Batches(Generic[ArrayT]):
    """Rows and their targets (None for the rows themselves), by indexing.

    Dense rows are brought to unit scale once (the subtraction is done in float64); sparse rows stay as they are, and
    only a batch is made dense. ``n_values`` is the number of values of the network's widest layer for a row. ``unseen``
    are the columns that a step must set to zero, so that the encoder goes on to ignore them; None where they are zero
    anyway.
    """

    unseen: list[int] | None = None

    def __init__(
        self,
        X: Rows,
        targets: Rows | None,
        operations: Operations[ArrayT],
        *,
        shift: Float64[np.ndarray, " features"],
        scale: Float64[np.ndarray, " features"],
        n_values: int = 0,
    ) -> None:
        self._operations, self._shift, self._scale = operations, shift, scale
        self._n_rows, self._n_features = X.shape
        self._n_values = max(n_values, self._n_features)
        self._inputs = self._prepare(X)
        self._targets = None if targets is None else self._prepare(targets)

    def __len__(self) -> int:
        return int(self._n_rows)

    def __getitem__(self, rows: np.ndarray) -> tuple[ArrayT, ArrayT]:
        inputs = self._select(self._inputs, rows)
        return inputs, inputs if self._targets is None else self._select(self._targets, rows)

    def parts(self, order: np.ndarray, size: int) -> Iterator[tuple[ArrayT, ArrayT]]:
        """Yield rows in this order, those of many small batches at once."""
        at_once = size * max(1, _VALUES_AT_ONCE // (size * self._n_features))
        yield from (self[order[start : start + at_once]] for start in range(0, len(order), at_once))

    def in_order(self) -> list[np.ndarray]:
        """Return the indices of all rows, in parts that fit into memory when dense and within a network."""
        n = max(1, _SCORED_VALUES // self._n_values)
        return [np.arange(start, min(start + n, len(self))) for start in range(0, len(self), n)]

    def _prepare(self, X: Rows) -> ArrayT | Rows:
        if sparse.issparse(X):
            return X
        prepared, n = self._operations.filled(X.shape, 0.0), n_batch_rows(X.shape[1])
        for start in range(0, len(X), n):
            prepared[start : start + n] = self._unit_scale(X, slice(start, start + n))  # type: ignore[index]
        return prepared

    def _unit_scale(self, X: Rows, rows: slice | np.ndarray) -> ArrayT:
        return self._operations.array((dense_rows(X, rows) - self._shift) / self._scale)

    def _select(self, values: ArrayT | Rows, rows: np.ndarray) -> ArrayT:
        if sparse.issparse(values):
            return self._unit_scale(values, rows)
        return self._operations.rows(values, rows)  # type: ignore[arg-type]
