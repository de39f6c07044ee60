"""The study: which search it belongs to, how its trials are run, and how those of killed processes are run again."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from isthmus.errors import MismatchError
from isthmus.tuning import storage
from isthmus.tuning.domains import Value
from isthmus.tuning.interrupts import allow_sigint, raise_deferred
from isthmus.tuning.objective import Objective, OutOfTimeError
from isthmus.tuning.plan import Plan, TableIdentity
from isthmus.tuning.problem import Problem
from isthmus.tuning.record import DEFAULT, completed, is_default
from isthmus.tuning.sampler import seeded_sampler

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

NAME = "isthmus"
# Time is kept for training the best network after the search, and with one process the default: this many times what
# it took in a trial.
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
        opened.sampler = seeded_sampler(problem.plan.seed, problem.portfolio)
    return opened


def enqueue_default(study: "Study", values: Mapping[str, Value]) -> None:
    """Queue the default network first, unless it has been tried or is being tried."""
    unfinished = ("COMPLETE", "RUNNING", "WAITING")
    if not any(is_default(trial) and trial.state.name in unfinished for trial in study.get_trials(deepcopy=False)):
        study.enqueue_trial(dict(values), user_attrs={DEFAULT: True})


def run_trials(
    study: "Study", objective: Objective, *, n_trials: int | None, default_too: bool = True,
    on_trial: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Run trials until ``n_trials`` are finished, by this or other processes, or until the deadline.

    The last trials may be in the hands of other processes. They are waited for, because a process that is killed leaves
    its trial to the others. ``default_too`` says whether the default network is still to be trained after the search.
    """
    end = objective.deadline
    while True:
        fail_lost_trials(study)
        trials = study.get_trials(deepcopy=False)
        states = [trial.state.name for trial in trials]
        finished, running = states.count("COMPLETE") + states.count("PRUNED"), states.count("RUNNING")
        kept_seconds = RESERVE * _training_seconds(trials, default_too=default_too) / len(objective.problem.splits)
        objective.deadline = end - kept_seconds
        has_default = any(is_default(trial) and trial.state.name == "COMPLETE" for trial in trials)
        if (n_trials is not None and finished >= n_trials) or (time.monotonic() > objective.deadline and has_default):
            return
        if (n_trials is not None and finished + running >= n_trials) or (time.monotonic() > end and running):
            with allow_sigint():
                time.sleep(0.2)
            continue
        study.optimize(objective, n_trials=1, catch=(OutOfTimeError,))
        on_trial()
        raise_deferred()


def fail_lost_trials(study: "Study") -> None:
    """Fail trials whose process was killed, and queue them again.

    Optuna does so for trials that have sent a heartbeat. A process that is killed between taking a trial and its first
    heartbeat leaves a trial without any.
    """
    import optuna  # noqa: PLC0415

    backend = storage.backend_of(study)
    if not isinstance(backend, optuna.storages.RDBStorage):
        return
    optuna.storages.fail_stale_trials(study)
    running = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))
    long_ago = datetime.now() - timedelta(seconds=storage.GRACE)
    old = [trial for trial in running if trial.datetime_start is not None and trial.datetime_start < long_ago]
    if not old:
        return
    alive = storage.with_heartbeat(backend)
    for trial in old:
        if trial._trial_id not in alive:
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL, skip_if_finished=True)
            storage.retry()(study, trial)


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
            raise MismatchError(
                f"{name}: is a study with another {key}, {theirs} instead of {ours}; give the same, or another study."
            )


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


def _training_seconds(trials: "list[FrozenTrial]", *, default_too: bool) -> float:
    """The seconds that the trial of the best network took, and that of the default."""
    done = completed(trials)
    best = done[0].seconds if done else 0.0
    return best + max((trial.seconds for trial in done if trial.is_default and default_too), default=0.0)
