"""The table of array operations that dense networks are written against.

NumPy's (``numpy_operations.py``) is the one that CPUs use; torch's (``torch_operations.py``) serves other devices.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from isthmus.system.threads import Threads


@runtime_checkable
class Array(Protocol):
    """An array of NumPy or a tensor of torch."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def swapaxes(self, a: int, b: int, /) -> Any: ...


ArrayT = TypeVar("ArrayT", bound=Array)


def transposed(matrix: ArrayT) -> ArrayT:
    """Return a matrix with its rows as columns, without a copy."""
    return matrix.swapaxes(0, 1)  # type: ignore[no-any-return]


Activate = Callable[[ArrayT, ArrayT, ArrayT | None, tuple[ArrayT, ArrayT]], object]
"""``activate(x, y, slope, scratch)`` writes f(x) into y, and f′(x) into slope unless that is None."""


ArrayT_contra = TypeVar("ArrayT_contra", bound=Array, contravariant=True)


@runtime_checkable
class Optimiser(Protocol[ArrayT_contra]):
    """AdamW of one vector of weights."""

    def step(self, gradients: Sequence[ArrayT_contra], learning_rate: float, threads: Threads) -> None:
        """Change the weights by the sum of the gradients, one from each part of the batch."""


@runtime_checkable
class Operations(Protocol[ArrayT]):
    """Operations on arrays of one type, precision and device; those with ``out`` write their result there."""

    @property
    def dtype(self) -> np.dtype: ...

    # (a, b, out): the product of matrices, and element by element with broadcasting.
    @property
    def product(self) -> Callable[[ArrayT, ArrayT, ArrayT], object]: ...
    @property
    def add(self) -> Callable[[ArrayT, ArrayT, ArrayT], object]: ...
    @property
    def subtract(self) -> Callable[[ArrayT, ArrayT, ArrayT], object]: ...
    @property
    def multiply(self) -> Callable[[ArrayT, ArrayT, ArrayT], object]: ...
    @property
    def divide(self) -> Callable[[ArrayT, ArrayT, ArrayT], object]: ...

    # (a, out)
    @property
    def sigmoid(self) -> Callable[[ArrayT, ArrayT], object]: ...
    @property
    def clip_to_unit(self) -> Callable[[ArrayT, ArrayT], object]: ...
    @property
    def copy(self) -> Callable[[ArrayT, ArrayT], object]: ...

    def activation(self, name: str) -> Activate[ArrayT]:
        """Return an activation by its name."""

    def filled(self, shape: tuple[int, ...], value: float) -> ArrayT:
        """Make an array with one value."""

    def array(self, values: np.ndarray) -> ArrayT:
        """Make an array of NumPy's values; it may share their memory."""

    def numpy(self, values: ArrayT) -> np.ndarray:
        """Return values as NumPy's array; it may share their memory."""

    def matrix(self, vector: ArrayT, start: int, shape: tuple[int, int]) -> ArrayT:
        """Return a part of a vector as a matrix, without a copy."""

    def rows(self, values: ArrayT, index: np.ndarray) -> ArrayT:
        """Return a copy of some rows."""

    def square_sum(self, values: ArrayT) -> Any:
        """Return the sum of squares, as a number or an array of one."""

    def column_square_means(self, values: ArrayT) -> ArrayT:
        """Return the mean square of each column."""

    def is_finite(self, values: ArrayT) -> bool:
        """Return whether no value is NaN or infinite."""

    def adamw(self, weights: ArrayT, weight_decay: float) -> Optimiser[ArrayT]:
        """Return the optimiser of a vector, which it changes in place."""
