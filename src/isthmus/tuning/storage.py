"""Storage of studies in Optuna: opened by one process at a time, with heartbeats, and trials that are lost there."""

import hashlib
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from isthmus.errors import OutputError
from isthmus.system.files import reason
from isthmus.system.locks import one_at_a_time
from isthmus.tuning import database
from isthmus.tuning.sqlite_file import check_content, check_place

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage, RDBStorage
    from optuna.trial import Trial
    from sqlalchemy import Engine

# Seconds between the heartbeats of a running trial, and without one until it is failed and run again. Between two beats
# a process may wait as long as LOCKED for the database, and on a busy machine ten seconds for its turn.
HEARTBEAT, GRACE = 5, 75
_MOST_RETRIES = 3
_LOCK_POSTGRESQL = "SELECT pg_advisory_xact_lock(hashtext('isthmus'))"


@contextmanager
def opened_alone(name: str) -> Iterator["RDBStorage"]:
    """Open the storage in a file or a database; other processes that do so wait until the block ends.

    So of processes that begin a study at once, the first makes it, and the others find it whole. Databases other than
    SQLite and PostgreSQL have no such lock.
    """
    with ExitStack() as stack:
        if (file := database.sqlite_file(name)) is not None:
            check_place(file)
            _lock_file(stack, file)
        storage = storage_of(name)
        if storage.engine.dialect.name == "postgresql":
            stack.enter_context(storage.engine.connect()).exec_driver_sql(_LOCK_POSTGRESQL)
        yield storage


def storage_of(name: str) -> "RDBStorage":
    """Open Optuna's storage in a file or a database, and create its tables if they are missing."""
    import optuna  # noqa: PLC0415
    import sqlalchemy.exc  # noqa: PLC0415

    if (file := database.sqlite_file(name)) is not None:
        check_place(file)
        check_content(file)
    url, began = database.url_of(name).render_as_string(hide_password=False), time.monotonic()
    options = {} if file is None else {"connect_args": {"timeout": database.LOCKED}}
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
            if not exists or time.monotonic() - began > database.LOCKED:
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
    """Silence Optuna's log, SQLAlchemy's about lost connections, and warnings about experimental features."""
    import optuna  # noqa: PLC0415

    loggers = [logging.getLogger(name) for name in ("optuna", "sqlalchemy.pool")]  # the pool prints tracebacks
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            warnings.filterwarnings("ignore", message="Heartbeat of storage")  # it means its own heartbeats
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


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


def _lock_file(stack: ExitStack, study: Path) -> None:
    """Lock a file beside a study until the stack ends."""
    study = study.resolve()
    beside = study.with_name(f".isthmus-{hashlib.sha256(study.name.encode()).hexdigest()[:16]}.part")
    try:
        stack.enter_context(one_at_a_time(beside, database.LOCKED))
    except TimeoutError:
        sentence = f"other processes have been opening the study for {database.LOCKED} s."
        raise OutputError(f"{database.shown(str(study))}: {sentence}") from None
    except OSError as error:
        raise OutputError(f"{database.shown(str(study))}: cannot be written ({reason(error)}).") from error
