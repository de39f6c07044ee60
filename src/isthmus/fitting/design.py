"""``Design``: the values that a kind of network passes to the fit that all kinds share."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Bool, Float64

from isthmus.fitting.fitted import Fitted
from isthmus.pca.axes import Start
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import ColumnRange, Columns, column_range
from isthmus.training.history import History, OnEpoch
from isthmus.training.learner import BatchesT, Learner
from isthmus.training.recipe import Recipe

ModuleT = TypeVar("ModuleT")
NetworkT = TypeVar("NetworkT")


@dataclass(frozen=True)
class TrainingSet:
    """Rows, and what is to be reconstructed from them (``target``; None for the rows themselves)."""

    inputs: Rows
    target: Rows | None = None

    def __len__(self) -> int:
        return int(self.inputs.shape[0])

    @property
    def expected(self) -> Rows:
        """The rows that reconstructions are compared with."""
        return self.inputs if self.target is None else self.target

    @cached_property
    def expected_range(self) -> ColumnRange:
        """The range of each column of ``expected``."""
        return column_range(self.expected)

    def constant(self, n_units: int) -> tuple[Bool[np.ndarray, " units"], Bool[np.ndarray, " units"]]:
        """Return which columns, or which of ``n_units`` channels, never vary: of the inputs, and of ``expected``."""
        expected_range = self.expected_range
        input_range = expected_range if self.target is None else column_range(self.inputs)
        return _constant(input_range, n_units), _constant(expected_range, n_units)

    def select(self, rows: slice | np.ndarray) -> "TrainingSet":
        """Return some of the rows."""
        return TrainingSet(self.inputs[rows], None if self.target is None else self.target[rows])


def _constant(values: ColumnRange, n_units: int) -> Bool[np.ndarray, " units"]:
    low, high = (limits.reshape(-1, n_units) for limits in values)
    constant: np.ndarray = low.min(axis=0) == high.max(axis=0)
    return constant


Solve = Callable[
    [Learner[ModuleT, BatchesT], Rows, int, Callable[[], float], OnEpoch | None],
    tuple[Float64[np.ndarray, " code"], History],
]
"""Solve a network for all rows: ``solve(learner, rows, seed, score, on_epoch)`` gives the codes' deviations."""


@dataclass(frozen=True)
class Design(Generic[ModuleT, NetworkT, BatchesT]):
    """One kind of network: its start, its training and the form it is kept in.

    ``loss`` is the loss that suits the rows. ``start(training, loss, rng, code_size)`` makes the network (``code_size``
    overrules the parameter if not None), ``learner(network, columns, loss, recipe, seed)`` trains it, and
    ``batch_size(n_rows, network)`` is what "auto" stands for. ``keep`` copies a network into the form that ``Fitted``
    holds, ``revive`` makes one to train further from that form, and ``finish`` is the last step of a fit.

    ``starts_at_pca`` says whether the network is PCA, or near it, before training; ``is_linear`` whether it is linear
    and fitted to all rows; ``is_ordered`` whether it has a decoder for each of several code sizes; ``has_pca`` whether
    its code can be compared with PCA's; ``has_sizes`` whether errors are kept for every code size. ``solve`` replaces
    the training of a linear network from random weights; ``around_training`` gives a context for training.
    """

    loss: str
    start: Callable[[TrainingSet, str, np.random.RandomState, int | None], Start[ModuleT]]
    learner: Callable[[ModuleT, Columns, str, Recipe, int], Learner[ModuleT, BatchesT]]
    batch_size: Callable[[int, ModuleT], int]
    keep: Callable[[ModuleT], NetworkT]
    revive: Callable[[NetworkT], ModuleT]
    starts_at_pca: bool
    is_linear: bool = False
    is_ordered: bool = False
    has_pca: bool = True
    has_sizes: bool = False
    solve: Solve[ModuleT, BatchesT] | None = None
    finish: Callable[[Fitted[NetworkT]], Fitted[NetworkT]] = field(default=lambda fitted: fitted)
    around_training: Callable[[], AbstractContextManager[None]] = nullcontext
