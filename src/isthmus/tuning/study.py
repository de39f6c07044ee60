"""The study: where trials are kept, whose they are, and what becomes of those whose process was killed."""

import logging
import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.errors import InputError, IsthmusError, MismatchError, MissingExtraError, OutputError
from isthmus.tuning.objective import DEFAULT, Objective, OutOfTimeError
from isthmus.tuning.sampler import seeded_sampler

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

NAME = "isthmus"
RESERVE = 1.5  # of the time to train the default network and the best once: they are trained again after the search
_SETTINGS = "isthmus settings"
# A trial whose process has said nothing for so many seconds is failed, and run again.
_HEARTBEAT, _GRACE = 3, 15
_LOCKED = 60  # seconds to wait for a database that others write to
_MOST_RETRIES = 3
_SQLITE = b"SQLite format 3\0"


def require_optuna() -> None:
    """Raise ``MissingExtraError`` unless Optuna is installed."""
    try:
        import optuna  # noqa: F401, PLC0415
    except ImportError:
        raise MissingExtraError('tuning needs optuna, which is not installed: pip install "isthmus[tune]".') from None


def database_url(study: str | os.PathLike[str]) -> str:
    """The URL of a database: of a file, if it is none."""
    name = os.fspath(study)
    return name if "://" in name else f"sqlite:///{Path(name).absolute()}"


def open_study(study: str | os.PathLike[str] | None, settings: Mapping[str, Any], *, seed: int) -> "Study":
    """The study in a database, made where there is none yet; in memory if ``study`` is None.

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
    with storage_errors(name), quiet():
        storage = None if name is None else _storage(name)
        made = optuna.create_study(
            storage=storage,
            study_name=NAME,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=8),
        )
        _check_settings(made, settings, name)
        made.sampler = seeded_sampler(seed)
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
    on_trial: Callable[[], None] = lambda: None,
) -> None:
    """Run trials until there are ``n_trials`` finished ones, whoever finished them, or until the deadline.

    Where other processes hold the last trials, they are waited for, since one that was killed leaves its trial to
    others. ``reserve`` is how many trainings' time is left of the deadline for what comes after the search.
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
        objective.deadline = end - reserve * _training_seconds(trials, len(objective.splits))
        if n_trials is not None and finished >= n_trials:
            return
        if time.monotonic() > objective.deadline and has_default:
            return
        if (n_trials is not None and finished + running >= n_trials) or (time.monotonic() > end and running):
            time.sleep(0.2)
            continue
        study.optimize(objective, n_trials=1, catch=(OutOfTimeError,))
        on_trial()


def fail_lost_trials(study: "Study") -> None:
    """Fail trials whose process was killed, and queue them again.

    Optuna does so for those that have ever sent a heartbeat. A process that was killed between taking a trial and its
    first heartbeat leaves one behind that has none.
    """
    import optuna  # noqa: PLC0415

    backend = _backend(study)
    if not isinstance(backend, optuna.storages.RDBStorage):
        return
    optuna.storages.fail_stale_trials(study)
    running = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))
    long_ago = datetime.now() - timedelta(seconds=_GRACE)
    old = [trial for trial in running if trial.datetime_start is not None and trial.datetime_start < long_ago]
    if not old:
        return
    alive = _with_heartbeat(backend)
    for trial in old:
        if trial._trial_id not in alive:
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL, skip_if_finished=True)
            _retry()(study, trial)


def let_go(study: "Study", *, keep: bool) -> "Study":
    """Close the connections to the database, which are opened again when they are needed; a copy in memory unless it is
    kept.
    """
    import optuna  # noqa: PLC0415

    backend = _backend(study)
    if not isinstance(backend, optuna.storages.RDBStorage):
        return study
    if not keep:
        memory = optuna.storages.InMemoryStorage()
        optuna.copy_study(
            from_study_name=study.study_name, from_storage=backend, to_storage=memory, to_study_name=study.study_name
        )
        study = optuna.load_study(study_name=study.study_name, storage=memory)
    backend.scoped_session.remove()
    backend.engine.dispose()
    return study


def _backend(study: "Study") -> Any:
    """The database behind Optuna's cache."""
    return getattr(study._storage, "_backend", study._storage)


@contextmanager
def quiet() -> Iterator[None]:
    """Optuna without its log and without its warnings of what is experimental."""
    import optuna  # noqa: PLC0415

    logger = logging.getLogger("optuna")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        logger.setLevel(before)


@contextmanager
def storage_errors(name: str | None) -> Iterator[None]:
    """Have a sentence said about what a database refuses."""
    import optuna  # noqa: PLC0415
    import sqlalchemy.exc  # noqa: PLC0415

    try:
        yield
    except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError) as error:
        raise _refusal(shown(name), error) from error
    except ImportError as error:
        driver = 'pip install "psycopg[binary]"' if "postgres" in (name or "") else "install the driver of the database"
        raise MissingExtraError(f"{shown(name)}: needs a driver that is not installed: {driver}.") from error


def shown(name: str | None) -> str:
    """The name of a database without the password in it."""
    if name is None:
        return "the study"
    if "://" not in name:
        return name
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        return make_url(name).render_as_string(hide_password=True)
    except ArgumentError:
        return "the study's URL"


def _storage(name: str) -> Any:
    import optuna  # noqa: PLC0415
    import sqlalchemy.exc  # noqa: PLC0415

    arguments: dict[str, Any] = {}
    if "://" not in name:
        _check_file(Path(name))
    if database_url(name).startswith("sqlite"):
        arguments = {"connect_args": {"timeout": _LOCKED}}
    for attempt in range(10):
        try:
            return optuna.storages.RDBStorage(
                database_url(name),
                engine_kwargs=arguments,
                heartbeat_interval=_HEARTBEAT,
                grace_period=_GRACE,
                heartbeat_stale_trial_callback=_retry(),
            )
        except sqlalchemy.exc.SQLAlchemyError as error:
            # Of several processes that make the same tables, all but one find that they exist already.
            if attempt == 9 or not any(
                word in str(error).lower() for word in ("already exists", "unique", "duplicate")
            ):
                raise
            time.sleep(0.1 * (attempt + 1))
    raise AssertionError


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder, and a study is a file.")
        if not path.absolute().parent.is_dir():
            raise OutputError(f"{path}: cannot be written (there is no such folder).")
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                if file.read(len(_SQLITE)) != _SQLITE:
                    raise InputError(f"{path}: is no study (no SQLite database); give another name with --study.")
            if not os.access(path, os.W_OK):
                raise OutputError(f"{path}: cannot be written (permission denied).")
    except OSError as error:
        if isinstance(error, IsthmusError):
            raise
        raise OutputError(f"{path}: cannot be opened ({error.strerror}).") from error


def _check_settings(study: "Study", settings: Mapping[str, Any], name: str | None) -> None:
    """Compare whose study it is; a new one is told."""
    stored = study.user_attrs.get(_SETTINGS)
    if stored is None:
        if study.get_trials(deepcopy=False):
            raise MismatchError(f"{shown(name)}: holds a study that is none of Isthmus's; give another database.")
        study.set_user_attr(_SETTINGS, dict(settings))
        stored = study.user_attrs[_SETTINGS]
    table, other = settings["table"], stored.get("table")
    if not isinstance(other, dict) or table != other:
        raise MismatchError(f"{shown(name)}: is a study of another table ({_difference(table, other)}).")
    for key, value in settings.items():
        if stored.get(key) != value:
            theirs, ours = _apart(stored.get(key), value)
            raise MismatchError(
                f"{shown(name)}: is a study with another {key}, {theirs} instead of {ours}; give the same, "
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


def _retry() -> Any:
    import optuna  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=_MOST_RETRIES)


def _with_heartbeat(storage: Any) -> set[int]:
    from sqlalchemy import text  # noqa: PLC0415

    with storage.engine.connect() as connection:
        return set(connection.execute(text("SELECT trial_id FROM trial_heartbeats")).scalars())


def _training_seconds(trials: "list[FrozenTrial]", n_splits: int) -> float:
    """How long it takes to train the default network and the best one once."""
    done = [trial for trial in trials if trial.value is not None and "seconds" in trial.user_attrs]
    default = max((trial.user_attrs["seconds"] for trial in done if DEFAULT in trial.user_attrs), default=0.0)
    best = max(done, key=lambda trial: trial.value or -math.inf, default=None)
    return float(default + (0.0 if best is None else best.user_attrs["seconds"])) / n_splits


def _refusal(name: str, error: Exception) -> IsthmusError:
    said = f"{error} {error.__cause__ or ''}".lower()
    if "locked" in said:
        return OutputError(f"{name}: others have kept the database locked for {_LOCKED} seconds.")
    if "disk is full" in said or "no space" in said:
        return OutputError(f"{name}: cannot be written (the disk is full); the trials before are kept.")
    if "readonly" in said or "unable to open" in said or "disk i/o" in said:
        return OutputError(f"{name}: the database cannot be written.")
    if any(word in said for word in ("malformed", "not a database", "no such table", "no such column", "corrupt")):
        return InputError(f"{name}: the database is damaged; give another name for a new study.")
    if any(word in said for word in ("connection", "refused", "translate host", "authentication")):
        return OutputError(f"{name}: the database cannot be reached; is it running, and is the URL right?")
    first = str(error.__cause__ or error).strip().splitlines()[0]
    return OutputError(f"{name}: the database refuses ({first[:200]}).")
