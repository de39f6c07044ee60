"""``Trainable``: what the trainer asks of a network, whatever computes it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float64

from isthmus.dense.operations import ArrayT, Operations

ModuleT_co = TypeVar("ModuleT_co", covariant=True)

Step = Callable[[ArrayT, ArrayT, float, float], Any]
"""``step(seen, targets, learning_rate, progress)`` gives the mean squared error of a batch before it, in unit scale."""


@runtime_checkable
class Trainable(Protocol[ModuleT_co, ArrayT]):
    """A network with its loss and optimiser. Rows have unit scale; ``shift`` and ``scale`` lead to the data's units.

    ``n_values`` is the number of values of the widest layer for a row. ``prefixes`` are the smaller code sizes of an
    ordered network. Steps are made within the context ``steps``; ``running`` is around all training.
    """

    @property
    def operations(self) -> Operations[ArrayT]: ...
    @property
    def network(self) -> ModuleT_co: ...
    @property
    def shift(self) -> Float64[np.ndarray, " features"]: ...
    @property
    def scale(self) -> Float64[np.ndarray, " features"]: ...
    @property
    def ignored(self) -> Bool[np.ndarray, " features"]: ...
    @property
    def n_values(self) -> int: ...
    @property
    def code_size(self) -> int: ...
    @property
    def prefixes(self) -> Sequence[int]: ...
    def steps(self) -> AbstractContextManager[Step[ArrayT]]: ...
    def running(self) -> AbstractContextManager[object]: ...
    def row_errors(self, inputs: ArrayT, targets: ArrayT, sizes: Sequence[int]) -> Float64[np.ndarray, "sizes rows"]:
        """Return the mean squared error of each row, in unit scale, with the first codes only, for each size."""

    def use_decoders(self, first_sizes: Sequence[int] | None) -> None:
        """Use each decoder of an ordered network from these code sizes on; from the first that it has, if None."""

    def is_finite(self) -> bool: ...
    def copy_weights(self) -> Any: ...
    def restore_weights(self, weights: Any) -> None: ...
