"""The study: which search it belongs to, how its sampler draws, and how its trials are run."""

import math
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from isthmus.errors import MismatchError
from isthmus.tuning import storage
from isthmus.tuning.domains import Value
from isthmus.tuning.interrupts import allow_sigint, raise_deferred
from isthmus.tuning.objective import Objective, TrialLostError
from isthmus.tuning.plan import Plan, TableIdentity
from isthmus.tuning.problem import Problem
from isthmus.tuning.record import DEFAULT, TrialRecord, completed, is_default

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import TPESampler
    from optuna.trial import FrozenTrial, Trial, TrialState

NAME = "isthmus"
# Time is kept for training the best network and the default after the search: this many times what it took in a trial.
RESERVE = 1.5
_SETTINGS = "isthmus settings"


def open_study(study: str | os.PathLike[str] | None, problem: Problem) -> "Study":
    """Open the study in a database, or create it; in memory if ``study`` is None.

    Raises
    ------
    IsthmusError
        If the study belongs to another table or search, or its database cannot be used.
    """
    import optuna  # noqa: PLC0415 — optional

    name = None if study is None else os.fspath(study)
    with storage.storage_errors(name), storage.quiet():
        opened = optuna.create_study(
            storage=None if name is None else storage.storage_of(name), study_name=NAME, direction="maximize",
            load_if_exists=True, pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
        )  # fmt: skip
        _check_plan(opened, problem.plan, storage.shown(name))
        opened.sampler = _seeded_sampler(problem.plan.seed, problem.portfolio)
    return opened


def enqueue_default(study: "Study", values: Mapping[str, Value]) -> None:
    """Queue the default network first, unless it has been tried or is being tried."""
    unfinished = ("COMPLETE", "RUNNING", "WAITING")
    if not any(is_default(trial) and trial.state.name in unfinished for trial in study.get_trials(deepcopy=False)):
        study.enqueue_trial(dict(values), user_attrs={DEFAULT: True})


def run_trials(
    study: "Study", objective: Objective, *, n_trials: int | None, default_too: bool = True,
    on_trial: Callable[[], object] = lambda: None,
) -> None:  # fmt: skip
    """Run trials until ``n_trials`` are finished, by this or other processes, or until the deadline of the objective.

    The last trials may be in the hands of other processes. They are waited for, because a process that is killed leaves
    its trial to the others. ``default_too`` says whether this process trains the default network after the search.
    """
    began, end = time.monotonic(), objective.deadline
    while True:
        storage.fail_lost_trials(study)
        trials = study.get_trials(deepcopy=False)
        states = [trial.state.name for trial in trials]
        finished, running = states.count("COMPLETE") + states.count("PRUNED"), states.count("RUNNING")
        objective.deadline = _end_of_trials(
            completed(trials), began, end, len(objective.problem.splits), default_too=default_too
        )
        if (n_trials is not None and finished >= n_trials) or time.monotonic() >= objective.deadline:
            return
        if n_trials is not None and finished + running >= n_trials:
            with allow_sigint():
                time.sleep(0.2)
        else:
            _run_trial(study, objective)
        on_trial()
        raise_deferred()


def _end_of_trials(
    done: Sequence[TrialRecord], began: float, end: float, n_splits: int, *, default_too: bool
) -> float:  # fmt: skip
    """The time at which trials must end, so that the networks that are chosen from can be trained until ``end``.

    Before the default network has been scored, it may take the time of its splits and the final training.
    """
    defaults = [trial.seconds for trial in done if trial.is_default]
    if not defaults:
        return math.inf if end == math.inf else began + (end - began) * n_splits / (n_splits + RESERVE)
    training = done[0].seconds + (max(defaults) if default_too else 0.0)
    return end - RESERVE * training / n_splits


def _run_trial(study: "Study", objective: Objective) -> None:
    """Run a trial; one that another process has declared lost is dropped with a warning."""
    import optuna  # noqa: PLC0415 — optional
    from optuna.trial import TrialState  # noqa: PLC0415

    trial, value = study.ask(), None
    try:
        with storage.heartbeats(study, trial) as is_lost:
            value = objective(trial, is_lost)
        state = TrialState.COMPLETE if math.isfinite(value) else TrialState.PRUNED
    except optuna.TrialPruned:
        state = TrialState.PRUNED
    except (TrialLostError, optuna.exceptions.UpdateFinishedTrialError):
        state = None
    except BaseException:
        _tell(study, trial, TrialState.FAIL)
        raise
    if state is None or not _tell(study, trial, state, value):
        warnings.warn(
            f"Trial {trial.number} is dropped: this process gave no sign of life for more than {storage.GRACE} s, so "
            "the trial was left to other processes.",
            stacklevel=2,
        )


def _tell(study: "Study", trial: "Trial", state: "TrialState", value: float | None = None) -> bool:
    """Finish a trial; False if another process has declared it lost before."""
    import optuna  # noqa: PLC0415 — optional

    values = value if state is optuna.trial.TrialState.COMPLETE else None
    try:
        return bool(study.tell(trial, values, state, skip_if_finished=True).state == state)
    except optuna.exceptions.UpdateFinishedTrialError:
        return False


def default_sampler() -> "TPESampler":
    """Optuna's own sampler, for a study that the search is done with."""
    import optuna  # noqa: PLC0415 — optional

    return optuna.samplers.TPESampler()


def _seeded_sampler(seed: int, portfolio: Sequence[Mapping[str, Value]]) -> "TPESampler":
    """Optuna's TPE, seeded anew for each trial; trials 1, 2, … take the values of the portfolio.

    A sampler with a single seed draws the same first trials in every process, and again whenever a search goes on. The
    study gives each trial a number of its own, so here no two draw the same, and a search that goes on draws what it
    would have drawn without the interruption.
    """
    import optuna  # noqa: PLC0415 — optional

    class Seeded(optuna.samplers.TPESampler):
        def before_trial(self, study: optuna.Study, trial: "FrozenTrial") -> None:
            state = np.random.SeedSequence([seed, trial.number]).generate_state(1)
            self.__init__(seed=int(state[0]), multivariate=True, constant_liar=True)  # type: ignore[misc]
            super().before_trial(study, trial)

        def infer_relative_search_space(
            self, study: optuna.Study, trial: "FrozenTrial"
        ) -> "dict[str, BaseDistribution]":
            return {} if given(trial) else super().infer_relative_search_space(study, trial)

        def sample_independent(
            self, study: optuna.Study, trial: "FrozenTrial", param_name: str, param_distribution: "BaseDistribution"
        ) -> object:
            values = given(trial)
            if param_name in values:
                return values[param_name]
            return super().sample_independent(study, trial, param_name, param_distribution)

    def given(trial: "FrozenTrial") -> Mapping[str, Value]:
        return portfolio[trial.number - 1] if 0 < trial.number <= len(portfolio) else {}

    return Seeded(seed=seed, multivariate=True, constant_liar=True)


def _check_plan(study: "Study", plan: Plan, name: str) -> None:
    """Compare a plan with the one that the study began with; a new study stores it."""
    settings, stored = plan.to_json(), study.user_attrs.get(_SETTINGS)
    if stored is None:
        if study.get_trials(deepcopy=False):
            raise MismatchError(f"{name}: holds a study that Isthmus did not begin; give another database.")
        study.set_user_attr(_SETTINGS, settings)
        return
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
        return f"of {stored.get('rows')} rows, and this one has {table.rows}"
    theirs = list(stored.get("columns") or [])
    if len(table.columns) != len(theirs):
        return f"of {len(theirs)} columns, and this one has {len(table.columns)}"
    for ours, its in zip(table.columns, theirs, strict=True):
        if ours != its:
            return f"with a column {its!r} where this one has {ours!r}"
    return "of the same shape, but with other numbers"


def _differences(theirs: object, ours: object) -> tuple[str, str]:
    """Two values as texts; of two dicts only the entries that differ."""
    if not (isinstance(theirs, dict) and isinstance(ours, dict)):
        return str(theirs), str(ours)
    names = [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]
    first, second = (", ".join(f"{name}={values.get(name)}" for name in names) for values in (theirs, ours))
    return first, second
