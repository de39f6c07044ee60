"""The formats of tables: their names, the suffixes of their files, and who reads and writes each."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from isthmus.errors import InputError, OutputError, ParameterError
from isthmus.tables.arrow import FeatherSink, FeatherSource, ParquetSink, ParquetSource
from isthmus.tables.contract import Sink, Source
from isthmus.tables.numpy_files import NpySink, NpySource, NpzSink, NpzSource
from isthmus.tables.text import TextSink, TextSource
from isthmus.tables.types import Schema
from isthmus.words import printable

_TEXT = {"csv": (",", False), "csv.gz": (",", True), "tsv": ("\t", False), "tsv.gz": ("\t", True)}
_SOURCES: dict[str, Callable[..., Source]] = {
    **{kind: partial(TextSource, delimiter=mark, compressed=gz) for kind, (mark, gz) in _TEXT.items()},
    "parquet": ParquetSource,
    "feather": FeatherSource,
    "npy": NpySource,
    "npz": NpzSource,
}
_SINKS: dict[str, Callable[[BinaryIO, Schema], Sink]] = {
    **{kind: partial(TextSink, delimiter=mark, compressed=gz) for kind, (mark, gz) in _TEXT.items()},
    "parquet": ParquetSink,
    "feather": FeatherSink,
    "npy": NpySink,
    "npz": NpzSink,
}
FORMATS = tuple(_SOURCES)
_SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods")
_SUFFIXES = {f".{kind}": kind for kind in FORMATS} | {".pq": "parquet", ".arrow": "feather"}


def format_of(path: str | Path, format: str | None, error: type[InputError] | type[OutputError]) -> str:
    """The format asked for, or otherwise the one of the file's suffix; ``error`` is raised if it is unknown."""
    if format is not None:
        if format not in FORMATS:
            raise ParameterError(f"format must be one of {', '.join(FORMATS)}. Got {format!r} instead.")
        return format
    if str(path) == "-":
        raise error("standard input and output have no suffix that tells the format; give it with --format.")
    if _is_folder(path):
        raise error(f"{printable(str(path))}: is a folder, not a table.")
    name = Path(path).name.lower()
    for suffix, kind in _SUFFIXES.items():
        if name.endswith(suffix):
            return kind
    if name.endswith(_SPREADSHEETS):
        raise error(f"{printable(str(path))}: spreadsheets cannot be read or written; use CSV.")
    raise error(
        f"{printable(str(path))}: the format is not clear from the name; use one of the suffixes "
        f"{', '.join(f'.{kind}' for kind in FORMATS)}, or give the format with --format."
    )


def open_source(kind: str, file: BinaryIO, name: str, key: str | None) -> Source:
    """Open a file in a format to read it."""
    if kind == "npz":
        return NpzSource(file, name, key)
    if key is not None:
        raise ParameterError(f"key names an array of an NPZ file, and cannot be used with the format {kind}.")
    return _SOURCES[kind](file, name)


def open_sink(kind: str, file: BinaryIO, schema: Schema) -> Sink:
    """Open a file in a format to write it."""
    return _SINKS[kind](file, schema)


def is_text(kind: str) -> bool:
    """Whether a format is read from start to end, so that it can be read from a pipe."""
    return kind in _TEXT


def _is_folder(path: str | Path) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):  # not a valid name; opening the file says so
        return False
