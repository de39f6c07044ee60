"""The fit of every network, from rows and parameters to ``Fitted``; ``fit`` reads from top to bottom."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic

import numpy as np
from jaxtyping import Float64

from isthmus.fitting.design import BatchesT, Design, Learner, ModuleT, NetworkT, TrainingSet
from isthmus.fitting.fitted import Fitted, squared_unit_of
from isthmus.pca.axes import Start
from isthmus.rows.splits import held_out_rows, random_state_of
from isthmus.training.history import History
from isthmus.training.progress import epoch_bar
from isthmus.training.recipe import Recipe

# From here on squared error ends lower, on 21 tables brought to [0, 1] (docs/notes/training.md).
_NEAR_PCA = 1.1


def fit(
    data: TrainingSet,
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    on_epoch: Callable[[ModuleT, History, Callable[[], Fitted[NetworkT]]], None] | None = None,
) -> Fitted[NetworkT]:
    """Fit a network to rows.

    A share of the rows is held out. The network is made from the others and scored on the held-out rows, beside PCA,
    before the first epoch and after each; the best epoch is kept. If that is a start at PCA, the start is made anew
    from all rows, held-out ones included.

    ``design`` is particular to the kind of network. ``on_epoch`` is called after every epoch with the network as it is,
    the history in unit scale, and a function that gives the network as a fit.
    """
    rng = random_state_of(recipe.random_state)
    share = 0.0 if design.is_linear else recipe.validation_fraction
    training_rows, held_out_index = held_out_rows(len(data), share, rng)
    training = data.select(training_rows)
    scored = training if held_out_index is None else data.select(held_out_index)

    begun = begin(training, scored, recipe, design, rng)
    learner, scored_batches = begun.learner, begun.scored
    held_out = None if held_out_index is None else scored_batches
    batches = scored_batches if held_out is None else learner.batches(training.inputs, training.target)

    spread = begun.start.spread
    pca_error = float(begun.pca_errors[-1]) if design.has_pca else None
    bar = epoch_bar(recipe.max_epochs, begun.squared_unit, pca_error, shown=recipe.verbose)
    with bar as show, design.around_training():

        def after_epoch(history: History) -> None:
            show(history)
            if on_epoch is not None:
                on_epoch(learner.network, history, partial(_as_it_is, begun, design, history))

        if design.is_linear and design.solve is not None:
            seed, score = seed_from(rng), lambda: learner.error(batches)
            spread, history = design.solve(learner.network, training.inputs, seed, score, after_epoch)
        else:
            history = learner.fit(batches, held_out, after_epoch)

    fitted = replace(measured(begun, design, history, spread), held_out=held_out is not None)
    is_unimproved = fitted.held_out and fitted.history.best_epoch == 0
    if is_unimproved and design.starts_at_pca and not design.is_ordered:
        fitted = _started_on_all_rows(fitted, data, recipe, design, rng)
    return design.finish(fitted)


@dataclass(frozen=True, eq=False)
class Begun(Generic[ModuleT, BatchesT]):
    """A network at its start with its learner, the rows that it is scored on, and the errors of PCA on them."""

    start: Start[ModuleT]
    learner: Learner[ModuleT, BatchesT]
    scored: BatchesT
    loss: str
    n_samples: int
    squared_unit: float
    pca_errors: Float64[np.ndarray, " sizes"]
    start_errors: Float64[np.ndarray, " sizes"] | None


def begin(
    training: TrainingSet,
    scored: TrainingSet,
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    rng: np.random.RandomState,
) -> Begun[ModuleT, BatchesT]:
    """Make the network and its learner, and score PCA and the start.

    Where cross-entropy was chosen automatically and starts far from PCA, the network is made for squared error.
    """
    for loss in (design.loss, "mse"):
        start = design.start(training.expected, loss, rng, None)
        suited = recipe_for(len(training), recipe, design, start.network)
        learner = design.learner(start.network, start.columns, loss, suited, seed_from(rng))
        batches = learner.batches(scored.inputs, scored.target)
        unit = squared_unit_of(recipe.scale, start.divisor)
        pca_errors = learner.pca_errors(start.axes.axes, start.columns.statistics.mean, batches) * unit
        if design.has_sizes:
            pca_errors = np.pad(pca_errors, (0, start.code_size + 1 - len(pca_errors)), mode="edge")
        start_errors = None
        if design.is_ordered:
            start_errors = errors_by_size(learner, batches, start.code_size, unit, float(pca_errors[0]))
        chosen_by_us = recipe.loss == "auto" and loss == "bce" and design.starts_at_pca
        if not chosen_by_us or learner.error(batches) * unit <= _NEAR_PCA * float(pca_errors[-1]):
            break
    return Begun(start, learner, batches, loss, len(training), unit, pca_errors, start_errors)


def measured(
    begun: Begun[ModuleT, BatchesT],
    design: Design[ModuleT, NetworkT, BatchesT],
    history: History,
    spread: Float64[np.ndarray, " components"] | None,
) -> Fitted[NetworkT]:
    """Measure a network after training on all the rows that it is scored on; ``history`` is in unit scale."""
    start, learner, unit = begun.start, begun.learner, begun.squared_unit
    training_errors, errors = ([e * unit for e in es] for es in (history.training_error, history.held_out_error))
    history = replace(history, training_error=training_errors, held_out_error=errors)
    # With squared error a start at PCA has PCA's error: the same number, without other rounding.
    pca_error = errors[0] if design.starts_at_pca and begun.loss == "mse" else float(begun.pca_errors[-1])
    variance, variances, by_size = float(begun.pca_errors[0]), None, dict[str, np.ndarray]()
    if spread is not None:
        variances = np.pad(spread**2, (0, start.code_size - len(spread))) * unit
    if design.is_ordered:
        learner.choose_decoders(begun.scored)
    if design.has_sizes:
        by_size["pca"] = np.append(begun.pca_errors[:-1], pca_error)
    if begun.start_errors is not None:
        by_size["start"] = begun.start_errors
        by_size["model"] = errors_by_size(learner, begun.scored, start.code_size, unit, variance)
    if variances is not None:
        n_values = begun.n_samples * start.axes.axes.shape[1]
        by_size["model"] = linear_errors_by_size(errors[history.best_epoch], variances, begun.n_samples, n_values)
        by_size["start"] = by_size["model"] if design.starts_at_pca else np.full_like(by_size["model"], math.nan)
    return Fitted(
        network=design.keep(learner.network),
        code_size=start.code_size,
        loss=begun.loss,
        columns=start.columns,
        squared_unit=unit,
        axes=start.axes,
        variances=variances,
        n_samples=begun.n_samples,
        held_out=False,
        history=history,
        start_error=errors[0],
        validation_error=errors[history.best_epoch],
        validation_variance=variance,
        pca_error=pca_error if design.has_pca else None,
        errors_by_size=by_size,
    )


def _as_it_is(
    begun: Begun[ModuleT, BatchesT], design: Design[ModuleT, NetworkT, BatchesT], history: History
) -> Fitted[NetworkT]:
    """Return the network in the middle of training as a fit, without errors by code size."""
    return measured(
        replace(begun, start_errors=None), replace(design, is_ordered=False, has_sizes=False), history, None
    )


def recipe_for(n_rows: int, recipe: Recipe, design: Design[ModuleT, NetworkT, BatchesT], network: ModuleT) -> Recipe:
    """Return the recipe for a network and rows; a linear network at PCA has nothing left to train."""
    batch_size = design.batch_size(n_rows, network) if isinstance(recipe.batch_size, str) else recipe.batch_size
    return replace(recipe, max_epochs=0 if design.is_linear else recipe.max_epochs, batch_size=batch_size)


def seed_from(rng: np.random.RandomState) -> int:
    """Draw a seed for another generator."""
    return int(rng.randint(2**31 - 1))


def _started_on_all_rows(
    fitted: Fitted[NetworkT],
    data: TrainingSet,
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    rng: np.random.RandomState,
) -> Fitted[NetworkT]:
    """Replace the network by a start at PCA of all rows, which is better than one of the training rows alone."""
    start = design.start(data.expected, fitted.loss, rng, fitted.code_size)
    return replace(
        fitted,
        network=design.keep(start.network),
        columns=start.columns,
        squared_unit=squared_unit_of(recipe.scale, start.divisor),
        axes=start.axes,
        n_samples=len(data),
    )


def errors_by_size(
    learner: Learner[ModuleT, BatchesT], batches: BatchesT, code_size: int, unit: float, variance: float
) -> Float64[np.ndarray, " sizes"]:
    """Score the first 0, 1, … and all codes; without codes the error is the variance."""
    return np.concatenate([[variance], learner.errors(batches, range(1, code_size + 1)) * unit])


def linear_errors_by_size(
    error: float, variances: Float64[np.ndarray, " code"], n_samples: int, n_values: int
) -> Float64[np.ndarray, " sizes"]:
    """Add the variances of the codes left out to the error with all codes; nothing cancels in this sum."""
    left_out = np.append(np.cumsum(variances[::-1])[::-1], 0.0)
    return error + left_out * (max(1, n_samples - 1) / n_values)
