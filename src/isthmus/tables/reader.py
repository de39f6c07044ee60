"""Reading a table of any format, in batches of rows or whole."""
# ruff: noqa: PLC0415, SIM115 — formats are imported when a table is opened; files outlive functions

import stat
import sys
import tempfile
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from io import BufferedReader
from os import fstat
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from jaxtyping import Float64

from isthmus.errors import InputError
from isthmus.system.files import open_input, reason
from isthmus.tables.budget import Budget
from isthmus.tables.columns import choose_columns
from isthmus.tables.contract import Source, rows_per_part
from isthmus.tables.formats import TEXT, format_of, open_source, require_format
from isthmus.tables.kept import joined
from isthmus.tables.refusals import refuse_cell
from isthmus.tables.types import TEXT as TEXT_KIND
from isthmus.tables.types import Field, Kept
from isthmus.words import printable


@dataclass(frozen=True)
class Table:
    """A whole table."""

    rows: Float64[np.ndarray, "rows columns"]  # the data; every value is finite
    columns: tuple[str, ...]  # names of the data columns
    named: bool  # whether the file names its columns; otherwise they are called x0, x1, …
    kept: Kept | None  # the columns that are kept beside the data; None without any


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows."""

    values: Float64[np.ndarray, "rows columns"]  # the data; every value is finite
    kept: Kept | None  # the columns that are kept beside the data; None without any
    first_row: int  # number of rows before this batch


class TableReader(AbstractContextManager["TableReader"]):
    """An open table, of which some columns are data and some are kept as they are.

    ``columns``, ``kept`` and ``available`` are the names of the data columns, of those that are kept, and of all in the
    file; ``named`` and ``n_rows`` are those of its ``Source``; ``format`` is one of ``FORMATS``.
    """

    def __init__(
        self,
        source: Source,
        name: str,
        format: str,
        resources: ExitStack,
        *,
        columns: Sequence[str],
        kept: Sequence[str],
    ) -> None:
        self.columns, self.kept = tuple(columns), tuple(kept)
        self.available, self.named, self.n_rows = source.names, source.named, source.n_rows
        self.format = format
        self._source, self._name, self._resources = source, name, resources

    def batches(self, rows: int | None = None) -> Iterator[Batch]:
        """All rows in order, once; each batch but the last has ``rows`` (default: 32 MB, and at most 16,384 rows).

        Raises
        ------
        InputError
            At the first cell that is not a finite number, and for a table without rows.
        """
        size = rows_per_part(len(self.columns)) if rows is None else rows
        first = filled = 0
        values = np.empty((size, len(self.columns)))
        carried: list[Kept] = []
        for part, kept in self._source.read(self.columns, self.kept):
            self._check_finite(part, first + filled + 1)
            start = 0
            while start < len(part):
                count = min(size - filled, len(part) - start)
                values[filled : filled + count] = part[start : start + count]
                if kept is not None:
                    carried.append({name: cells[start : start + count] for name, cells in kept.items()})
                start, filled = start + count, filled + count
                if filled == size:
                    yield Batch(values, joined(carried), first)
                    first, filled = first + size, 0
                    values, carried = np.empty((size, len(self.columns))), []
        if filled:
            yield Batch(values[:filled], joined(carried), first)
        elif not first:
            header = "a header, but " if self.named and self._source.kinds is None else ""
            raise InputError(f"{self._name}: has {header}no rows.")

    def read(self) -> Table:
        """All rows at once."""
        batches = deque(self.batches())
        kept = [batch.kept for batch in batches if batch.kept is not None]
        values = np.empty((sum(len(batch.values) for batch in batches), len(self.columns)))
        while batches:  # memory of each batch is freed when it has been copied
            batch = batches.popleft()
            values[batch.first_row : batch.first_row + len(batch.values)] = batch.values
        return Table(values, self.columns, self.named, joined(kept))

    def kept_schema(self) -> list[Field]:
        """Names of the kept columns, and what they hold; in a text file all are text."""
        kinds = self._source.kinds
        return [Field(column, TEXT_KIND if kinds is None else kinds[column]) for column in self.kept]

    def close(self) -> None:
        self._resources.close()

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
    header: bool | None = None,
    limits: bool = True,
) -> TableReader:
    """Open a table to read it in batches, so that it may be larger than memory.

    Parameters
    ----------
    path : path
        A file, or "-" for stdin.
    format : str, optional
        One of ``FORMATS``; by default that of the suffix.
    columns : sequence of str, optional
        The data columns, in this order; by default all but those in ``exclude`` and ``keep``.
    exclude : sequence of str
        Columns to leave out.
    keep : sequence of str
        Columns to keep beside the data, of any type. ``columns`` or ``require`` may name them as data, too.
    require : sequence of str, optional
        The columns that a model needs, instead of ``columns``. They are found by name, in any order, and others are
        left out. If the table or the model has no names (x0, x1, …), the table must have as many columns as the model,
        in the same order.
    key : str, optional
        Name of the array in an NPZ file; by default the only one of two dimensions, or X.
    header : bool, optional
        Whether the first row of a CSV or TSV names the columns. By default it does if it has the names in ``require``,
        or those in ``columns``, ``exclude`` and ``keep``, or if no row below is like it.
    limits : bool
        Whether a table is refused that has more than 32,768 columns (or those that the model needs), a row of text of
        more than 64 MB (16 MB in the first two), or takes more than 256 MB of memory and 200 times its size. False is
        for tables you trust.

    Raises
    ------
    InputError
        If the table cannot be read, or a column does not exist or does not hold numbers.
    MismatchError
        If it does not have the required columns.
    ParameterError
        If ``key`` or ``header`` is given for a format that has none.
    MissingExtraError
        If the table is Parquet or Feather, and pyarrow is not installed.

    Warns
    -----
    UserWarning
        If the first row has numbers, and it is not obvious whether it is a header.
    """
    from isthmus.tables.header import Expected

    kind = format_of(path, format, InputError)
    require_format(kind)
    name = "standard input" if str(path) == "-" else printable(str(path))
    with ExitStack() as resources:
        file = _open_file(path, resources)
        if kind not in TEXT:
            file = _seekable(file, name, resources, standard=str(path) == "-")
        expected = Expected({*(columns or ()), *exclude, *keep}, require)
        budget = Budget(name, limited=limits, columns=0 if require is None else len(require))
        source = open_source(kind, file, name, budget, key=key, header=header, expected=expected)
        resources.callback(source.close)
        if source.note:
            warnings.warn(f"{name}: {source.note}", stacklevel=2)
        chosen = choose_columns(source, name, columns=columns, exclude=exclude, keep=keep, require=require)
        opened = resources.pop_all()  # closed with the reader
    return TableReader(source, name, kind, opened, columns=chosen, kept=tuple(dict.fromkeys(keep)))


def read_table(
    path: str | Path, *, format: str | None = None, columns: Sequence[str] | None = None, exclude: Sequence[str] = (),
    keep: Sequence[str] = (), require: Sequence[str] | None = None, key: str | None = None, header: bool | None = None,
    limits: bool = True,
) -> Table:  # fmt: skip
    """Read a whole table; parameters and errors are those of ``open_table``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from isthmus.tables import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "data.csv").write_text("name,a,b\\nx,1,2\\ny,3,4\\n")
    ...     table = read_table(f"{folder}/data.csv", keep=["name"])
    >>> table.columns, table.rows.tolist(), table.kept["name"].tolist()
    (('a', 'b'), [[1.0, 2.0], [3.0, 4.0]], ['x', 'y'])
    """
    with open_table(
        path,
        format=format,
        columns=columns,
        exclude=exclude,
        keep=keep,
        require=require,
        key=key,
        header=header,
        limits=limits,
    ) as reader:
        return reader.read()


def _open_file(path: str | Path, resources: ExitStack) -> BinaryIO:
    if str(path) == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise InputError("standard input: is closed.")
        return sys.stdin.buffer
    return resources.enter_context(open_input(path, InputError, "a table", pipes=True))


def _seekable(file: BinaryIO, name: str, resources: ExitStack, *, standard: bool) -> BinaryIO:
    """The file itself, or the content of a pipe in a temporary file."""
    if not standard and stat.S_ISREG(fstat(file.fileno()).st_mode):
        return file
    spool = cast(BinaryIO, resources.enter_context(tempfile.TemporaryFile()))
    try:
        while piece := cast(BufferedReader, file).read1(2**20):  # in pieces, so that Ctrl-C is noticed
            spool.write(piece)
        spool.seek(0)
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({reason(error)}).") from None
    return spool
