"""One trial: a network with chosen hyperparameters is trained on every split and scored on held-out rows."""

import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from isthmus.errors import UnusedCodesWarning, WorseThanPCAWarning
from isthmus.estimators.dense import Autoencoder
from isthmus.training.history import History, OnEpoch
from isthmus.training.limit import training_until
from isthmus.tuning.architectures import Model
from isthmus.tuning.folds import Split
from isthmus.tuning.interrupts import allow_sigint, defer_sigint
from isthmus.tuning.problem import Problem
from isthmus.tuning.record import STOPPED, TrialRecord, completed, is_default

if TYPE_CHECKING:
    from optuna.trial import Trial

_STEPS = 8  # parts of a network's epochs after which it may be compared with others
# With several splits, a trial ends if its errors so far are this many times those of the best trial.
_BEHIND = 1.05


class TrialLostError(Exception):
    """Raised within a trial that another process has declared lost."""


@dataclass
class Objective:
    """The function that Optuna maximises; at the deadline, a time of ``time.monotonic``, trials stop in the middle."""

    problem: Problem
    deadline: float = math.inf

    def __call__(self, trial: "Trial", is_lost: Callable[[], bool]) -> float:
        """Train and score a network, and store the record with its trial.

        Raises ``TrialPruned`` if the trial is worse than others or time is up, ``TrialLostError`` if ``is_lost``.
        """
        import optuna  # noqa: PLC0415 — optional

        began, problem = time.monotonic(), self.problem
        values, default = problem.space.suggest(trial), is_default(trial)
        errors: list[np.ndarray] = []
        epochs = []
        for i, split in enumerate(problem.splits):
            model = problem.network(values, default=default, split=i)
            watch = _Watch(problem, model, split, trial, is_lost, compares=i == 0, prunes=not default)
            fit_quietly(model, problem.X[split.train], watch, self.deadline)
            if is_unfinished(model):
                watch.report(model.n_epochs_)  # with its best epoch so far
                trial.set_user_attr(STOPPED, True)
                raise optuna.TrialPruned
            sizes = problem.goal.sizes(model.code_size_)
            is_ordered = problem.goal.is_ordered and isinstance(model, Autoencoder)
            cuts = [model.truncate(size) for size in sizes] if is_ordered else [model]
            errors.append(np.array([problem.group_errors(cut, split) for cut in cuts]))
            epochs.append(model.n_epochs_)
            if not default and self._is_behind(trial, errors):
                raise optuna.TrialPruned
        by_size = np.concatenate(errors, axis=1)
        unexplained = by_size.sum(axis=1) / problem.variance
        record = TrialRecord(
            number=trial.number, values=values, merit=problem.goal.merit(sizes, unexplained), is_default=default,
            sizes=tuple(sizes), unexplained=unexplained, errors=by_size[-1],
            split_errors=tuple(float(part[-1].sum()) for part in errors),
            widths=problem.space.architecture.widths(model), layers=tuple(model.layers), loss=model.loss_,
            epochs=tuple(epochs), seconds=time.monotonic() - began,
        )  # fmt: skip
        record.write(trial)
        return record.merit

    def _is_behind(self, trial: "Trial", errors: list[np.ndarray]) -> bool:
        """Whether a trial is so much worse than the best on the splits so far that the others cannot help it."""
        if self.problem.goal.is_ordered or len(errors) == len(self.problem.splits):
            return False
        done = completed(trial.study.get_trials(deepcopy=False))
        own = sum(float(part[-1].sum()) for part in errors)
        return bool(done) and own > _BEHIND * sum(done[0].split_errors[: len(errors)])


@dataclass
class _Watch:
    """What happens after every epoch of a network: its trial ends if it is lost, or worse than others.

    Trials are compared on the first split (``compares``), after 1/8, 1/4, 1/2 and all of ``max_epochs``, not after
    equal numbers of epochs, because the learning rate falls over ``max_epochs``: a network of 20 epochs is nearly done
    when one of 200 is still at its peak.
    """

    problem: Problem
    model: Model
    split: Split
    trial: "Trial"
    is_lost: Callable[[], bool]
    compares: bool
    prunes: bool
    step: int = -1  # the last that was reported

    def __call__(self, history: History) -> None:
        import optuna  # noqa: PLC0415

        if self.is_lost():
            raise TrialLostError
        step = self._step(history.n_epochs)
        if step == self.step or step < 1 or step & (step - 1):
            return
        self.report(history.n_epochs)
        with defer_sigint():
            if self.compares and self.prunes and self.trial.should_prune():
                raise optuna.TrialPruned

    def report(self, n_epochs: int) -> None:
        """Report the share of variance that the network explains, once for each step."""
        step = self._step(n_epochs)
        if not self.compares or step == self.step:
            return
        self.step = step
        errors = self.problem.group_errors(self.model, self.split)
        with defer_sigint():
            self.trial.report(1 - errors.sum() / (self.split.variances.sum() or 1), step)

    def _step(self, n_epochs: int) -> int:
        return _STEPS * n_epochs // max(1, self.model.max_epochs)


def is_unfinished(model: Model) -> bool:
    """Whether a network's training ended because time was up."""
    return bool(model.fitted_.history.stopped == "time")


def fit_quietly(
    model: Model, X: object, on_epoch: OnEpoch | None = None, deadline: float = math.inf,
    *, feature_names: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """Fit until a time at most, without the warnings that would clutter a search. Ctrl-C ends the search, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UnusedCodesWarning)
        warnings.simplefilter("ignore", WorseThanPCAWarning)
        warnings.filterwarnings("error", message="Training was interrupted", category=ConvergenceWarning)
        try:
            with allow_sigint(), training_until(deadline):
                model.fit(X, on_epoch=on_epoch, feature_names=feature_names)
        except ConvergenceWarning as warning:
            raise KeyboardInterrupt from warning
