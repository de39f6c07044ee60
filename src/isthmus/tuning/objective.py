"""One trial: a network with chosen hyperparameters is trained on every split, and its held-out errors are kept."""

import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from isthmus.errors import WorseThanPCAWarning
from isthmus.rows.batches import Rows
from isthmus.training.history import History
from isthmus.tuning.interrupts import held, released
from isthmus.tuning.problem import Split, group_errors
from isthmus.tuning.space import Space

if TYPE_CHECKING:
    from optuna.trial import Trial

OBJECTIVES = ("error", "code-size", "both")
DEFAULT = "default network"  # the user attribute of the trial that the others are compared with
_MOST_SIZES = 32
_STEPS = 8  # of a network's epochs, by which it is compared with others while it is trained
# With several splits, a trial whose errors are so many times the best trial's after some of them is ended.
_BEHIND = 1.05


class OutOfTimeError(Exception):
    """The trial is left as it is, since no time is left."""


@dataclass
class Objective:
    """What Optuna maximises, made of a table, its splits, and what is searched.

    Attributes
    ----------
    X : array, images or CSR matrix
        What networks are given.
    rows : array or CSR matrix of shape (n_rows, n_features)
        The same as rows.
    splits : list of Split
    estimator : Autoencoder or ConvAutoencoder
        With the parameters that are not searched, an int ``code_size`` and an int ``random_state``.
    space : Space
    own_layers : bool
        Whether the default network has the estimator's own layers, or only the nearest that the space has.
    objective : {"error", "code-size", "both"}
    target_variance : float
    smallest : int
        The smallest code size that ordered codes are scored with.
    deadline : float
        Of ``time.monotonic``; a trial that is not the default network is left then.
    """

    X: Any
    rows: Rows
    splits: list[Split]
    estimator: Any
    space: Space
    own_layers: bool
    objective: str
    target_variance: float
    smallest: int = 1
    deadline: float = math.inf

    def network(self, values: Mapping[str, Any], *, default: bool, seed: int) -> Any:
        """The estimator that a choice of values stands for."""
        parameters = self.space.parameters(values, own_layers=default and self.own_layers)
        model = clone(self.estimator).set_params(**parameters, random_state=seed, verbose=False)
        return model if self.objective == "error" else model.set_params(ordered=True)

    def __call__(self, trial: "Trial") -> float:
        """Train and score; the errors go to the trial's user attributes."""
        began = time.monotonic()
        values = self.space.suggest(trial)
        default = DEFAULT in trial.user_attrs
        errors: list[np.ndarray] = []
        epochs = []
        model: Any = None
        for i, split in enumerate(self.splits):
            model = self.network(values, default=default, seed=self.estimator.random_state + i)
            hook = self._hook(model, split, trial, default=default, prune=i == 0)
            fit_quietly(model, self.X[split.train], hook)
            sizes = self.sizes(model)
            cuts = [model if size is None else model.truncate(size) for size in sizes]
            errors.append(np.array([group_errors(cut, self.X, self.rows, split) for cut in cuts]))
            epochs.append(model.n_epochs_)
            if not default and self._is_behind(trial, errors):
                raise _pruned()
        by_size = np.concatenate(errors, axis=1)
        unexplained = by_size.sum(axis=1) / self.variance
        trial.set_user_attr("errors", by_size[-1].tolist())
        trial.set_user_attr("errors of splits", [float(part[-1].sum()) for part in errors])
        trial.set_user_attr("sizes", [model.code_size_ if size is None else size for size in sizes])
        trial.set_user_attr("unexplained", unexplained.tolist())
        trial.set_user_attr("loss", model.loss_)
        trial.set_user_attr("widths", [int(width) for width in _widths_of(model)])
        trial.set_user_attr("layers", [[layer.label, layer.width] for layer in model.layers])
        trial.set_user_attr("epochs", epochs)
        trial.set_user_attr("seconds", time.monotonic() - began)
        return self.merit(trial.user_attrs["sizes"], unexplained)

    @property
    def variance(self) -> float:
        """Of all scored rows about the mean of the training rows, summed; a number above 0 where there is none."""
        return float(sum(split.variances.sum() for split in self.splits)) or 1.0

    @property
    def pca_unexplained(self) -> Float64[np.ndarray, " sizes"]:
        """The share of variance that PCA leaves with 0, 1, 2, … components."""
        shortest = min(len(split.pca_errors) for split in self.splits)
        total: np.ndarray = np.sum([split.pca_errors[:shortest] for split in self.splits], axis=0)
        return total / self.variance

    def pca_merit(self, code_size: int) -> float:
        """What PCA with as many components is worth, measured as a trial is."""
        by_size = self.pca_unexplained
        sizes = [size for size in self._sizes_to(code_size) if size < len(by_size)] or [len(by_size) - 1]
        return self.merit(sizes, by_size[sizes])

    def sizes(self, model: Any) -> list[int | None]:
        """The code sizes that a fitted network is scored with; None for a network whose codes have no order."""
        return [None] if self.objective == "error" else [*self._sizes_to(model.code_size_)]

    def _sizes_to(self, code_size: int) -> list[int]:
        low = min(self.smallest, code_size)
        sizes: list[int] = np.unique(np.geomspace(low, code_size, _MOST_SIZES).round().astype(int)).tolist()
        return sizes

    def merit(self, sizes: list[int], unexplained: Float64[np.ndarray, " sizes"]) -> float:
        """What is maximised: the share of variance explained, or what ordered codes are worth.

        For "code-size" it is minus the number of codes that explain ``target_variance``, interpolated between sizes;
        where none do, it falls further with what is missing. For "both" it is the mean of −log10(unexplained) over code
        sizes.
        """
        if self.objective == "error":
            return float(1 - unexplained[-1])
        if self.objective == "both":
            return float(-np.mean(np.log10(np.maximum(unexplained, 1e-12))))
        allowed = 1 - self.target_variance
        enough = np.flatnonzero(unexplained <= allowed)
        if not len(enough):
            return float(-sizes[-1] * (1 + unexplained.min() - allowed))
        i = int(enough[0])
        if i == 0:
            return -float(sizes[0])
        above, below = unexplained[i - 1], unexplained[i]
        return float(-(sizes[i - 1] + (sizes[i] - sizes[i - 1]) * (above - allowed) / (above - below)))

    def _hook(
        self, model: Any, split: Split, trial: "Trial", *, default: bool, prune: bool
    ) -> Callable[[History], None]:
        """Called after every epoch: stops a trial that is out of time, and reports after eighths of its epochs.

        Epochs are counted as shares of ``max_epochs``, since the learning rate falls with these: a network of 20 epochs
        is nearly done when one of 200 is still at its peak.
        """
        reported = 0

        def after_epoch(history: History) -> None:
            nonlocal reported
            if not default and time.monotonic() > self.deadline:
                raise OutOfTimeError
            step = _STEPS * history.n_epochs // model.max_epochs
            if not prune or step == reported or step & (step - 1):
                return
            reported = step
            unexplained = group_errors(model, self.X, self.rows, split).sum() / (split.variances.sum() or 1)
            with held():
                trial.report(1 - unexplained, step)
                if not default and trial.should_prune():
                    raise _pruned()

        return after_epoch

    def _is_behind(self, trial: "Trial", errors: list[np.ndarray]) -> bool:
        """Whether a trial is so much worse than the best one on the splits so far that the others will not help it."""
        if self.objective != "error" or len(errors) == len(self.splits):
            return False
        done = [other for other in trial.study.get_trials(deepcopy=False) if other.state.name == "COMPLETE"]
        best = max(done, key=lambda other: other.value or -math.inf, default=None)
        if best is None:
            return False
        own = sum(float(part[-1].sum()) for part in errors)
        return own > _BEHIND * float(sum(best.user_attrs["errors of splits"][: len(errors)]))


def _pruned() -> Exception:
    import optuna  # noqa: PLC0415 — optional

    return optuna.TrialPruned()


def fit_quietly(model: Any, X: Any, on_epoch: Callable[[History], None] | None = None) -> None:
    """Fit without the warnings that a search is no place for; Ctrl-C ends the search and not only this fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", WorseThanPCAWarning)
        warnings.filterwarnings("error", message="Training was interrupted", category=ConvergenceWarning)
        try:
            with released():
                model.fit(X, on_epoch=on_epoch)
        except ConvergenceWarning as warning:
            raise KeyboardInterrupt from warning


def _widths_of(model: Any) -> tuple[int, ...]:
    return tuple(model.encoder_layers_ if hasattr(model, "encoder_layers_") else model._filters)
