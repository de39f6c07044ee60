"""How a fit begins: the network at its start, and on each fold a learner beside it, scored together with PCA."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic

import numpy as np
from jaxtyping import Float64

from isthmus.fitting.by_size import errors_by_size
from isthmus.fitting.design import Design, ModuleT, NetworkT, TrainingSet
from isthmus.fitting.fitted import squared_unit_of
from isthmus.pca.axes import Start
from isthmus.training.learner import BatchesT, Fold, Learner
from isthmus.training.loop import pooled_errors
from isthmus.training.recipe import Recipe

Split = tuple[np.ndarray | slice, np.ndarray | None]
"""Positions of training rows, and of the rows that the network is scored on (None: the same)."""

ALL_ROWS: Split = (slice(None), None)

# From here on squared error ends lower, on 21 tables brought to [0, 1] (docs/notes/training.md).
_NEAR_PCA = 1.1


@dataclass(frozen=True, eq=False)
class Begun(Generic[ModuleT, BatchesT]):
    """A network at its start, the folds that its training is judged by, and the errors of PCA and the start on them.

    With one split ``own`` is the only fold. With several ``own`` has all rows, and ``folds`` have networks like its.
    ``may_change_loss`` says whether cross-entropy was chosen, not asked for.
    """

    start: Start[ModuleT]
    own: Fold[BatchesT]
    folds: Sequence[Fold[BatchesT]]
    loss: str
    n_samples: int
    squared_unit: float
    pca_errors: Float64[np.ndarray, " sizes"]
    start_errors: Float64[np.ndarray, " sizes"] | None
    may_change_loss: bool

    @property
    def learner(self) -> Learner[ModuleT, BatchesT]:
        """The learner of the network that is kept."""
        return self.own.learner

    @property
    def is_cross_validated(self) -> bool:
        """Whether the network is trained on all rows, and others beside it on folds."""
        return len(self.folds) > 1


def begin(
    data: TrainingSet,
    splits: Sequence[Split],
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    rng: np.random.RandomState,
) -> Begun[ModuleT, BatchesT]:
    """Make the network and its learner, and score PCA and the start.

    Where cross-entropy was chosen automatically and starts far from PCA, the network is made for squared error.
    """
    for loss in (design.loss, "mse"):
        begun = _begin(data, splits, recipe, design, rng=rng, loss=loss)
        start_error = pooled_errors(begun.folds, begun.learner.scored_sizes[-1:])[0] * begun.squared_unit
        if not begun.may_change_loss or start_error <= _NEAR_PCA * begun.pca_errors[-1]:
            break
    return begun


def recipe_for(n_rows: int, recipe: Recipe, design: Design[ModuleT, NetworkT, BatchesT], network: ModuleT) -> Recipe:
    """Return the recipe for a network and rows; a linear network at PCA has nothing left to train."""
    batch_size = design.batch_size(n_rows, network) if isinstance(recipe.batch_size, str) else recipe.batch_size
    return replace(recipe, max_epochs=0 if design.is_linear else recipe.max_epochs, batch_size=batch_size)


def seed_from(rng: np.random.RandomState) -> int:
    """Draw a seed for another generator."""
    return int(rng.randint(2**31 - 1))


@dataclass(frozen=True, eq=False)
class _Part(Generic[ModuleT, BatchesT]):
    """A network at its start on a split, and PCA's errors there."""

    start: Start[ModuleT]
    fold: Fold[BatchesT]
    squared_unit: float
    pca_errors: Float64[np.ndarray, " sizes"]
    n_scored: int


def _begin(
    data: TrainingSet,
    splits: Sequence[Split],
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    *,
    rng: np.random.RandomState,
    loss: str,
) -> Begun[ModuleT, BatchesT]:
    begin_on = partial(_begin_on, data, recipe=recipe, design=design, rng=rng, loss=loss)
    own = begin_on(splits[0] if len(splits) == 1 else ALL_ROWS, code_size=None)
    parts = [own]
    if len(splits) > 1:
        parts = [begin_on(split, code_size=own.start.code_size) for split in splits]
    unit = own.squared_unit
    folds = [replace(part.fold, unit=part.squared_unit / unit) for part in parts]
    pca_errors = np.average([part.pca_errors for part in parts], axis=0, weights=[part.n_scored for part in parts])
    start_errors = None
    if design.is_ordered:
        start_errors = errors_by_size(folds, own.start.code_size, unit, float(pca_errors[0]))
    chosen_by_us = recipe.loss == "auto" and loss == "bce" and design.starts_at_pca
    n_samples = len(own.fold.rows)
    return Begun(own.start, own.fold, folds, loss, n_samples, unit, pca_errors, start_errors, chosen_by_us)


def _begin_on(
    data: TrainingSet,
    split: Split,
    *,
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    rng: np.random.RandomState,
    loss: str,
    code_size: int | None,
) -> _Part[ModuleT, BatchesT]:
    training_rows, held_out_rows = split
    training = data.select(training_rows)
    start = design.start(training, loss, rng, code_size)
    suited = recipe_for(len(training), recipe, design, start.network)
    learner = design.learner(start.network, start.columns, loss, suited, seed_from(rng))
    rows, held_out = learner.batches(training.inputs, training.target), None
    if held_out_rows is not None:
        scored = data.select(held_out_rows)
        held_out = learner.batches(scored.inputs, scored.target)
    unit = squared_unit_of(recipe.scale, start.divisor)
    batches = rows if held_out is None else held_out
    pca_errors = learner.pca_errors(start.axes.axes, start.columns.statistics.mean, batches) * unit
    if design.has_sizes:
        pca_errors = np.pad(pca_errors, (0, start.code_size + 1 - len(pca_errors)), mode="edge")
    return _Part(start, Fold(learner, rows, held_out), unit, pca_errors, len(batches))
