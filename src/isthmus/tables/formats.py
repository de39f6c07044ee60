"""The formats of tables: their names, the suffixes of their files, and who reads and writes each."""
# ruff: noqa: PLC0415 — formats are imported when a table is opened

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from isthmus.errors import InputError, OutputError, ParameterError
from isthmus.system.extras import require
from isthmus.system.stored import stored_bytes
from isthmus.tables.budget import Budget
from isthmus.tables.contract import Layout, Sink, Source
from isthmus.words import printable

if TYPE_CHECKING:
    from isthmus.tables.header import Expected

# Formats of text are read from start to end, so that they can be read from a pipe.
TEXT = {"csv": (",", False), "csv.gz": (",", True), "tsv": ("\t", False), "tsv.gz": ("\t", True)}
_OF_ARROW = ("parquet", "feather")
FORMATS = (*TEXT, *_OF_ARROW, "npy", "npz")
_SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods")
_SUFFIXES = {f".{kind}": kind for kind in FORMATS} | {".pq": "parquet", ".arrow": "feather"}


def format_of(path: str | Path, format: str | None, error: type[InputError] | type[OutputError]) -> str:
    """The format asked for, or otherwise the one of the file's suffix; ``error`` is raised if it is unknown."""
    if format is not None:
        if format not in FORMATS:
            raise ParameterError(f"format must be one of {', '.join(FORMATS)}. Got {format!r} instead.")
        return format
    option = "--format" if error is InputError else "--output-format"
    if str(path) == "-":
        raise error(f"standard input and output have no suffix that tells the format; give it with {option}.")
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
        f"{', '.join(f'.{kind}' for kind in FORMATS)}, or give the format with {option}."
    )


def open_source(
    kind: str,
    file: BinaryIO,
    name: str,
    budget: Budget,
    *,
    key: str | None,
    header: bool | None,
    expected: "Expected",
) -> Source:
    """Open a file in a format to read it."""
    if key is not None and kind != "npz":
        raise ParameterError(f"key names an array of an NPZ file, and cannot be used with the format {kind}.")
    if header is not None and kind not in TEXT:
        raise ParameterError(f"header is for the formats {', '.join(TEXT)}, and cannot be used with {kind}.")
    make = _classes(kind)[0]
    if kind in TEXT:
        return make(file, name, header=header, expected=expected, budget=budget)
    budget.stored = stored_bytes(file)
    return make(file, name, budget) if key is None else make(file, name, budget, key)


def open_sink(kind: str, file: BinaryIO, layout: Layout) -> Sink:
    """Open a file in a format to write it."""
    return _classes(kind)[1](file, layout)


def require_format(kind: str) -> None:
    """Raise a MissingExtraError unless the library that reads and writes a format is installed."""
    if kind in _OF_ARROW:
        require("arrow")


def _classes(kind: str) -> tuple[Callable[..., Source], Callable[..., Sink]]:
    """Return the source and the sink of a format; only the modules of Parquet and Feather import pyarrow."""
    if kind in TEXT:
        from isthmus.tables.text import TextSource
        from isthmus.tables.text_sink import TextSink

        delimiter, compressed = TEXT[kind]
        return (
            partial(TextSource, delimiter=delimiter, compressed=compressed),
            partial(TextSink, kind=kind, delimiter=delimiter, compressed=compressed),
        )
    if kind in _OF_ARROW:
        from isthmus.tables import arrow, arrow_sinks

        return (
            (arrow.ParquetSource, arrow_sinks.ParquetSink)
            if kind == "parquet"
            else (arrow.FeatherSource, arrow_sinks.FeatherSink)
        )
    from isthmus.tables import numpy_files

    if kind == "npy":
        return numpy_files.NpySource, numpy_files.NpySink
    return numpy_files.NpzSource, numpy_files.NpzSink


def _is_folder(path: str | Path) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):  # not a valid name; opening the file says so
        return False
