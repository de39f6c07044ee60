"""Errors about tables, in sentences that name the file, the column and the row, and say what to do."""

import csv
import io
import shlex
from collections.abc import Iterable, Sequence
from typing import NoReturn

from isthmus.errors import InputError
from isthmus.system.magic import Kind, kind_of
from isthmus.words import listed, shown

_ADVICE = {
    Kind.PARQUET: "give its format with --format parquet",
    Kind.FEATHER: "give its format with --format feather",
    Kind.NPY: "give its format with --format npy",
    Kind.GZIP: "for CSV give its format with --format csv.gz",
    Kind.ZIP: "save a spreadsheet as CSV",
    Kind.OLD_OFFICE: "save a spreadsheet as CSV",
    **dict.fromkeys((Kind.ZSTD, Kind.BZIP2, Kind.XZ), "decompress it first"),
}


def refuse_columns(name: str, columns: Sequence[str], kind: str, example: str = "") -> NoReturn:
    """Refuse data columns that hold another kind of values than numbers; ``example`` shows one of the values."""
    if len(columns) == 1:
        subject, them = f"column {shown(columns[0])} holds {kind}", "it"
    else:
        subject, them = f"columns {listed(columns, 4)} hold {kind}", "them"
    raise InputError(
        f"{name}: {subject}, not numbers{example}; leave {them} out with {exclude_option(columns)}, or name the "
        "columns to use with --columns."
    )


def refuse_cell(name: str, column: str, row: int, problem: str) -> NoReturn:
    """Refuse a cell of the data; ``row`` counts from 1."""
    raise InputError(
        f"{name}: column {shown(column)}, row {row}: {problem}; correct it, or leave the column out with "
        f"{exclude_option([column])}."
    )


def refuse_other_kind(name: str, first: bytes, own: str) -> None:
    """Refuse an empty file, and one whose first bytes are those of another kind of file than ``own``."""
    if not first:
        raise InputError(f"{name}: is empty.")
    kind = kind_of(first)
    if kind is not None:
        advice = f"; {_ADVICE[kind]}" if kind in _ADVICE else ""
        raise InputError(f"{name}: is {kind}, not {own}{advice}.")


def exclude_option(names: Iterable[str]) -> str:
    """The option of the command line that leaves columns out, as it can be typed."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    value = line.getvalue()
    return f"--exclude {shlex.quote(value)}" if len(value) <= 120 and value.isprintable() else "--exclude"


def in_brief(error: Exception) -> str:
    """The first line of what a library says about an error, in quotes."""
    return shown((str(error).splitlines() or ["no reason given"])[0], 80)
