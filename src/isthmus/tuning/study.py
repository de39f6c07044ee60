"""The study: whose trials they are, how they are run, and what becomes of those whose process was killed."""

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from isthmus.errors import MismatchError
from isthmus.tuning import storage
from isthmus.tuning.interrupts import give_interrupt, released
from isthmus.tuning.objective import DEFAULT, Objective, OutOfTimeError
from isthmus.tuning.sampler import seeded_sampler

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

NAME = "isthmus"
RESERVE = 1.5  # of the time to train the best network, and with one process the default, once more after the search
_SETTINGS = "isthmus settings"


def open_study(
    study: str | os.PathLike[str] | None,
    settings: Mapping[str, Any],
    *,
    seed: int,
    portfolio: Sequence[Mapping[str, Any]] = (),
) -> "Study":
    """The study in a database, made where there is none yet; in memory if ``study`` is None.

    ``portfolio`` is what the trials after that of the default network try.

    Raises
    ------
    InputError
        If the file is no database of studies, or is damaged.
    MismatchError
        If the study is of another table, or of another search on it.
    OutputError
        If the database cannot be written, or others keep it locked.
    MissingExtraError
        If the driver of the database is not installed.
    """
    import optuna  # noqa: PLC0415 — optional

    name = None if study is None else os.fspath(study)
    with storage.storage_errors(name), storage.quiet():
        made = optuna.create_study(
            storage=None if name is None else storage.storage_of(name),
            study_name=NAME,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
        )
        _check_settings(made, settings, name)
        made.sampler = seeded_sampler(seed, portfolio)
    return made


def enqueue_default(study: "Study", values: Mapping[str, Any]) -> None:
    """Have the default network tried first, unless it has been or is being tried."""
    import optuna  # noqa: PLC0415

    states = optuna.trial.TrialState
    for trial in study.get_trials(deepcopy=False):
        if DEFAULT in trial.user_attrs and trial.state in (states.COMPLETE, states.RUNNING, states.WAITING):
            return
    study.enqueue_trial(dict(values), user_attrs={DEFAULT: True})


def run_trials(
    study: "Study",
    objective: Objective,
    *,
    n_trials: int | None,
    reserve: float = 0.0,
    default_too: bool = True,
    on_trial: Callable[[], None] = lambda: None,
) -> None:
    """Run trials until there are ``n_trials`` finished ones, whoever finished them, or until the deadline.

    Where other processes hold the last trials, they are waited for, since one that was killed leaves its trial to
    others. ``reserve`` is how often the best network (and if ``default_too``, the default) could still be trained in
    the time that is left for what comes after the search.
    """
    import optuna  # noqa: PLC0415

    end = objective.deadline
    states = optuna.trial.TrialState
    while True:
        fail_lost_trials(study)
        trials = study.get_trials(deepcopy=False)
        finished = sum(trial.state in (states.COMPLETE, states.PRUNED) for trial in trials)
        running = sum(trial.state == states.RUNNING for trial in trials)
        has_default = any(DEFAULT in trial.user_attrs for trial in trials if trial.state == states.COMPLETE)
        objective.deadline = end - reserve * _training_seconds(trials, len(objective.splits), default_too=default_too)
        if n_trials is not None and finished >= n_trials:
            return
        if time.monotonic() > objective.deadline and has_default:
            return
        if (n_trials is not None and finished + running >= n_trials) or (time.monotonic() > end and running):
            with released():
                time.sleep(0.2)
            continue
        study.optimize(objective, n_trials=1, catch=(OutOfTimeError,))
        on_trial()
        give_interrupt()


def fail_lost_trials(study: "Study") -> None:
    """Fail trials whose process was killed, and queue them again.

    Optuna does so for those that have ever sent a heartbeat. A process that was killed between taking a trial and its
    first heartbeat leaves one behind that has none.
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


def _check_settings(study: "Study", settings: Mapping[str, Any], name: str | None) -> None:
    """Compare whose study it is; a new one is told."""
    stored = study.user_attrs.get(_SETTINGS)
    if stored is None:
        if study.get_trials(deepcopy=False):
            raise MismatchError(
                f"{storage.shown(name)}: holds a study that is none of Isthmus's; give another database."
            )
        study.set_user_attr(_SETTINGS, dict(settings))
        stored = study.user_attrs[_SETTINGS]
    table, other = settings["table"], stored.get("table")
    if not isinstance(other, dict) or table != other:
        raise MismatchError(f"{storage.shown(name)}: is a study of another table ({_difference(table, other)}).")
    for key, value in settings.items():
        if stored.get(key) != value:
            theirs, ours = _apart(stored.get(key), value)
            raise MismatchError(
                f"{storage.shown(name)}: is a study with another {key}, {theirs} instead of {ours}; give the same, "
                "or another study."
            )


def _difference(table: Mapping[str, Any], other: Any) -> str:
    if not isinstance(other, dict):
        return "it says nothing about its table"
    if table["rows"] != other.get("rows"):
        return f"of {other.get('rows')} rows, and this one has {table['rows']}"
    if table["columns"] != other.get("columns"):
        ours, theirs = list(table["columns"]), list(other.get("columns") or [])
        if len(ours) != len(theirs):
            return f"of {len(theirs)} columns, and this one has {len(ours)}"
        mine, its = next((a, b) for a, b in zip(ours, theirs, strict=True) if a != b)
        return f"with a column {its!r} where this one has {mine!r}"
    return "of the same shape, but with other numbers"


def _apart(theirs: Any, ours: Any) -> tuple[str, str]:
    """Two values as texts; of dicts what differs in them."""
    if not (isinstance(theirs, dict) and isinstance(ours, dict)):
        return str(theirs), str(ours)
    names = [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]
    first, second = (", ".join(f"{name}={values.get(name)}" for name in names) for values in (theirs, ours))
    return first, second


def _training_seconds(trials: "list[FrozenTrial]", n_splits: int, *, default_too: bool) -> float:
    """How long it takes to train the best network once, and the default."""
    done = [trial for trial in trials if trial.value is not None and "seconds" in trial.user_attrs]
    default = max((trial.user_attrs["seconds"] for trial in done if DEFAULT in trial.user_attrs), default=0.0)
    best = max(done, key=lambda trial: trial.value or -math.inf, default=None)
    seconds = default if default_too else 0.0
    return float(seconds + (0.0 if best is None else best.user_attrs["seconds"])) / n_splits
