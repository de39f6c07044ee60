"""The opening of a study: made by one process, checked as a whole, and refused if it belongs to another search."""

import math
import os
from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np

from isthmus.errors import MismatchError
from isthmus.parameters.rules import is_int, is_real
from isthmus.tuning import database, storage
from isthmus.tuning.domains import Value
from isthmus.tuning.plan import Plan, TableIdentity
from isthmus.tuning.problem import Problem
from isthmus.tuning.record import DEFAULT, TrialRecord, is_default
from isthmus.tuning.sampling import seeded_sampler
from isthmus.words import printable

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

NAME = "isthmus"
_SETTINGS = "isthmus settings"
_MOST_SHOWN = 200  # characters of a setting


def open_study(study: str | os.PathLike[str] | None, problem: Problem) -> "Study":
    """Open the study in a database, or create it, with the default network as its first trial; in memory if None.

    Raises
    ------
    IsthmusError
        If the study belongs to another table or search or is damaged, or its database cannot be used.
    """
    import optuna  # noqa: PLC0415 — optional

    name = None if study is None else os.fspath(study)
    with (
        database.storage_errors(name),
        database.damage(name),
        storage.quiet(),
        nullcontext() if name is None else storage.opened_alone(name) as opened,
    ):
        found = optuna.create_study(
            storage=opened, study_name=NAME, direction="maximize", load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
        )  # fmt: skip
        _check_plan(found, problem.plan, database.shown(name))
        _check_trials(found, problem)
        found.sampler = seeded_sampler(problem.plan.seed, problem.portfolio)
        storage.fail_lost_trials(found)
        enqueue_default(found, problem.default)
    return found


def enqueue_default(study: "Study", values: Mapping[str, Value]) -> None:
    """Queue the default network first, unless it has been tried or is being tried."""
    unfinished = ("COMPLETE", "RUNNING", "WAITING")
    if not any(is_default(trial) and trial.state.name in unfinished for trial in study.get_trials(deepcopy=False)):
        study.enqueue_trial(dict(values), user_attrs={DEFAULT: True})


def _check_trials(study: "Study", problem: Problem) -> None:
    """Raise a ValueError if a trial is not one that this search can have made."""
    distributions = {name: domain.distribution for name, domain in problem.space.domains.items()}
    for trial in study.get_trials(deepcopy=False):
        try:
            _check_trial(trial, problem, distributions)
        except Exception as error:
            raise ValueError(f"trial {trial.number}: {error or type(error).__name__}") from error


def _check_trial(trial: "FrozenTrial", problem: Problem, distributions: "Mapping[str, BaseDistribution]") -> None:
    import optuna  # noqa: PLC0415 — optional

    optuna.trial.create_trial(  # it checks values and parameters
        state=trial.state, values=trial.values, params=trial.params, distributions=trial.distributions
    )
    queued = trial.system_attrs.get("fixed_params", {})
    history = trial.system_attrs.get("retry_history", [])
    _require(all(distributions[name] == its for name, its in trial.distributions.items()), "its ranges are others")
    _require(all(value in problem.space.domains[name] for name, value in queued.items()), "its values are out of range")
    _require(isinstance(history, list) and all(map(is_int, history)), "its history is not a list of numbers")
    record = TrialRecord.read(trial) if trial.state.name == "COMPLETE" else None
    if record is None:
        return
    n_groups, n_sizes = sum(len(split.groups) for split in problem.splits), len(record.sizes)
    _require(record.values.keys() == distributions.keys(), "its values are not those of the search")
    _require(_are_numbers(record.errors, n_groups) and record.errors.ndim == 1, "its errors are not numbers")
    _require(_are_numbers(record.split_errors, len(problem.splits)), "its errors are not numbers")
    _require(_are_numbers(record.unexplained, n_sizes) and n_sizes > 0, "its results are not numbers")
    _require(all(is_int(size) and 0 < size <= problem.plan.code_size[1] for size in record.sizes), "its code sizes")
    _require(all(is_int(number) for number in (*record.widths, *record.epochs)), "its layers or epochs")
    _require(all(isinstance(layer.name, str) and is_int(layer.width) for layer in record.layers), "its layers")
    _require([layer.name for layer in record.layers].count("code") == bool(record.layers), "its layers")
    _require(isinstance(record.loss, str), "its loss is not a text")
    _require(is_real(record.seconds) and 0 <= record.seconds < math.inf, "its seconds are not a number")


def _are_numbers(values: object, n_values: int) -> bool:
    array = np.asarray(values)
    return array.shape == (n_values,) and array.dtype.kind in "if" and bool(np.isfinite(array).all())


def _require(holds: object, what: str) -> None:
    if not holds:
        raise ValueError(what)


def _check_plan(study: "Study", plan: Plan, name: str) -> None:
    """Compare a plan with the one that the study began with; a new study stores it."""
    has_trials = bool(study.get_trials(deepcopy=False))  # before the settings, which are stored before the first trial
    settings, stored = plan.to_json(), study.user_attrs.get(_SETTINGS)
    if stored is None:
        if has_trials:
            raise MismatchError(f"{name}: holds a study that Isthmus did not begin; give another database.")
        study.set_user_attr(_SETTINGS, settings)
        return
    _require(isinstance(stored, dict), "its settings are not a table")
    _require([direction.name for direction in study.directions] == ["MAXIMIZE"], "its direction is another")
    if stored.get("table") != settings["table"]:
        raise MismatchError(f"{name}: is a study of another table ({_difference(plan.table, stored.get('table'))}).")
    for key, value in settings.items():
        if stored.get(key) != value:
            theirs, ours = _differences(stored.get(key), value)
            found = f"{name}: is a study with another {key}, {theirs} instead of {ours}"
            raise MismatchError(f"{found}; give the same, or another study.")


def _difference(table: TableIdentity, stored: object) -> str:
    if not isinstance(stored, dict):
        return "it does not say which"
    if table.rows != stored.get("rows"):
        return f"of {_short(stored.get('rows'))} rows, and this one has {table.rows}"
    theirs = list(stored.get("columns") or [])
    if len(table.columns) != len(theirs):
        return f"of {len(theirs)} columns, and this one has {len(table.columns)}"
    for ours, its in zip(table.columns, theirs, strict=True):
        if ours != its:
            return f"with a column {_short(its)} where this one has {ours!r}"
    return "of the same shape, but with other numbers"


def _differences(theirs: object, ours: object) -> tuple[str, str]:
    """Two values as texts; of two dicts only the entries that differ."""
    if not (isinstance(theirs, dict) and isinstance(ours, dict)):
        return _short(theirs), _short(ours)
    names = [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]
    first, second = (", ".join(f"{name}={_short(values.get(name))}" for name in names) for values in (theirs, ours))
    return first, second


def _short(value: object) -> str:
    return printable(str(value))[:_MOST_SHOWN]
