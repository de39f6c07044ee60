"""The plan of a search as plain values: what is stored with a study, compared, and handed to its workers."""

import hashlib
import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from sklearn.utils import gen_batches

from isthmus.errors import ParameterError
from isthmus.estimators.parameters import check_code_size, is_int, is_real
from isthmus.fitting.loss import resolve_loss
from isthmus.pca.axes import principal_axes
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.scaling import column_range, column_statistics, scale_of
from isthmus.rows.splits import set_aside
from isthmus.tuning.domains import Range, read_domain
from isthmus.tuning.objective import Objective
from isthmus.tuning.problem import Parts, same_as_rows, splits_of, suited_folds
from isthmus.tuning.space import own_values, space_of
from isthmus.words import generic_names

_HOMES = {"Autoencoder": "isthmus.estimators.dense", "ConvAutoencoder": "isthmus.estimators.convolutional"}
# A curve goes on beyond PCA's need, since held-out rows need more codes than those that PCA has seen.
_SPARE = 1.25
_ASIDE = ("random_state", "verbose", "code_size")  # settled by the plan itself


def make_plan(
    estimator: Any,
    X: Any,
    columns: list[str],
    *,
    space: Mapping[str, Any] | None,
    objective: str,
    target_variance: float,
    folds: int | str,
    test_fraction: float,
    seed: int,
) -> dict[str, Any]:
    """Everything that a score depends on, in values that JSON can hold.

    Parameters
    ----------
    estimator : Autoencoder or ConvAutoencoder
    X : array, images or CSR matrix
    columns : list of str
        Names of its columns.

    Raises
    ------
    ParameterError
        If the space or the code size cannot be searched.
    """
    rows = same_as_rows(X)
    given = dict(space or {})
    search_rows, _ = set_aside(rows.shape[0], test_fraction, np.random.RandomState(seed))
    smallest, largest = _code_sizes(estimator, given, rows[search_rows], objective, target_variance)
    low, high = column_range(rows)
    unit_interval = bool(low.min() >= 0 and high.max() <= 1)
    loss = estimator.loss
    if loss == "auto":
        loss = "bce" if unit_interval and estimator.scale in ("auto", "none") else "mse"
    own = own_values(estimator, rows.shape[1], largest, loss)
    searched = space_of(estimator, given, own, unit_interval=unit_interval)
    if not unit_interval and ("bce" in _choices_of(searched.described().get("loss")) or loss == "bce"):
        names = columns or generic_names(rows.shape[1])
        resolve_loss("bce", "none", "relu", rows, [f"column {name!r}" for name in names])
    return {
        "table": {
            "rows": int(rows.shape[0]),
            "shape": [int(size) for size in X.shape[1:]],
            "columns": columns,
            "sha256": _digest(rows),
        },
        "estimator": {"class": type(estimator).__name__, **_plain_parameters(estimator)},
        "code size": [smallest, largest],
        "space": searched.described(),
        "loss": loss,
        "objective": objective,
        "target variance": target_variance,
        "folds": suited_folds(len(search_rows)) if isinstance(folds, str) else folds,
        "test fraction": test_fraction,
        "seed": seed,
    }


def carry_out(plan: Mapping[str, Any], X: Any) -> tuple[Objective, dict[str, Any], Parts]:
    """What a plan stands for: the objective, the values of the default network, and the rows of search and test."""
    rows = same_as_rows(X)
    rng = np.random.RandomState(plan["seed"])
    search_rows, test_rows = set_aside(rows.shape[0], plan["test fraction"], rng)
    parameters = {name: tuple(v) if isinstance(v, list) else v for name, v in plan["estimator"].items()}
    name = str(parameters.pop("class"))
    kind = getattr(import_module(_HOMES[name]), name)
    smallest, largest = plan["code size"]
    estimator = kind(**parameters, code_size=largest, random_state=plan["seed"])
    own = own_values(estimator, rows.shape[1], largest, plan["loss"])
    space = space_of(estimator, plan["space"], own, unit_interval=True)
    first, own_layers = space.first(own)
    standardise = estimator.scale == "standard"
    objective = Objective(
        X=X,
        rows=rows,
        splits=splits_of(rows, search_rows, plan["folds"], standardise=standardise, rng=rng),
        estimator=estimator,
        space=space,
        own_layers=own_layers,
        objective=plan["objective"],
        target_variance=plan["target variance"],
        smallest=smallest,
    )
    return objective, first, Parts(search_rows, test_rows)


def _choices_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _code_sizes(estimator: Any, given: dict[str, Any], rows: Rows, objective: str, target: float) -> tuple[int, int]:
    """The smallest and the largest number of codes; takes the code size out of the space."""
    asked = read_domain("code_size", given.pop("code_size")) if "code_size" in given else estimator.code_size
    kind = type(estimator).__name__
    if objective != "error" and not hasattr(estimator, "ordered"):
        raise ParameterError(
            f"The 'objective' parameter must be 'error' for a {kind}, whose codes have no order. "
            f"Got {objective!r} instead."
        )
    if asked is None:
        raise ParameterError(
            f"A search needs a {kind} with a code_size: without one, the network with the most codes would be the best."
        )
    if isinstance(asked, Range):
        if objective == "error":
            raise ParameterError(
                "A range of code sizes needs objective='code-size' or 'both': by the error alone the largest would "
                "always be the best."
            )
        if not asked.is_whole or asked.low < 1:
            raise ParameterError(
                f"Code sizes must be whole numbers of at least 1. Got {asked.low}:{asked.high} instead."
            )
        return int(asked.low), int(asked.high)
    if not (is_int(asked) or is_real(asked)):
        raise ParameterError(f"The code size must be a number or a range such as 2:64. Got {asked!r} instead.")
    checked = type(estimator)(asked) if kind == "Autoencoder" else type(estimator)(code_size=asked)
    check_code_size(checked, "code_size")
    if not is_int(asked):
        share = asked if objective == "error" else max(asked, target)
        asked = _pca_need(rows, min(share, 1 - 1e-9), standardise=estimator.scale == "standard")
        if objective != "error":
            asked = min(rows.shape[1], math.ceil(_SPARE * asked))
    return (1 if objective != "error" else int(asked)), int(asked)


def _pca_need(rows: Rows, share: float, *, standardise: bool) -> int:
    """How many components PCA needs to keep a share of the variance."""
    statistics = column_statistics(rows)
    if not statistics.deviation.any():
        return 1
    unit = scale_of("standard" if standardise else "none", statistics)
    return len(principal_axes(rows, statistics.mean, unit, float(share), np.random.RandomState(0)).spread)


def _plain_parameters(estimator: Any) -> dict[str, Any]:
    parameters = sorted(estimator.get_params(deep=False).items())
    return {name: _plain(name, value) for name, value in parameters if name not in _ASIDE}


def _plain(name: str, value: Any) -> Any:
    if name == "device":
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain("", part) for part in value]
    return value.item() if isinstance(value, np.generic) else value


def _digest(rows: Rows) -> str:
    """What tells a table from others of the same shape."""
    digest = hashlib.sha256()
    for part in gen_batches(rows.shape[0], n_batch_rows(rows.shape[1])):
        digest.update(np.ascontiguousarray(dense_rows(rows, part)).tobytes())
    return digest.hexdigest()
