"""After the search: the default network and the best are trained on all of its rows, one is chosen, and tested."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from isthmus.pca.baseline import PCABaseline
from isthmus.rows.frames import select_rows
from isthmus.rows.splits import held_out_rows
from isthmus.training.history import OnEpoch
from isthmus.tuning.choice import Scored, default_of, is_better, smallest
from isthmus.tuning.objective import Objective, fit_quietly
from isthmus.tuning.problem import Parts, row_errors
from isthmus.tuning.result import TestFigures


@dataclass(frozen=True)
class Chosen:
    """The network that is kept, the trial that it comes from, and what it is worth on rows that no trial has seen."""

    model: Any
    trial: Scored | None
    default: Scored | None
    is_default: bool
    test: TestFigures


def default_network(
    objective: Objective, first: Mapping[str, Any], X: Any, rows: Parts, on_epoch: OnEpoch | None = None
) -> Any:
    """The default network, trained on all rows of the search."""
    model = objective.network(first, default=True, seed=objective.estimator.random_state)
    fit_quietly(model, select_rows(X, rows.search), on_epoch)
    return model


def choose(objective: Objective, trials: list[Scored], plain: Any, X: Any, rows: Parts) -> Chosen:
    """Train the best network, if the search found it better than the default; keep the one that still is.

    The best must have beaten the default on the rows that were scored by more than chance. Once both are trained on
    all rows of the search, those that both have held out from their training are counted, too: with them the best must
    still have the lower error. The rows set aside have no part in it.

    Parameters
    ----------
    trials : list of Scored
        The best first.
    plain : Autoencoder or ConvAutoencoder
        The default network, trained on all rows of the search.
    X : array, dataframe, images or CSR matrix
        What the network is to be fitted on; a dataframe gives it names.
    """
    best, default = (trials[0] if trials else None), default_of(trials)
    model, trial = plain, default
    if best is not None and default is not None and not best.is_default and is_better(best, default):
        tuned = objective.network(best.values, default=False, seed=objective.estimator.random_state)
        fit_quietly(tuned, select_rows(X, rows.search))
        lost = _held_out_error(tuned, objective, rows.search) - _held_out_error(plain, objective, rows.search)
        if lost < float((default.errors - best.errors).sum()):
            model, trial = tuned, best
    is_default = model is plain
    if objective.objective == "code-size" and trial is not None:
        size = smallest(trial.sizes, trial.unexplained, objective.target_variance)
        model = model if size is None else model.truncate(size)
    return Chosen(model, trial, default, is_default, _tested(model, plain, objective, rows))


def _held_out_error(model: Any, objective: Objective, rows: np.ndarray) -> float:
    """The error of the rows that ``fit`` held out, which are the same for all networks of one seed."""
    _, held = held_out_rows(len(rows), model.validation_fraction, np.random.RandomState(model.random_state))
    return 0.0 if held is None else _error(model, objective, rows[held], objective.splits[0].unit)


def _tested(model: Any, default: Any, objective: Objective, rows: Parts) -> TestFigures:
    standardise = bool(objective.estimator.scale == "standard")
    baseline = PCABaseline.of(objective.rows[rows.search], standardise=standardise)
    pca = baseline.squared_errors(tested := objective.rows[rows.test], tested)
    errors = [_error(network, objective, rows.test, baseline.unit) for network in (model, default)]
    shares = [
        1 - error / pca[0] if pca[0] else math.nan for error in (*errors, pca[min(model.code_size_, len(pca) - 1)])
    ]
    tuned, plain, by_pca = map(float, shares)
    return TestFigures(tuned, plain, by_pca, model.code_size_, default.code_size_, len(rows.test))


def _error(model: Any, objective: Objective, rows: np.ndarray, unit: Float64[np.ndarray, " features"]) -> float:
    """Of a network that may have been fitted to a dataframe, and is asked about plain rows."""
    names = model.__dict__.pop("feature_names_in_", None)
    try:
        return float(row_errors(model, objective.X, objective.rows, rows, unit).sum())
    finally:
        if names is not None:
            model.feature_names_in_ = names
