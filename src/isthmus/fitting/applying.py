"""Networks applied to rows of arrays, part by part and in the precision of the rows."""

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float64
from sklearn.utils import gen_batches

from isthmus.rows.batches import Rows, n_batch_rows
from isthmus.system.threads import available_threads, threads

Apply = Callable[[np.ndarray], np.ndarray]


@runtime_checkable
class Applied(Protocol):
    """A network in use: from arrays of rows, in the data's units, to arrays.

    ``n_values`` is the number of values of the widest layer for a row. ``in_threads`` says whether several threads may
    apply it at the same time.
    """

    @property
    def n_features(self) -> int: ...
    @property
    def code_size(self) -> int: ...
    @property
    def n_values(self) -> int: ...
    @property
    def in_threads(self) -> bool: ...
    def encode(self, rows: np.ndarray) -> np.ndarray: ...
    def decode(self, codes: np.ndarray) -> np.ndarray: ...
    def reconstruct(self, rows: np.ndarray) -> np.ndarray: ...
    def per_column(self, values: Float64[np.ndarray, " units"]) -> Float64[np.ndarray, " features"]:
        """Expand values (for images, one a channel) to one for each column."""

    def influence(
        self, codes: Float64[np.ndarray, "rows code"], *, standardise: bool
    ) -> Float64[np.ndarray, "code features"]:
        """Return the mean absolute derivative of each decoded column with respect to each code."""


def float_type(X: Rows) -> type[np.float32] | type[np.float64]:
    """Return the precision of the results for rows: float32 for float32, otherwise float64."""
    return np.float32 if X.dtype == np.float32 else np.float64


def parts_of(X: Rows, network: Applied) -> Iterator[slice]:
    """Yield parts of the rows that fit into memory within the network."""
    return gen_batches(X.shape[0], n_batch_rows(max(X.shape[1], network.n_values)))  # type: ignore[no-any-return]


def apply_in_parts(function: Apply, network: Applied, X: Rows, width: int) -> Float[np.ndarray, "rows width"]:
    """Apply a function of the network to all rows; ``width`` is the number of its results for a row."""
    result = np.empty((X.shape[0], width), dtype=float_type(X))

    def apply(rows: slice) -> None:
        result[rows] = apply_to_part(function, X, rows)

    for_each_part(apply, network, X)
    return result


def for_each_part(function: Callable[[slice], None], network: Applied, X: Rows) -> None:
    """Call a function with each part of the rows; several at the same time, if the network allows it."""
    parts = list(parts_of(X, network))
    n_threads = min(available_threads(), len(parts)) if network.in_threads else 1

    def apply_to_every(i: int) -> None:
        for part in parts[i::n_threads]:
            function(part)

    with threads(n_threads) as pool:
        pool.run(apply_to_every, n_threads)


def apply_to_part(function: Apply, X: Rows, rows: slice) -> Float[np.ndarray, "rows width"]:
    """Apply a function of the network to some rows."""
    part = X[rows]
    return function(np.asarray(part if isinstance(part, np.ndarray) else part.toarray(), float_type(X)))
