"""The choice after the search: the default network and the best are trained on all its rows, one is kept and tested."""

import math
import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from isthmus.estimators.dense import Autoencoder
from isthmus.pca.baseline import PCABaseline
from isthmus.rows.frames import is_frame, select_rows
from isthmus.rows.splits import fold_rows
from isthmus.training.history import OnEpoch
from isthmus.tuning.architectures import Model
from isthmus.tuning.objective import fit_quietly
from isthmus.tuning.problem import Problem
from isthmus.tuning.record import TrialRecord
from isthmus.tuning.result import TestFigures

# The best of many trials owes part of its score to chance, so it must lead by this many standard errors.
_STANDARD_ERRORS = 2.0


def default_network(problem: Problem, X: object, deadline: float, on_epoch: OnEpoch | None = None) -> Model:
    """The default network, trained on all rows of the search; at the deadline its best epoch so far is kept."""
    model = problem.network(problem.default, default=True)
    _train(model, problem, X, deadline, on_epoch)
    return model


def choose(
    problem: Problem, trials: Sequence[TrialRecord], default: TrialRecord | None, plain: Model, X: object,
    *, deadline: float,
) -> tuple[Model, TrialRecord | None]:  # fmt: skip
    """Train the best network if the search found it better than the default, and return it if it still is.

    The best must have beaten the default on the scored rows by more than chance. Then both are trained on all rows of
    the search, and the rows that both hold out from their training are added: with these, too, the best must have the
    lower error. The rows set aside do not take part.

    ``trials`` has the best first, ``plain`` is the default network trained on all rows of the search, and ``X`` is what
    networks are fitted on; a dataframe brings the names of its columns, and an array has those of the plan. At the
    deadline training stops at its best epoch so far. The trial is that of the network returned.
    """
    model, trial = plain, default
    if trials and default is not None and not trials[0].is_default and _is_better(trials[0], default):
        best = trials[0]
        tuned = problem.network(best.values)
        _train(tuned, problem, X, deadline)
        lost = _held_out_error(tuned, problem) - _held_out_error(plain, problem)
        if lost < float((default.errors - best.errors).sum()):
            model, trial = tuned, best
    if problem.goal.objective == "code-size" and trial is not None and isinstance(model, Autoencoder):
        shares = zip(trial.sizes, trial.unexplained, strict=True)
        size = next((size for size, lost in shares if 1 - lost >= problem.goal.target_variance), None)
        model = model if size is None else model.truncate(size)
    return model, trial


def figures_on_test_rows(model: Model, default: Model, problem: Problem) -> TestFigures:
    """The results of the chosen network, the default and PCA on the rows that no trial has seen."""
    baseline = PCABaseline.of(problem.rows[problem.search], standardise=problem.estimator.scale == "standard")
    pca = baseline.squared_errors(tested := problem.rows[problem.test], tested)
    errors = [_error(network, problem, problem.test, baseline.unit) for network in (model, default)]
    errors.append(float(pca[min(model.code_size_, len(pca) - 1)]))
    tuned, plain, by_pca = (float(1 - error / pca[0]) if pca[0] else math.nan for error in errors)
    return TestFigures(tuned, plain, by_pca, model.code_size_, default.code_size_, len(problem.test))


def _train(model: Model, problem: Problem, X: object, deadline: float, on_epoch: OnEpoch | None = None) -> None:
    """Train on all rows of the search."""
    names = None if is_frame(X) else problem.plan.table.columns or None
    fit_quietly(model, select_rows(X, problem.search), on_epoch, deadline, feature_names=names)


def _is_better(trial: TrialRecord, default: TrialRecord) -> bool:
    """Whether a network's errors are lower than the default's by more than they would differ on other rows.

    The errors of both are of the same groups of rows, so a group that is hard for every network cancels out.
    """
    difference = default.errors - trial.errors
    spread = float(difference.std(ddof=1)) * math.sqrt(len(difference)) if len(difference) > 1 else 0.0
    return bool(trial.merit > default.merit and difference.sum() > _STANDARD_ERRORS * spread)


def _held_out_error(model: Model, problem: Problem) -> float:
    """The error on the rows that ``fit`` held out (each once, of few), the same for all networks with the same seed."""
    rng = np.random.RandomState(problem.plan.seed)
    splits = fold_rows(len(problem.search), model.validation_fraction, rng, repeats=model.starts_at_pca)
    held = [rows for _, rows in splits if rows is not None]
    return _error(model, problem, problem.search[np.concatenate(held)], problem.splits[0].unit) if held else 0.0


def _error(model: Model, problem: Problem, rows: np.ndarray, unit: Float64[np.ndarray, " features"]) -> float:
    """The squared error on some rows, also of a network that was fitted to a dataframe."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        return float(problem.row_errors(model, rows, unit).sum())
