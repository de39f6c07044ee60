"""Networks applied to rows of arrays, batch by batch and in the precision of the rows."""

import copy
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Float64
from sklearn.utils import gen_batches

from isthmus.networks import RowAutoencoder
from isthmus.rows.batches import Rows, n_batch_rows

NetworkT = TypeVar("NetworkT", bound=RowAutoencoder)


def float_type(X: Rows) -> type[np.float32] | type[np.float64]:
    """Return the precision of the results for rows: float32 for float32, otherwise float64."""
    return np.float32 if X.dtype == np.float32 else np.float64


def in_precision_of(X: Rows, network: NetworkT) -> NetworkT:
    """Return the network, or a copy in float64 for rows in float64."""
    if float_type(X) == np.float32 or network.dtype == torch.float64:
        return network
    return copy.deepcopy(network).double()


def per_column(network: RowAutoencoder, values: np.ndarray) -> Float64[np.ndarray, " features"]:
    """Expand values (for images, one a channel) to one for each column of the network's rows."""
    return network.per_column(torch.from_numpy(values)).numpy()


def batches_of(X: Rows, network: RowAutoencoder) -> Iterator[slice]:
    """Yield batches of rows that fit into memory within the network."""
    return gen_batches(X.shape[0], n_batch_rows(max(X.shape[1], network.n_values)))  # type: ignore[no-any-return]


def apply_in_batches(
    function: Callable[[torch.Tensor], torch.Tensor], network: RowAutoencoder, X: Rows, width: int
) -> Float[np.ndarray, "rows width"]:
    """Apply a function of the network to all rows; ``width`` is the number of its results for a row."""
    result = np.empty((X.shape[0], width), dtype=float_type(X))
    for rows in batches_of(X, network):
        result[rows] = apply_to_batch(function, network, X, rows)
    return result


@torch.no_grad()
def apply_to_batch(
    function: Callable[[torch.Tensor], torch.Tensor], network: RowAutoencoder, X: Rows, rows: slice
) -> Float[np.ndarray, "rows width"]:
    """Apply a function of the network to some rows."""
    part = X[rows]
    # A copy where the rows cannot be written to (a memory map, for example), since torch warns of such.
    batch = np.require(part if isinstance(part, np.ndarray) else part.toarray(), float_type(X), ("C", "W"))
    return function(torch.from_numpy(batch).to(network.device)).cpu().numpy()
