"""One trial: a network with chosen hyperparameters is trained on every split and scored on held-out rows."""

import math
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from isthmus.errors import WorseThanPCAWarning
from isthmus.estimators.dense import Autoencoder
from isthmus.training.history import History, OnEpoch
from isthmus.tuning.architectures import Model
from isthmus.tuning.folds import Split
from isthmus.tuning.interrupts import allow_sigint, defer_sigint
from isthmus.tuning.problem import Problem
from isthmus.tuning.record import TrialRecord, completed, is_default

if TYPE_CHECKING:
    from optuna.trial import Trial

_STEPS = 8  # parts of a network's epochs after which it may be compared with others
# With several splits, a trial ends if its errors so far are this many times those of the best trial.
_BEHIND = 1.05


class OutOfTimeError(Exception):
    """Raised within a trial when no time is left for it."""


@dataclass
class Objective:
    """The function that Optuna maximises. At the deadline trials end, except those of the default network."""

    problem: Problem
    deadline: float = math.inf

    def __call__(self, trial: "Trial") -> float:
        """Train and score a network, and store the record with its trial."""
        import optuna  # noqa: PLC0415 — optional

        began, problem = time.monotonic(), self.problem
        values, default = problem.space.suggest(trial), is_default(trial)
        errors: list[np.ndarray] = []
        epochs = []
        for i, split in enumerate(problem.splits):
            model = problem.network(values, default=default, split=i)
            on_epoch = self._after_epoch(model, split, trial, default=default, prune=i == 0)
            fit_quietly(model, problem.X[split.train], on_epoch)
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

    def _after_epoch(self, model: Model, split: Split, trial: "Trial", *, default: bool, prune: bool) -> OnEpoch:
        """A function to call after every epoch. It ends the trial if time is up or the trial is worse than others.

        Trials are compared after 1/8, 1/4, 1/2 and all of ``max_epochs``, not after equal numbers of epochs, because
        the learning rate falls over ``max_epochs``: a network of 20 epochs is nearly done when one of 200 is still at
        its peak.
        """
        import optuna  # noqa: PLC0415

        reported = 0

        def after_epoch(history: History) -> None:
            nonlocal reported
            if not default and time.monotonic() > self.deadline:
                raise OutOfTimeError
            step = _STEPS * history.n_epochs // model.max_epochs
            if not prune or step == reported or step & (step - 1):
                return
            reported = step
            errors = self.problem.group_errors(model, split)
            with defer_sigint():
                trial.report(1 - errors.sum() / (split.variances.sum() or 1), step)
                if not default and trial.should_prune():
                    raise optuna.TrialPruned

        return after_epoch

    def _is_behind(self, trial: "Trial", errors: list[np.ndarray]) -> bool:
        """Whether a trial is so much worse than the best on the splits so far that the others cannot help it."""
        if self.problem.goal.is_ordered or len(errors) == len(self.problem.splits):
            return False
        done = completed(trial.study.get_trials(deepcopy=False))
        own = sum(float(part[-1].sum()) for part in errors)
        return bool(done) and own > _BEHIND * sum(done[0].split_errors[: len(errors)])


def fit_quietly(model: Model, X: object, on_epoch: OnEpoch | None = None) -> None:
    """Fit without the warnings that would clutter a search. Ctrl-C ends the search, not only this fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", WorseThanPCAWarning)
        warnings.filterwarnings("error", message="Training was interrupted", category=ConvergenceWarning)
        try:
            with allow_sigint():
                model.fit(X, on_epoch=on_epoch)
        except ConvergenceWarning as warning:
            raise KeyboardInterrupt from warning
