"""SQLite files of studies: a file that is neither empty nor a study is refused, and stays as it is."""

import os
import sqlite3
import stat
import time
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import NamedTuple

from isthmus.errors import InputError, OutputError
from isthmus.system.files import reason
from isthmus.tuning import database
from isthmus.words import printable

# Optuna keeps studies in memory: trials, rows of all tables, MiB of the file, bytes of a value.
MOST_TRIALS, MOST_ROWS, MOST_MIB, _LONGEST = 50_000, 2_000_000, 128, 2**24
_STEPS = 10_000  # of SQLite's machine between looks at the clock
_TABLES = "SELECT type, name, sql FROM sqlite_master"
_COLUMNS = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"


class _Schema(NamedTuple):
    columns: dict[str, set[str]]  # of each table
    version: str | None  # of Optuna's schema


def check_place(path: Path) -> None:
    """Refuse what is not a file that can be written, and a place where none can be made."""
    name = printable(str(path))
    try:
        has_folder, status = path.parent.is_dir(), path.stat() if path.exists() else None
    except OSError as error:
        raise OutputError(f"{name}: cannot be opened ({reason(error)}).") from error
    if not has_folder:
        raise OutputError(f"{name}: cannot be written (there is no such folder).")
    if status is None:
        return
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(f"{name}: is a folder, but a study is a file.")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{name}: is a device or pipe, but a study is a file.")
    if not os.access(path, os.W_OK):
        raise OutputError(f"{name}: cannot be written (permission denied).")


def check_content(path: Path) -> None:
    """Refuse a file that is neither empty nor a study: something else, damaged, too large, or of another Optuna.

    What SQLite itself refuses to read raises ``sqlite3.Error``.
    """
    size = path.stat().st_size if path.exists() else 0
    if not size:
        return
    name = printable(str(path))
    try:
        _check(path, name, "ro", size)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_READONLY_ROLLBACK":
            raise
        _check(path, name, "rw", size)  # a process was killed in the middle of a transaction, which is undone


def _check(path: Path, name: str, mode: str, size: int) -> None:
    end = time.monotonic() + database.LOCKED
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=database.LOCKED)) as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        connection.execute("PRAGMA trusted_schema = OFF")
        kinds = [(kind, str(sql or "").upper()) for kind, _, sql in connection.execute(_TABLES)]
        found = _schema_of(connection.execute(_COLUMNS), None)
        study = _study_schema()
        missing, others = study.columns.keys() - found.columns.keys(), found.columns.keys() - study.columns.keys()
        version = None if "alembic_version" in missing else _version(connection)
        if version not in (None, study.version) and not missing:
            raise InputError(
                f"{name}: is a study of another version of Optuna (its tables have version "
                f"{printable(str(version))[:40]}, not {study.version}); give another name for a new study."
            )
        is_alien = any(found.columns[table] != study.columns[table] for table in study.columns.keys() - missing)
        is_active = any(kind in ("view", "trigger") or "VIRTUAL TABLE" in sql for kind, sql in kinds)
        if is_alien or is_active or (missing and others):
            raise InputError(
                f"{name}: is a database of something else, not a study; give another name for a new study."
            )
        if size > MOST_MIB * 2**20:
            raise InputError(
                f"{name}: the file of a study has at most {MOST_MIB} MiB. Got {size / 2**20:.0f} MiB; give another "
                "name for a new study."
            )
        counts = {}
        for table in study.columns.keys() - missing:
            lengths = ", ".join(f'max(length("{column}"))' for column in study.columns[table])
            counts[table] = connection.execute(f'SELECT count(*), {lengths} FROM "{table}"').fetchone()[0]
        n_trials, n_rows = counts.get("trials", 0), sum(counts.values())
        if n_trials > MOST_TRIALS or n_rows > MOST_ROWS:
            raise InputError(
                f"{name}: a study has at most {MOST_TRIALS:,} trials and {MOST_ROWS:,} rows in all tables. "
                f"Got {n_trials:,} and {n_rows:,}; give another name for a new study."
            )
        said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok":
            raise InputError(f"{name}: the database is damaged; give another name for a new study.")


@cache
def _study_schema() -> _Schema:
    """The tables that Optuna makes for a new study."""
    import optuna  # noqa: PLC0415

    storage = optuna.storages.RDBStorage("sqlite://")
    with storage.engine.connect() as connection:
        schema = _schema_of(connection.exec_driver_sql(_COLUMNS), storage.get_current_version())
    storage.engine.dispose()
    return schema


def _schema_of(rows: Iterable[tuple[str, str]], version: str | None) -> _Schema:
    columns: dict[str, set[str]] = {}
    for table, column in rows:
        if not table.startswith("sqlite_"):
            columns.setdefault(table, set()).add(column)
    return _Schema(columns, version)


def _version(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT * FROM alembic_version").fetchone()
    return None if row is None else row[0]
