"""Where studies are kept: SQLite files and other databases, and what is said of those that refuse."""

import logging
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.errors import InputError, IsthmusError, MissingExtraError, OutputError
from isthmus.system.magic import LONGEST, Kind, kind_of

if TYPE_CHECKING:
    from optuna import Study

# A trial whose process has said nothing for so many seconds is failed, and run again.
HEARTBEAT, GRACE = 3, 15
LOCKED = 60  # seconds to wait for a database that others write to
_MOST_RETRIES = 3


def database_url(study: str | os.PathLike[str]) -> str:
    """The URL of a database: of a file, if it is none."""
    name = os.fspath(study)
    return name if "://" in name else f"sqlite:///{Path(name).absolute()}"


def storage_of(name: str) -> Any:
    """Optuna's storage in a file or a database, with its tables made if there are none."""
    import optuna  # noqa: PLC0415
    import sqlalchemy.exc  # noqa: PLC0415

    arguments: dict[str, Any] = {}
    if "://" not in name:
        _check_file(Path(name))
    if database_url(name).startswith("sqlite"):
        arguments = {"connect_args": {"timeout": LOCKED}}
    for attempt in range(10):
        try:
            storage = optuna.storages.RDBStorage(
                database_url(name),
                engine_kwargs=arguments,
                heartbeat_interval=HEARTBEAT,
                grace_period=GRACE,
                heartbeat_stale_trial_callback=retry(),
            )
            _lock_before_reading(storage.engine)
            return storage
        except sqlalchemy.exc.SQLAlchemyError as error:
            # Of several processes that make the same tables, all but one find that they exist already.
            if attempt == 9 or not any(
                word in str(error).lower() for word in ("already exists", "unique", "duplicate")
            ):
                raise
            time.sleep(0.1 * (attempt + 1))
    raise AssertionError


def _lock_before_reading(engine: Any) -> None:
    """Have transactions of SQLite hold its lock from their beginning.

    Optuna reads that a trial waits and then takes it, under SELECT … FOR UPDATE, which SQLite ignores: of 120 waiting
    trials four processes took 27 twice. The second of them fails when it tells what the first has told.
    """
    from sqlalchemy import event  # noqa: PLC0415

    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        engine.dispose()  # its connections were opened before


def let_go(study: "Study", *, keep: bool) -> "Study":
    """Close the connections to the database, which are opened again when they are needed; a copy in memory unless it is
    kept.
    """
    import optuna  # noqa: PLC0415

    backend = backend_of(study)
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


def backend_of(study: "Study") -> Any:
    """The database behind Optuna's cache."""
    return getattr(study._storage, "_backend", study._storage)


def with_heartbeat(storage: Any) -> set[int]:
    """Identifiers of the trials whose process has ever sent a heartbeat."""
    from sqlalchemy import text  # noqa: PLC0415

    with storage.engine.connect() as connection:
        return set(connection.execute(text("SELECT trial_id FROM trial_heartbeats")).scalars())


def retry() -> Any:
    """What is done with a trial whose process was killed: it is queued again."""
    import optuna  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=_MOST_RETRIES)


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


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder, and a study is a file.")
        if not path.absolute().parent.is_dir():
            raise OutputError(f"{path}: cannot be written (there is no such folder).")
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                if kind_of(file.read(LONGEST)) is not Kind.SQLITE:
                    raise InputError(f"{path}: is no study (no SQLite database); give another name with --study.")
            if not os.access(path, os.W_OK):
                raise OutputError(f"{path}: cannot be written (permission denied).")
    except OSError as error:
        if isinstance(error, IsthmusError):
            raise
        raise OutputError(f"{path}: cannot be opened ({error.strerror}).") from error


def _refusal(name: str, error: Exception) -> IsthmusError:
    said = f"{error} {error.__cause__ or ''}".lower()
    if "locked" in said:
        return OutputError(f"{name}: others have kept the database locked for {LOCKED} seconds.")
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
