"""Rows for the training loop, in batches of unit scale."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from scipy import sparse
from torch import Tensor

from isthmus.networks import RowAutoencoder, ignored_columns
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.scaling import column_range

_VALUES_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Normaliser:
    """Brings rows from the data's units to unit scale, on the device; the subtraction is done in float64."""

    shift: np.ndarray
    scale: np.ndarray
    dtype: torch.dtype
    device: torch.device

    def __call__(self, X: Rows, rows: slice | np.ndarray) -> Float[Tensor, "rows features"]:
        u = (dense_rows(X, rows) - self.shift) / self.scale
        return torch.from_numpy(u).to(self.device, self.dtype)


class Batches:
    """Rows and their targets (None for the rows themselves), by indexing.

    Dense rows are brought to unit scale once; sparse rows stay as they are and only a batch is made dense.
    ``n_values`` is the number of values of the network's widest layer for a row. ``unseen`` marks the columns that a
    step must set to zero, so that the encoder goes on to ignore them; None where they are zero anyway.
    """

    unseen: Bool[Tensor, " features"] | None = None

    def __init__(self, X: Rows, targets: Rows | None, normaliser: Normaliser, n_values: int = 0) -> None:
        self._normaliser, self._n_values = normaliser, max(n_values, X.shape[1])
        self._inputs = self._prepare(X)
        self._targets = None if targets is None else self._prepare(targets)

    def __len__(self) -> int:
        return int(self._inputs.shape[0])

    def __getitem__(
        self, rows: Int64[Tensor, " rows"]
    ) -> tuple[Float[Tensor, "rows features"], Float[Tensor, "rows features"]]:
        inputs = self._select(self._inputs, rows)
        return inputs, inputs if self._targets is None else self._select(self._targets, rows)

    def batches(
        self, order: Int64[Tensor, " rows"], size: int
    ) -> Iterator[tuple[Float[Tensor, "rows features"], Float[Tensor, "rows features"]]]:
        """Yield batches of rows in this order; the rows of many small batches are selected at once."""
        at_once = size * max(1, _VALUES_AT_ONCE // (size * self._inputs.shape[1]))
        for index in torch.split(order, at_once):
            inputs, targets = self[index]
            parts = torch.split(inputs, size)
            yield from zip(parts, parts if targets is inputs else torch.split(targets, size), strict=True)

    def in_order(self) -> list[Int64[Tensor, " rows"]]:
        """Return the indices of all rows, in parts that fit into memory when dense and within a network."""
        return list(torch.split(torch.arange(len(self)), n_batch_rows(self._n_values)))

    def _prepare(self, X: Rows) -> Tensor | Rows:
        if sparse.issparse(X):
            return X
        prepared = torch.empty(X.shape, dtype=self._normaliser.dtype, device=self._normaliser.device)
        for rows in torch.split(torch.arange(len(X)), n_batch_rows(X.shape[1])):
            part = slice(int(rows[0]), int(rows[-1]) + 1)
            prepared[part] = self._normaliser(X, part)
        return prepared

    def _select(self, values: Tensor | Rows, rows: Tensor) -> Tensor:
        if isinstance(values, Tensor):
            return values.index_select(0, rows.to(values.device))
        return self._normaliser(values, rows.numpy())


def batches_for(network: RowAutoencoder, X: Rows, targets: Rows | None) -> Batches:
    """Prepare rows for training or scoring a network."""
    shift, scale = (network.per_column(values).cpu().numpy() for values in (network.shift, network.scale))
    return Batches(X, targets, Normaliser(shift, scale, network.dtype, network.device), network.n_values)


def unseen_columns(network: RowAutoencoder, X: Rows) -> Bool[Tensor, " features"] | None:
    """Return the columns that a network ignores and that never vary in X; None if there are none."""
    low, high = column_range(X)
    unseen = ignored_columns(network) & torch.from_numpy(low == high).to(network.device)
    return unseen if unseen.any() else None
