"""The database of a study: its URL, how messages show it, and what goes wrong with it, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from isthmus.errors import InputError, IsthmusError, MissingExtraError, OutputError, ParameterError
from isthmus.words import printable

if TYPE_CHECKING:
    from sqlalchemy import URL

LOCKED = 60  # seconds to wait for a database that others write to
# Errors by words in the database's own message.
_REFUSALS: tuple[tuple[type[IsthmusError], tuple[str, ...], str], ...] = (
    (OutputError, ("locked",), "other processes have kept the database locked for {seconds} seconds."),
    (OutputError, ("disk is full", "no space"), "cannot be written (the disk is full); the trials before are kept."),
    (OutputError, ("readonly", "unable to open", "disk i/o"), "the database cannot be written."),
    (InputError, ("not a database",), "is not a study (an SQLite database); give another name for a new study."),
    (InputError, ("malformed", "no such table", "no such column", "corrupt", "too big"),
     "the database is damaged; give another name for a new study."),
    (InputError, ("interrupted",), "the database takes more than {seconds} seconds to check; give another name."),
    (OutputError, ("connection", "refused", "translate host", "authentication"),
     "the database cannot be reached; is it running, and is the URL right?"),
)  # fmt: skip
_MOST_SAID = 200  # characters of a database's own message


class StudyURL(str):
    """The URL of a database as a text whose ``repr`` shows no password."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(shown(str(self)))


def without_password(study: object) -> object:
    """A study as ``repr`` may show it: a URL as a ``StudyURL``, anything else as it is."""
    return StudyURL(study) if type(study) is str and "://" in study else study


def url_of(name: str) -> "URL":
    """The URL of a database; of an SQLite file if ``name`` is not a URL.

    A ``ParameterError`` says what is wrong with a URL, without the URL, since any part of it may be a password.
    """
    from sqlalchemy.engine import URL, make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    if "://" not in name:
        if "\0" in name or not _is_utf8(name):
            raise ParameterError(f"A study's file must have a name in UTF-8. Got {printable(name)} instead.")
        return URL.create("sqlite", database=str(Path(name).absolute()))
    try:
        url = make_url(name)
        url.get_dialect()
    except (ArgumentError, ValueError):
        raise ParameterError(
            "A study's URL must be written driver://user:password@host:port/database, with a number as port and "
            "special characters as %-codes. Got another one, which is not shown, because it may hold a password."
        ) from None
    if url.get_backend_name() == "sqlite":
        if url.username or url.password or url.host or url.port or url.query:
            raise ParameterError("A study's SQLite URL must be sqlite:///FILE, without anything else. Got another one.")
        if url.database in (None, "", ":memory:"):
            raise ParameterError(f"A study's SQLite URL must name a file: sqlite:///FILE. Got {name} instead.")
    return url


def _is_utf8(name: str) -> bool:
    return name.encode("utf-8", "replace").decode() == name


def sqlite_file(name: str) -> Path | None:
    """The file of an SQLite database; None for other databases."""
    url = url_of(name)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def shown(name: str | None) -> str:
    """The name of a database as messages show it: without the password and the values of a URL's parameters."""
    if name is None:
        return "the study"
    if "://" not in name:
        return printable(name)
    try:
        url = url_of(name)
    except (ParameterError, ImportError):
        return "the study's URL"
    parameters = "&".join(f"{quote_plus(key)}=***" for key in sorted(url.query))
    return printable(url.set(query={}).render_as_string(hide_password=True) + ("?" if parameters else "") + parameters)


@contextmanager
def storage_errors(name: str | None) -> Iterator[None]:
    """Turn database errors into one-sentence Isthmus errors."""
    import sqlite3  # noqa: PLC0415

    import optuna  # noqa: PLC0415
    import sqlalchemy.exc  # noqa: PLC0415

    try:
        yield
    except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise _refusal(name, error) from error
    except IsthmusError:
        raise
    except ImportError as error:
        driver = 'pip install "psycopg[binary]"' if "postgres" in (name or "") else "install the driver of the database"
        raise MissingExtraError(f"{shown(name)}: needs a driver that is not installed: {driver}.") from error


@contextmanager
def damage(name: str | None) -> Iterator[None]:
    """Read a study in the body; whatever its content leads to is said in one sentence."""
    import sqlite3  # noqa: PLC0415

    import optuna  # noqa: PLC0415
    import sqlalchemy.exc  # noqa: PLC0415

    told_elsewhere = (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error)
    try:
        yield
    except (IsthmusError, ImportError, MemoryError, *told_elsewhere):
        raise
    except Exception as error:
        said = _first_line(name, str(error)) or type(error).__name__
        raise InputError(f"{shown(name)}: the study is damaged ({said}); give another name for a new study.") from error


def _refusal(name: str | None, error: Exception) -> IsthmusError:
    said = f"{error} {error.__cause__ or ''}".lower()
    for kind, words, sentence in _REFUSALS:
        if any(word in said for word in words):
            return kind(f"{shown(name)}: {sentence.format(seconds=LOCKED)}")
    first = _first_line(name, str(error.__cause__ or error))
    return OutputError(f"{shown(name)}: the database reports an error ({first}).")


def _first_line(name: str | None, message: str) -> str:
    """The first line of a message, short and without the values that ``shown`` leaves out."""
    if name is not None and "://" in name:
        url = url_of(name)
        values = [url.password, *(value for key in url.query for value in url.normalized_query[key])]
        for value in filter(None, values):
            for text in (str(value), quote(str(value)), quote_plus(str(value))):
                message = message.replace(text, "***")
    return printable(message.strip().partition("\n")[0])[:_MOST_SAID]
