"""Reading a table of any format, in batches of rows; only a batch is ever in memory."""
# ruff: noqa: PLC0415, SIM115 — pyarrow is imported when a table is opened; files outlive functions

import difflib
import stat
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader
from os import fstat
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from jaxtyping import Float64

from isthmus.errors import InputError, MismatchError
from isthmus.system.files import open_input, reason
from isthmus.tables.arrow import carried_type, is_category, is_number
from isthmus.tables.contract import Source, exclude_option, refuse_cell, refuse_columns, rows_per_part
from isthmus.tables.formats import format_of, is_text, open_source
from isthmus.tables.types import ArrowTable, Field
from isthmus.words import generic_names, listed, printable, shown


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows.

    Attributes
    ----------
    values : ndarray of float64, shape (rows, columns)
        The data; every value is finite.
    kept : pyarrow.Table or None
        The columns that are carried along; None if there are none.
    first_row : int
        Number of rows before this batch.
    """

    values: Float64[np.ndarray, "rows columns"]
    kept: ArrowTable | None
    first_row: int


class TableReader:
    """An open table, of which some columns are data and some are carried along.

    Attributes
    ----------
    columns, kept : tuple of str
        Names of the data columns, and of those that are carried along.
    available : tuple of str
        Names of all columns of the file.
    named : bool
        Whether the names stand in the file; otherwise they are x0, x1, …
    n_rows : int or None
        Number of rows, where the format tells it beforehand.
    """

    def __init__(
        self, source: Source, name: str, columns: Sequence[str], kept: Sequence[str], resources: ExitStack
    ) -> None:
        self.columns, self.kept = tuple(columns), tuple(kept)
        self.available, self.named, self.n_rows = source.names, source.named, source.n_rows
        self._source, self._name, self._resources = source, name, resources

    def batches(self, rows: int | None = None) -> Iterator[Batch]:
        """All rows in order, once.

        Parameters
        ----------
        rows : int, optional
            Rows in each batch but the last, whatever the format; by default as many as fit into 32 MB, and at most
            16,384.

        Raises
        ------
        InputError
            At the first cell that is no finite number, and for a table without rows.
        """
        size = rows_per_part(len(self.columns)) if rows is None else rows
        first = filled = 0
        values = np.empty((size, len(self.columns)))
        carried: list[ArrowTable] = []
        for part, kept in self._source.read(self.columns, self.kept):
            self._check_finite(part, first + filled + 1)
            start = 0
            while start < len(part):
                count = min(size - filled, len(part) - start)
                values[filled : filled + count] = part[start : start + count]
                if kept is not None:
                    carried.append(kept.slice(start, count))
                start, filled = start + count, filled + count
                if filled == size:
                    yield Batch(values, _joined(carried), first)
                    first, filled = first + size, 0
                    values, carried = np.empty((size, len(self.columns))), []
        if filled:
            yield Batch(values[:filled], _joined(carried), first)
        elif not first:
            header = "a header, but " if self.named and self._source.schema is None else ""
            raise InputError(f"{self._name}: has {header}no rows.")

    def read(self) -> Float64[np.ndarray, "rows columns"]:
        """The data of all rows at once."""
        parts = deque(batch.values for batch in self.batches())
        values = np.empty((sum(map(len, parts)), len(self.columns)))
        start = 0
        while parts:  # each part is let go when it has been copied
            part = parts.popleft()
            values[start : start + len(part)] = part
            start += len(part)
        return values

    def kept_schema(self) -> list[Field]:
        """Names and types of the carried columns; text where the file is text."""
        import pyarrow as pa

        schema = self._source.schema
        return [pa.field(c, pa.string() if schema is None else carried_type(schema.field(c).type)) for c in self.kept]

    def close(self) -> None:
        self._resources.close()

    def __enter__(self) -> "TableReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_finite(self, values: Float64[np.ndarray, "rows columns"], first: int) -> None:
        finite = np.isfinite(values)
        if not finite.all():
            i, j = np.argwhere(~finite)[0]
            problem = "the value is missing (NaN)" if np.isnan(values[i, j]) else "the value is infinite"
            refuse_cell(self._name, self.columns[j], first + int(i), problem)


def open_table(
    path: str | Path,
    *,
    format: str | None = None,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    keep: Sequence[str] = (),
    require: Sequence[str] | None = None,
    key: str | None = None,
) -> TableReader:
    """Open a table for reading.

    Parameters
    ----------
    path : path
        A file, or "-" for stdin.
    format : str, optional
        One of ``FORMATS``; by default what the name says.
    columns : sequence of str, optional
        The data columns, in this order; by default all but those in ``exclude`` and ``keep``.
    exclude : sequence of str
        Columns to leave out.
    keep : sequence of str
        Columns to carry along as they are; they can be data, too, if ``columns`` or ``require`` says so.
    require : sequence of str, optional
        The columns that a model needs, instead of ``columns``. They are found by name, in any order, and
        others are left out. Without names (in the table, or x0, x1, … from the model) there must be as many columns,
        in the model's order.
    key : str, optional
        Name of the array in an NPZ file; by default the only one of two dimensions, or X.

    Raises
    ------
    InputError
        If the table cannot be read, or a column does not exist or cannot hold numbers.
    MismatchError
        If it does not have the required columns.
    """
    kind = format_of(path, format, InputError)
    name = "standard input" if str(path) == "-" else printable(str(path))
    with ExitStack() as resources:
        file = _opened(path, resources)
        if not is_text(kind):
            file = _seekable(file, name, resources, standard=str(path) == "-")
        source = open_source(kind, file, name, key)
        resources.callback(source.close)
        _check_names(source, name)
        available = set(source.names)
        for asked in (*(columns or ()), *exclude, *keep):
            if asked not in available:
                raise InputError(f"{name}: has no column {shown(asked)}; {_hint(asked, source.names)}.")
        if require is not None:
            chosen = _required(source, require, {*exclude, *keep}, name)
        else:
            chosen = _chosen(source, columns, {*exclude} if columns is not None else {*exclude, *keep}, name)
        _check_types(source, chosen, name)
        return TableReader(source, name, chosen, tuple(dict.fromkeys(keep)), resources.pop_all())
    raise AssertionError("unreachable")


def _opened(path: str | Path, resources: ExitStack) -> BinaryIO:
    if str(path) == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise InputError("standard input: is closed.")
        return sys.stdin.buffer
    return resources.enter_context(open_input(path, InputError, "a table", pipes=True))


def _seekable(file: BinaryIO, name: str, resources: ExitStack, *, standard: bool) -> BinaryIO:
    """The file, or what a pipe gives in a temporary file."""
    if not standard and stat.S_ISREG(fstat(file.fileno()).st_mode):
        return file
    spool = cast(BinaryIO, resources.enter_context(tempfile.TemporaryFile()))
    try:
        while piece := cast(BufferedReader, file).read1(2**20):  # in pieces, between which Ctrl-C is noticed
            spool.write(piece)
        spool.seek(0)
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({reason(error)}).") from None
    return spool


def _check_names(source: Source, name: str) -> None:
    if not source.names:
        raise InputError(f"{name}: has no {'rows' if source.n_rows == 0 else 'columns'}.")
    seen: set[str] = set()
    for column in source.names:
        if column in seen:
            raise InputError(f"{name}: two columns are called {shown(column)}; rename one of them.")
        seen.add(column)


def _chosen(source: Source, columns: Sequence[str] | None, left_out: set[str], name: str) -> list[str]:
    """The data columns when nothing is required."""
    chosen = [c for c in dict.fromkeys(source.names if columns is None else columns) if c not in left_out]
    if not chosen:
        raise InputError(f"{name}: no column is left as data.")
    nameless = next((c for c in chosen if c in source.index_names), None)
    if columns is None and nameless is not None:
        leave_out = f"leave it out with {exclude_option([nameless])}"
        if source.names[0] == nameless or source.schema is not None:
            problem = f"as the index that pandas writes; {leave_out}, or write the table without its index (pandas: "
            problem += "index=False)"
        else:
            problem = f"and its header ends in a separator, perhaps; {leave_out}, or give it a name"
        raise InputError(f"{name}: column {source.names.index(nameless) + 1} has no name, {problem}.")
    return chosen


def _required(source: Source, require: Sequence[str], left_out: set[str], name: str) -> list[str]:
    """The columns that a model needs."""
    available = set(source.names)
    nameless_model = tuple(require) == generic_names(len(require)) and available.isdisjoint(require)
    if nameless_model or not source.named:
        chosen = [column for column in source.names if column not in left_out | source.index_names]
        if len(chosen) != len(require):
            raise MismatchError(f"{name}: has {len(chosen)} columns, and the model needs {len(require)}.")
        return chosen
    missing = [column for column in require if column not in available]
    if missing:
        raise MismatchError(
            f"{name}: lacks {len(missing)} of the {len(require)} columns that the model needs: "
            f"{listed(missing, 3)}; {_hint(missing[0], source.names)}."
        )
    return list(require)


def _check_types(source: Source, columns: Sequence[str], name: str) -> None:
    """Refuse, at once, typed columns that can hold no numbers."""
    schema = source.schema
    if schema is None:
        return
    types: dict[str, Any] = {c: schema.field(c).type for c in columns}
    bad = [c for c in columns if not is_number(types[c])]
    if bad:
        kinds = {"categories" if is_category(types[c]) else shown(types[c], 60) for c in bad}
        refuse_columns(name, bad, " and ".join(sorted(kinds)[:3]))


def _hint(asked: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(asked, names, n=1)
    return f"the nearest is {shown(near[0])}" if near else f"it has {listed(names)}"


def _joined(tables: list[ArrowTable]) -> ArrowTable | None:
    import pyarrow as pa

    return pa.concat_tables(tables) if tables else None
