"""``Learner``: what the training loop and a fit ask of a network with its optimiser; ``Fold``: one with its rows."""

from collections.abc import Iterator, Sequence, Sized
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float64

from isthmus.rows.batches import Rows
from isthmus.training.recipe import Recipe

ModuleT_co = TypeVar("ModuleT_co", covariant=True)
BatchesT = TypeVar("BatchesT", bound=Sized)


@runtime_checkable
class Learner(Protocol[ModuleT_co, BatchesT]):
    """Trains a network and scores it; errors are mean squared errors in unit scale."""

    @property
    def network(self) -> ModuleT_co: ...
    @property
    def recipe(self) -> Recipe: ...
    @property
    def scored_sizes(self) -> Sequence[int]: ...
    def batches(self, X: Rows, target: Rows | None) -> BatchesT: ...
    def n_steps(self, rows: BatchesT) -> int: ...
    def epoch(self, rows: BatchesT, schedule: Iterator[float] | None = None) -> float: ...
    def train_an_epoch(self, rows: BatchesT) -> tuple[float, float]: ...
    def error(self, rows: BatchesT) -> float: ...
    def row_errors(self, rows: BatchesT, sizes: Sequence[int]) -> Float64[np.ndarray, "sizes rows"]: ...
    def pca_errors(
        self, axes: Float64[np.ndarray, "components features"], mean: Float64[np.ndarray, " columns"], rows: BatchesT
    ) -> Float64[np.ndarray, " sizes"]: ...
    def use_decoders(self, first_sizes: Sequence[int] | None) -> None: ...
    def is_finite(self) -> bool: ...
    def copy_weights(self) -> Any: ...
    def restore_weights(self, weights: Any) -> None: ...
    def running(self) -> AbstractContextManager[object]: ...


@dataclass(frozen=True, eq=False)
class Fold(Generic[BatchesT]):
    """A learner with the rows that it is trained on, and those that it is scored on (None: the same).

    ``unit`` is the factor that brings its errors to the unit of the other folds' errors.
    """

    learner: Learner[Any, BatchesT]
    rows: BatchesT
    held_out: BatchesT | None
    unit: float = 1.0
