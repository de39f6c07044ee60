"""The contract of a table format, and the words in which tables are refused."""

import csv
import io
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from isthmus.errors import InputError
from isthmus.system.magic import Kind, kind_of
from isthmus.tables.types import ArrowBatch, ArrowTable, Schema
from isthmus.words import listed, shown


@runtime_checkable
class Source(Protocol):
    """An open table: it says which columns it has, and gives some of them, part by part.

    Attributes
    ----------
    names : tuple of str
        All columns, in the order of the file.
    named : bool
        Whether the names stand in the file; otherwise they are x0, x1, …
    index_names : frozenset of str
        Columns without a name of their own, which look like the written index of a dataframe.
    n_rows : int or None
        Number of rows, where the file tells.
    schema : pyarrow.Schema or None
        Types of the columns; None where every cell is text.
    """

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def named(self) -> bool: ...
    @property
    def index_names(self) -> frozenset[str]: ...
    @property
    def n_rows(self) -> int | None: ...
    @property
    def schema(self) -> Schema | None: ...

    def read(
        self, columns: Sequence[str], kept: Sequence[str]
    ) -> Iterator[tuple[Float64[np.ndarray, "rows columns"], ArrowTable | None]]:
        """Data as numbers (NaN and infinities are found later) and the kept columns, in parts of bounded size."""

    def close(self) -> None:
        """Let go of the file."""


@runtime_checkable
class Sink(Protocol):
    """A table that is being written to an open binary file."""

    def write(self, batch: ArrowBatch) -> None:
        """Add rows."""

    def finish(self) -> None:
        """Write what comes after the last row."""

    def abandon(self) -> None:
        """Let go of everything, after a failure."""


class CannotKeepError(Exception):
    """A carried column has no place in the format; what it says is made a sentence by whoever knows the file."""


def rows_per_part(n_columns: int) -> int:
    """So many rows that their numbers take 32 MB or less, and at most 16,384 rows."""
    return max(1, min(16_384, 2**22 // max(1, n_columns)))


def exclude_option(names: Iterable[str]) -> str:
    """The option of the command line that leaves columns out, as it can be typed."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    value = line.getvalue()
    return f"--exclude {shlex.quote(value)}" if len(value) <= 120 and value.isprintable() else "--exclude"


def refuse_columns(name: str, columns: Sequence[str], kind: str, example: str = "") -> NoReturn:
    """Refuse columns that hold no numbers, but, the first of them, another kind of values."""
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


_ADVICE = {
    Kind.PARQUET: "give its format with --format parquet",
    Kind.FEATHER: "give its format with --format feather",
    Kind.NPY: "give its format with --format npy",
    Kind.GZIP: "for CSV give its format with --format csv.gz",
    Kind.ZIP: "save a spreadsheet as CSV",
    Kind.OLD_OFFICE: "save a spreadsheet as CSV",
    **dict.fromkeys((Kind.ZSTD, Kind.BZIP2, Kind.XZ), "decompress it first"),
}


def refuse_other_kind(name: str, first: bytes, own: str) -> None:
    """Refuse a file whose first bytes are those of another kind of file."""
    if not first:
        raise InputError(f"{name}: is empty.")
    kind = kind_of(first)
    if kind is not None:
        advice = f"; {_ADVICE[kind]}" if kind in _ADVICE else ""
        raise InputError(f"{name}: is {kind}, not {own}{advice}.")
