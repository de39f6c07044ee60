"""Storage of studies: SQLite files and other databases, trials lost there, and messages for what goes wrong."""

import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from isthmus.errors import InputError, IsthmusError, MissingExtraError, OutputError
from isthmus.system.magic import LONGEST, Kind, kind_of

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage, RDBStorage
    from optuna.trial import Trial
    from sqlalchemy import Engine

# Seconds between the heartbeats of a running trial, and without one until it is failed and run again. Between two beats
# a process may wait as long as LOCKED for the database, and on a busy machine ten seconds for its turn.
HEARTBEAT, GRACE = 5, 75
LOCKED = 60  # seconds to wait for a database that others write to
_MOST_RETRIES = 3
# Errors by words in the database's own message.
_REFUSALS: tuple[tuple[type[IsthmusError], tuple[str, ...], str], ...] = (
    (OutputError, ("locked",), "other processes have kept the database locked for {seconds} seconds."),
    (OutputError, ("disk is full", "no space"), "cannot be written (the disk is full); the trials before are kept."),
    (OutputError, ("readonly", "unable to open", "disk i/o"), "the database cannot be written."),
    (InputError, ("malformed", "not a database", "no such table", "no such column", "corrupt"),
     "the database is damaged; give another name for a new study."),
    (OutputError, ("connection", "refused", "translate host", "authentication"),
     "the database cannot be reached; is it running, and is the URL right?"),
)  # fmt: skip


def database_url(study: str | os.PathLike[str]) -> str:
    """The URL of a database; of an SQLite file if ``study`` is not a URL."""
    name = os.fspath(study)
    return name if "://" in name else f"sqlite:///{Path(name).absolute()}"


def storage_of(name: str) -> "RDBStorage":
    """Open Optuna's storage in a file or a database, and create its tables if they are missing."""
    import optuna  # noqa: PLC0415
    import sqlalchemy.exc  # noqa: PLC0415

    if "://" not in name:
        _check_file(Path(name))
    url, began = database_url(name), time.monotonic()
    options = {"connect_args": {"timeout": LOCKED}} if url.startswith("sqlite") else {}
    retry = optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=_MOST_RETRIES)
    while True:
        try:
            storage = optuna.storages.RDBStorage(
                url, options, heartbeat_interval=HEARTBEAT, grace_period=GRACE, heartbeat_stale_trial_callback=retry
            )
            _lock_before_reading(storage.engine)
            return storage
        except sqlalchemy.exc.SQLAlchemyError as error:
            # If several processes create the tables at once, all but one find that they exist already.
            exists = any(word in str(error).lower() for word in ("already exists", "unique", "duplicate"))
            if not exists or time.monotonic() - began > LOCKED:
                raise
            time.sleep(0.1)


def in_memory(study: "Study") -> "Study":
    """A copy of the study that does not need its database."""
    import optuna  # noqa: PLC0415

    memory, name = optuna.storages.InMemoryStorage(), study.study_name
    optuna.copy_study(from_study_name=name, from_storage=_backend_of(study), to_storage=memory, to_study_name=name)
    return optuna.load_study(study_name=name, storage=memory)


def close(study: "Study") -> None:
    """Close the connections to the database of a study; they open again when they are needed."""
    import optuna  # noqa: PLC0415

    backend = _backend_of(study)
    if isinstance(backend, optuna.storages.RDBStorage):
        backend.scoped_session.remove()
        backend.engine.dispose()


@contextmanager
def heartbeats(study: "Study", trial: "Trial") -> Iterator[Callable[[], bool]]:
    """Tell the database again and again, from a thread, that a trial is alive while the block runs.

    Yields a function that says whether another process has declared the trial lost. Optuna's own thread ends with the
    first beat that the database refuses, because others keep it locked, say; here the next beat follows.
    """
    import optuna  # noqa: PLC0415
    import sqlalchemy.exc  # noqa: PLC0415

    backend, trial_id = _backend_of(study), trial._trial_id
    if not isinstance(backend, optuna.storages.RDBStorage):
        yield lambda: False
        return
    lost, ended = threading.Event(), threading.Event()

    def beat() -> None:
        while not (ended.is_set() or lost.is_set()):
            with suppress(optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError):
                backend.record_heartbeat(trial_id)
                if backend.get_trial(trial_id).state.is_finished():
                    lost.set()
            ended.wait(HEARTBEAT)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield lost.is_set
    finally:
        ended.set()
        thread.join()


def fail_lost_trials(study: "Study") -> None:
    """Fail trials whose process was killed or starved, and queue them again, each by one process only.

    Optuna does so for trials that have sent a heartbeat. A process that is killed between taking a trial and its first
    heartbeat leaves a trial without any.
    """
    import optuna  # noqa: PLC0415

    backend = _backend_of(study)
    if not isinstance(backend, optuna.storages.RDBStorage):
        return
    optuna.storages.fail_stale_trials(study)
    running = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))
    long_ago = datetime.now() - timedelta(seconds=GRACE)
    old = [trial for trial in running if trial.datetime_start is not None and trial.datetime_start < long_ago]
    if not old:
        return
    with backend.engine.connect() as connection:
        with_heartbeat = set(connection.exec_driver_sql("SELECT trial_id FROM trial_heartbeats").scalars())
    retry = optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=_MOST_RETRIES)
    for trial in old:
        if trial._trial_id not in with_heartbeat:
            with suppress(optuna.exceptions.UpdateFinishedTrialError):  # another process has failed it
                backend.set_trial_state_values(trial._trial_id, optuna.trial.TrialState.FAIL)
                retry(study, trial)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Optuna's log and its warnings about experimental features."""
    import optuna  # noqa: PLC0415

    before = (logger := logging.getLogger("optuna")).level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            warnings.filterwarnings("ignore", message="Heartbeat of storage")  # it means its own heartbeats
            yield
    finally:
        logger.setLevel(before)


@contextmanager
def storage_errors(name: str | None) -> Iterator[None]:
    """Turn database errors into one-sentence Isthmus errors."""
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
    """The name of a database, without a password."""
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


def _backend_of(study: "Study") -> "BaseStorage":
    """The storage behind Optuna's cache."""
    storage: BaseStorage = getattr(study._storage, "_backend", study._storage)
    return storage


def _lock_before_reading(engine: "Engine") -> None:
    """Make transactions of SQLite take its lock when they begin.

    Optuna reads that a trial waits and then takes it, under SELECT … FOR UPDATE, which SQLite ignores. Without the lock
    four processes took 27 of 120 waiting trials twice, and the second process fails when it reports its result.
    """
    from sqlalchemy import event  # noqa: PLC0415

    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        engine.dispose()  # its connections were opened without these


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder, but a study is a file.")
        if not path.absolute().parent.is_dir():
            raise OutputError(f"{path}: cannot be written (there is no such folder).")
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                if kind_of(file.read(LONGEST)) is not Kind.SQLITE:
                    raise InputError(f"{path}: is not a study (an SQLite database); give another name with --study.")
            if not os.access(path, os.W_OK):
                raise OutputError(f"{path}: cannot be written (permission denied).")
    except IsthmusError:
        raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be opened ({error.strerror}).") from error


def _refusal(name: str, error: Exception) -> IsthmusError:
    said = f"{error} {error.__cause__ or ''}".lower()
    for kind, words, sentence in _REFUSALS:
        if any(word in said for word in words):
            return kind(f"{name}: {sentence.format(seconds=LOCKED)}")
    first = str(error.__cause__ or error).strip().splitlines()[0]
    return OutputError(f"{name}: the database reports an error ({first[:200]}).")
