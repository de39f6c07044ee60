"""The fit of every network, from rows and parameters to ``Fitted``; ``fit`` reads from top to bottom."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Float64

from isthmus.fitting.begin import Begun, begin, seed_from
from isthmus.fitting.by_size import choose_decoders, errors_by_size, linear_errors_by_size
from isthmus.fitting.design import Design, ModuleT, NetworkT, TrainingSet
from isthmus.fitting.fitted import Fitted, squared_unit_of
from isthmus.rows.splits import fold_rows, random_state_of
from isthmus.training.history import History, OnEpoch
from isthmus.training.learner import BatchesT
from isthmus.training.loop import train
from isthmus.training.progress import epoch_bar
from isthmus.training.recipe import Recipe

OnFitEpoch = Callable[[ModuleT, History, Callable[[], Fitted[NetworkT]]], None]


def fit(
    data: TrainingSet,
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    on_epoch: OnFitEpoch[ModuleT, NetworkT] | None = None,
) -> Fitted[NetworkT]:
    """Fit a network to rows.

    Of a large table a share of the rows is held out. The network is made from the others and scored on the held-out
    rows, beside PCA, before the first epoch and after each; the best epoch is kept. If that is a start at PCA, the
    start is made anew from all rows, held-out ones included.

    Of a small table each row is held out once: networks are made from the other rows of each fold and trained in step.
    The network that is kept is made from all rows, and trained for as many epochs as were best on the folds.

    ``design`` is particular to the kind of network. ``on_epoch`` is called after every epoch (of the folds) with the
    network (of the first fold) as it is, the history in unit scale, and a function that gives the network as a fit.
    """
    rng = random_state_of(recipe.random_state)
    share = 0.0 if design.is_linear else recipe.validation_fraction
    splits = fold_rows(len(data), share, rng, repeats=design.starts_at_pca)
    begun = begin(data, splits, recipe, design, rng)

    spread = None
    if design.is_linear:
        spread, history = _solved(begun, data, recipe, design, rng=rng, on_epoch=on_epoch)
    else:
        history = _trained(begun, recipe, design, on_epoch)
        final_error = history.held_out_error[history.best_epoch] * begun.squared_unit
        if begun.may_change_loss and final_error > begun.pca_errors[-1]:
            begun = begin(data, splits, recipe, replace(design, loss="mse"), rng)
            history = _trained(begun, recipe, design, None)

    fitted = replace(measured(begun, design, history, spread), held_out=begun.folds[0].held_out is not None)
    is_unimproved = fitted.n_samples < len(data) and fitted.history.best_epoch == 0
    if is_unimproved and design.starts_at_pca and not design.is_ordered:
        fitted = _started_on_all_rows(fitted, data, recipe, design, rng)
    return design.finish(fitted)


def _trained(
    begun: Begun[ModuleT, BatchesT],
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    on_epoch: OnFitEpoch[ModuleT, NetworkT] | None,
) -> History:
    """Train the network; with several folds, for as many epochs as were best on them."""
    learners = [fold.learner for fold in (begun.own, *begun.folds)] if begun.is_cross_validated else []
    starts = [learner.copy_weights() for learner in learners]
    with _followed(begun, recipe, design, on_epoch) as after_epoch:
        history = train(begun.folds, after_epoch, beats_start=design.starts_at_pca)
        if begun.is_cross_validated and history.best_epoch > 0:
            again = train([begun.own], n_epochs=history.best_epoch)
            if again.best_epoch < history.best_epoch:  # cut short, or worse than the start on its own rows
                history.best_epoch = 0
                history.stopped = again.stopped
                for learner, weights in zip(learners, starts, strict=True):
                    learner.restore_weights(weights)
    return history


def _solved(
    begun: Begun[ModuleT, BatchesT],
    data: TrainingSet,
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    *,
    rng: np.random.RandomState,
    on_epoch: OnFitEpoch[ModuleT, NetworkT] | None,
) -> tuple[Float64[np.ndarray, " components"] | None, History]:
    """Solve a linear network for all rows; at PCA there is nothing left to do."""
    with _followed(begun, recipe, design, on_epoch) as after_epoch:
        if design.solve is None:
            return begun.start.spread, train(begun.folds, after_epoch)
        seed, learner = seed_from(rng), begun.learner
        return design.solve(learner, data.inputs, seed, lambda: learner.error(begun.own.rows), after_epoch)


@contextmanager
def _followed(
    begun: Begun[ModuleT, BatchesT],
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    on_epoch: OnFitEpoch[ModuleT, NetworkT] | None,
) -> Iterator[OnEpoch]:
    """Give the function to call after every epoch, and training what it needs around it."""
    pca_error = float(begun.pca_errors[-1]) if design.has_pca else None
    bar = epoch_bar(recipe.max_epochs, begun.squared_unit, pca_error, shown=recipe.verbose)
    with bar as show, design.around_training():
        first = begun.folds[0]

        def after_epoch(history: History) -> None:
            show(history)
            if on_epoch is not None:
                as_it_is = partial(_as_it_is, replace(begun, own=first), design, history)
                on_epoch(first.learner.network, history, as_it_is)

        yield after_epoch


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
        choose_decoders(learner, begun.folds, start.code_size)
    if design.has_sizes:
        by_size["pca"] = np.append(begun.pca_errors[:-1], pca_error)
    if begun.start_errors is not None:
        by_size["start"] = begun.start_errors
        by_size["model"] = errors_by_size(begun.folds, start.code_size, unit, variance)
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


def _started_on_all_rows(
    fitted: Fitted[NetworkT],
    data: TrainingSet,
    recipe: Recipe,
    design: Design[ModuleT, NetworkT, BatchesT],
    rng: np.random.RandomState,
) -> Fitted[NetworkT]:
    """Replace the network by a start at PCA of all rows, which is better than one of the training rows alone."""
    start = design.start(data, fitted.loss, rng, fitted.code_size)
    return replace(
        fitted,
        network=design.keep(start.network),
        columns=start.columns,
        squared_unit=squared_unit_of(recipe.scale, start.divisor),
        axes=start.axes,
        n_samples=len(data),
    )
