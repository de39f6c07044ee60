"""What a kind of network passes to the fit that all kinds share."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float64

from isthmus.fitting.fitted import Columns, Fitted
from isthmus.pca.axes import PrincipalAxes
from isthmus.rows.batches import Rows
from isthmus.training.history import History, OnEpoch
from isthmus.training.recipe import Noise, Recipe

ModuleT = TypeVar("ModuleT")
ModuleT_co = TypeVar("ModuleT_co", covariant=True)
NetworkT = TypeVar("NetworkT")
BatchesT = TypeVar("BatchesT")


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

    def select(self, rows: slice | np.ndarray) -> "TrainingSet":
        """Return some of the rows."""
        return TrainingSet(self.inputs[rows], None if self.target is None else self.target[rows])


@dataclass(frozen=True)
class Settings:
    """The parameters that the fits of all kinds of networks share; see the estimators for each."""

    loss: str
    scale: str
    noise: Noise | None
    max_epochs: int
    batch_size: int | str
    learning_rate: float
    weight_decay: float
    validation_fraction: float
    patience: int | None
    random_state: int | np.random.RandomState | None
    verbose: bool


@dataclass(frozen=True, eq=False)
class Start(Generic[ModuleT]):
    """A network before training, and what it was made from.

    ``divisor`` is what the network divides the first column by. ``spread`` holds the standard deviations of the codes
    of a linear network in unit scale, and is None for others.
    """

    network: ModuleT
    code_size: int
    columns: Columns
    divisor: float
    axes: PrincipalAxes
    spread: Float64[np.ndarray, " components"] | None = None


@runtime_checkable
class Learner(Protocol[ModuleT_co, BatchesT]):
    """Trains a network and scores it; errors are mean squared errors in unit scale."""

    @property
    def network(self) -> ModuleT_co: ...

    def batches(self, X: Rows, target: Rows | None) -> BatchesT:
        """Prepare rows for training and scoring."""

    def error(self, rows: BatchesT) -> float:
        """Score the network on rows."""

    def errors(self, rows: BatchesT, sizes: range) -> Float64[np.ndarray, " sizes"]:
        """Score the network on rows with the first codes only, for several code sizes."""

    def pca_errors(
        self,
        axes: Float64[np.ndarray, "components features"],
        mean: Float64[np.ndarray, " columns"],
        rows: BatchesT,
    ) -> Float64[np.ndarray, " sizes"]:
        """Score PCA with 0, 1, … and all components on rows."""

    def choose_decoders(self, rows: BatchesT) -> None:
        """Choose the code size from which each decoder of an ordered network is used."""

    def fit(self, rows: BatchesT, held_out: BatchesT | None, on_epoch: OnEpoch | None) -> History:
        """Train the network and restore its best epoch."""

    def train_an_epoch(self, rows: BatchesT) -> tuple[float, float]:
        """Train one epoch; return the training error and the error after it."""


Solve = Callable[
    [ModuleT, Rows, int, Callable[[], float], OnEpoch | None], tuple[Float64[np.ndarray, " code"], History]
]
"""Solve a network for all rows: ``solve(network, rows, seed, score, on_epoch)`` gives the codes' deviations."""


@dataclass(frozen=True)
class Design(Generic[ModuleT, NetworkT, BatchesT]):
    """How one kind of network starts, trains and is kept.

    Attributes
    ----------
    loss : {"mse", "bce"}
        The loss that suits the rows.
    start : callable
        ``start(expected, loss, rng, code_size)`` makes the network; ``code_size`` overrules the parameter if not None.
    learner : callable
        ``learner(network, columns, loss, recipe, seed)`` trains it.
    batch_size : callable
        ``batch_size(n_rows, network)`` is what "auto" stands for.
    keep, revive : callable
        Copy a network into the form that ``Fitted`` holds, and make a network to train further from that form.
    starts_at_pca : bool
        Whether the network is PCA, or near it, before it is trained.
    is_linear : bool
        Whether the network is linear and fitted to all rows.
    is_ordered : bool
        Whether the network has a decoder for each of several code sizes.
    has_pca, has_sizes : bool
        Whether the code can be compared with PCA's, and whether errors are kept for every code size.
    solve : callable or None
        Replaces training for a linear network from random weights.
    finish : callable
        The last step of a fit, from ``Fitted`` to ``Fitted``.
    around_training : callable
        Gives a context in which the network is trained.
    """

    loss: str
    start: Callable[[Rows, str, np.random.RandomState, int | None], Start[ModuleT]]
    learner: Callable[[ModuleT, Columns, str, Recipe, int], Learner[ModuleT, BatchesT]]
    batch_size: Callable[[int, ModuleT], int]
    keep: Callable[[ModuleT], NetworkT]
    revive: Callable[[NetworkT], ModuleT]
    starts_at_pca: bool
    is_linear: bool = False
    is_ordered: bool = False
    has_pca: bool = True
    has_sizes: bool = False
    solve: Solve[ModuleT] | None = None
    finish: Callable[[Fitted[NetworkT]], Fitted[NetworkT]] = field(default=lambda fitted: fitted)
    around_training: Callable[[], AbstractContextManager[None]] = nullcontext
