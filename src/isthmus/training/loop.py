"""The training loop: epochs, each scored on the held-out rows; the weights of the best epoch are restored."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from isthmus.training.history import History, OnEpoch
from isthmus.training.learner import BatchesT, Fold
from isthmus.training.limit import TimeIsUpError

# An improvement over the start is no chance if it is more than so many of its standard errors.
_OVER_START = 3.0
# With several folds another network is trained for as many epochs as the best. A later epoch must then be better than
# the best so far by a standard error, as in the one-standard-error rule (Breiman et al. 1984, Classification and
# regression trees, §3.4.3).
_OVER_BEST = 1.0


def train(
    folds: Sequence[Fold[BatchesT]],
    on_epoch: OnEpoch | None = None,
    *,
    beats_start: bool = False,
    n_epochs: int | None = None,
) -> History:
    """Train the learners of one or more folds in step, and restore the weights of the best epoch.

    Training lasts for ``max_epochs`` or until ``patience`` epochs in a row bring no lower error. The held-out rows of
    all folds (with noise, if there is any) are scored before the first epoch and after each; the training rows where
    none are held out, and ``patience`` then does not count. The best epoch is that with the lowest error, the start
    included. For an ordered network it is the one with the lowest errors, as shares of those at the start, on average
    over code sizes, of those that the full code's error is not above the start's in. Ctrl-C ends training; so do
    ``training_until`` and losses and weights that are not finite.

    Parameters
    ----------
    folds : sequence of Fold
        With one recipe.
    beats_start : bool, default=False
        An epoch counts as better than the start only if that is not chance: the ratio of the held-out rows' errors to
        those at the start is below one by more than three of its standard errors.
    n_epochs : int, optional
        End after so many epochs and keep the last, unless it is worse than the start; the learning rate falls over
        ``max_epochs`` all the same.
    """
    with folds[0].learner.running():
        return _train(folds, on_epoch, beats_start, n_epochs)


def pooled_errors(folds: Sequence[Fold[BatchesT]], sizes: Sequence[int]) -> Float64[np.ndarray, " sizes"]:
    """Return the mean squared errors of the rows that folds are scored on, with each number of codes."""
    errors: np.ndarray = _row_errors(folds, sizes).mean(axis=1)
    return errors


def _train(
    folds: Sequence[Fold[BatchesT]], on_epoch: OnEpoch | None, beats_start: bool, n_epochs: int | None
) -> History:
    recipe, sizes = folds[0].learner.recipe, folds[0].learner.scored_sizes
    keeps_last, n_epochs = n_epochs is not None, recipe.max_epochs if n_epochs is None else n_epochs
    is_held_out = folds[0].held_out is not None
    start = _row_errors(folds, sizes)
    start_error, start_shares = float(start[-1].mean()), _shares(start, start)
    history = History([math.nan], [start_error])
    lowest, lowest_epoch = float(start_shares.mean()), 0
    best_shares, best_weights = start_shares, _copy_weights(folds)
    schedules = [_cosine(recipe.max_epochs * fold.learner.n_steps(fold.rows)) for fold in folds]
    try:
        for epoch in range(1, n_epochs + 1):
            training_error = _epoch(folds, schedules)
            is_passed = keeps_last and epoch < n_epochs  # only the last epoch is scored
            error, shares = training_error, start_shares
            if not is_passed:
                errors = _row_errors(folds, sizes)
                error, shares = float(errors[-1].mean()), _shares(errors, start)
            is_finite = math.isfinite(training_error) and math.isfinite(error)
            if not (is_finite and all(fold.learner.is_finite() for fold in folds)):
                history.stopped = "diverged"
                break
            history.training_error.append(training_error)
            history.held_out_error.append(error)
            share = float(shares.mean()) if error <= start_error else math.inf
            if share < lowest:
                lowest, lowest_epoch = share, epoch
            is_best = share < best_shares.mean()
            if is_held_out and beats_start:
                is_best = is_best and _is_clear(shares, start_shares, _OVER_START)
            if is_held_out and len(folds) > 1 and history.best_epoch > 0:
                is_best = is_best and _is_clear(shares, best_shares, _OVER_BEST)
            if is_best or is_passed:
                history.best_epoch, best_weights = epoch, _copy_weights(folds)
                best_shares = shares
            if on_epoch is not None:
                on_epoch(history)
            if recipe.patience is not None and is_held_out and epoch - lowest_epoch >= recipe.patience:
                history.stopped = "patience"
                break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    except StopIteration:
        history.stopped = "callback"
    except TimeIsUpError:
        history.stopped = "time"
    _restore_weights(folds, best_weights)
    return history


def _epoch(folds: Sequence[Fold[BatchesT]], schedules: Sequence[Iterator[float]]) -> float:
    """Train every learner for an epoch; return the mean squared error of the batches while they were trained on."""
    total, n_rows = 0.0, 0
    for fold, schedule in zip(folds, schedules, strict=True):
        total += fold.learner.epoch(fold.rows, schedule) * fold.unit * len(fold.rows)
        n_rows += len(fold.rows)
    return total / n_rows


def _row_errors(folds: Sequence[Fold[BatchesT]], sizes: Sequence[int]) -> Float64[np.ndarray, "sizes rows"]:
    """Return the error of each row that a fold is scored on, for each size, in one unit."""
    scored = [fold.rows if fold.held_out is None else fold.held_out for fold in folds]
    errors = [fold.learner.row_errors(rows, sizes) * fold.unit for fold, rows in zip(folds, scored, strict=True)]
    return np.concatenate(errors, axis=1)


def _shares(
    errors: Float64[np.ndarray, "sizes rows"], start: Float64[np.ndarray, "sizes rows"]
) -> Float64[np.ndarray, " rows"]:
    """Return rows' errors as shares of the start's mean error, averaged over sizes; zero cannot be improved on."""
    mean = start.mean(axis=1, keepdims=True)
    shares: np.ndarray = np.where(mean > 0, errors / np.where(mean > 0, mean, 1), 1 + errors).mean(axis=0)
    return shares


def _is_clear(errors: Float64[np.ndarray, " rows"], before: Float64[np.ndarray, " rows"], least: float) -> bool:
    """Return whether a mean error is lower than before by more than ``least`` standard errors.

    By the standard error of the ratio of two means over the same rows (Cochran 1977, Sampling techniques, chapter 6).
    Unlike that of their difference it is small where the error is a small share of that before in every row.
    """
    if len(errors) < 2:
        return False
    ratio = errors.mean() / before.mean()
    deviation = (errors - ratio * before).std(ddof=1) / math.sqrt(len(errors))
    return bool((1 - ratio) * before.mean() > least * deviation)


def _copy_weights(folds: Sequence[Fold[BatchesT]]) -> list[Any]:
    return [fold.learner.copy_weights() for fold in folds]


def _restore_weights(folds: Sequence[Fold[BatchesT]], weights: list[Any]) -> None:
    for fold, copied in zip(folds, weights, strict=True):
        fold.learner.restore_weights(copied)


def _cosine(n_steps: int) -> Iterator[float]:
    """Yield a share for each step, from 1 to 0 along half a cosine (Loshchilov & Hutter 2017, §3)."""
    return (0.5 * (1 + math.cos(math.pi * step / n_steps)) for step in range(n_steps))
