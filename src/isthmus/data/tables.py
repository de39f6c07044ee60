"""Opening a table for reading or writing, whatever its format; only a batch of rows is ever in memory."""

import difflib
import io
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np
from jaxtyping import Float

from isthmus.atomic import atomic_write
from isthmus.data._base import BATCH_ROWS, Sink, Source, shown
from isthmus.data.arrow import FeatherSink, FeatherSource, ParquetSink, ParquetSource
from isthmus.data.numpy_files import NpySink, NpySource, NpzSink, NpzSource
from isthmus.data.text import TextSink, TextSource
from isthmus.errors import InputError, MismatchError, OutputError

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("csv", "csv.gz", "tsv", "tsv.gz", "parquet", "feather", "npy", "npz")
_SUFFIXES = {".txt": "tsv", ".pq": "parquet", ".arrow": "feather"} | {f".{name}": name for name in FORMATS}


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows: the data columns as numbers, and the kept columns (None without any)."""

    values: Float[np.ndarray, "rows columns"]
    kept: "pa.RecordBatch | None"


class TableReader:
    """An open table, of which some columns are data and some are carried along.

    Attributes
    ----------
    columns, kept : tuple of str
        Names of the data columns, and of those that are carried along.
    named : bool
        Whether the names stand in the file.
    """

    def __init__(
        self, source: Source, name: str, columns: Sequence[str], kept: Sequence[str], resources: ExitStack
    ) -> None:
        self.columns, self.kept, self.named = tuple(columns), tuple(kept), source.named
        self._source, self._name, self._resources = source, name, resources

    def batches(self) -> Iterator[Batch]:
        """All rows in order. Raises InputError at the first cell that is no finite number."""
        wanted = list(dict.fromkeys((*self.columns, *self.kept)))
        first = 1
        for part in self._source.batches(wanted):
            for start in range(0, part.num_rows, BATCH_ROWS):
                batch = part.slice(start, BATCH_ROWS)
                values = np.empty((batch.num_rows, len(self.columns)))
                for j, column in enumerate(self.columns):
                    values[:, j] = self._numbers(batch.column(column), column, first)
                first += batch.num_rows
                yield Batch(values, batch.select(list(self.kept)) if self.kept else None)
        if first == 1:
            raise InputError(f"{self._name}: has no rows.")

    def read(self) -> Float[np.ndarray, "rows columns"]:
        """All rows at once."""
        return np.concatenate([batch.values for batch in self.batches()])

    def kept_schema(self) -> "list[pa.Field]":
        """Names and types of the carried columns; text where the file is text."""
        import pyarrow as pa

        schema = getattr(self._source, "schema", None)
        if schema is not None:
            return [schema.field(name) for name in self.kept]
        kind = pa.string() if self.named else pa.float64()
        return [pa.field(name, kind) for name in self.kept]

    def close(self) -> None:
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _numbers(self, column: "pa.Array", name: str, first: int) -> Float[np.ndarray, " rows"]:
        """A column as float64; an error that names the first cell that is no finite number."""
        import pyarrow as pa
        from pyarrow import compute

        text = pa.types.is_string(column.type)
        try:
            if text:
                column = compute.utf8_trim_whitespace(column)
            elif pa.types.is_boolean(column.type):
                column = column.cast(pa.uint8())
            numbers = column.cast(pa.float64(), safe=False) if column.null_count == 0 else None
        except pa.ArrowInvalid:
            numbers = None
        if numbers is not None:
            values = np.asarray(numbers)
            if np.isfinite(values).all():
                return values
        for i, cell in enumerate(column.to_pylist()):
            problem = _problem(cell)
            if problem is not None:
                raise InputError(
                    f"{self._name}: column {shown(name)}, row {first + i}: {problem}; correct it, or leave the column "
                    f"out with --exclude {shlex.quote(name[:40])}."
                )
        raise InputError(f"{self._name}: column {shown(name)} cannot be read as numbers.")


def open_table(
    path: str | Path,
    *,
    format: str | None = None,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    keep: Sequence[str] = (),
    require: Sequence[str] | None = None,
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
        Columns to carry along as they are.
    require : sequence of str, optional
        The columns that a model was fitted on. They are found by name, in any order, and others are left out; a
        table without names needs as many columns, in the model's order.

    Raises
    ------
    InputError
        If the table cannot be read, or a column does not exist.
    MismatchError
        If it does not have the required columns.
    """
    name = "standard input" if str(path) == "-" else str(path)
    kind = format or _format_of(path)
    with ExitStack() as resources:
        source = _source(kind, _opened(path, name, resources, seekable=kind[:3] not in ("csv", "tsv")), name)
        resources.callback(source.close)
        for asked in (*(columns or ()), *exclude, *keep):
            if asked not in source.names:
                raise InputError(f"{name}: has no column {shown(asked)}; {_hint(asked, source.names)}.")
        if require is not None:
            chosen = _required(source, require, keep, name)
        else:
            left_out = {*exclude, *keep} if columns is None else set(exclude)
            chosen = [c for c in (source.names if columns is None else dict.fromkeys(columns)) if c not in left_out]
        if not chosen:
            raise InputError(f"{name}: no column is left as data.")
        _check_types(source, chosen, name)
        return TableReader(source, name, chosen, tuple(dict.fromkeys(keep)), resources.pop_all())
    raise AssertionError("unreachable")


class TableWriter:
    """A table that is being written: first the kept columns, then the data."""

    def __init__(self, sink: Sink, schema: "pa.Schema") -> None:
        self._sink, self._schema = sink, schema

    def write(self, values: Float[np.ndarray, "rows columns"], kept: "pa.RecordBatch | None" = None) -> None:
        """Add rows."""
        import pyarrow as pa

        arrays = [] if kept is None else list(kept.columns)
        arrays += [pa.array(np.ascontiguousarray(column)) for column in values.T]
        self._sink.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))


@contextmanager
def write_table(
    path: str | Path,
    columns: Sequence[str],
    *,
    format: str | None = None,
    kept: "Sequence[pa.Field]" = (),
    dtype: Any = np.float64,
) -> Iterator[TableWriter]:
    """Write a table that appears whole or not at all.

    Parameters
    ----------
    path : path
        A file, or "-" for stdout.
    columns : sequence of str
        Names of the data columns.
    format : str, optional
        One of ``FORMATS``; by default what the name says.
    kept : sequence of pyarrow.Field
        The carried columns, which come first.
    dtype : float32 or float64
        Type of the values that will be written.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    kind = format or _format_of(path, OutputError)
    clash = next((field.name for field in kept if field.name in columns), None)
    if clash is not None:
        raise InputError(f"the column {shown(clash)} cannot be kept: the output has one of that name.")
    import pyarrow as pa

    schema = pa.schema([*kept, *(pa.field(name, pa.from_numpy_dtype(np.dtype(dtype))) for name in columns)])
    with _standard_output() if str(path) == "-" else atomic_write(path) as file:
        try:
            sink = _sink(kind, file, schema)
            yield TableWriter(sink, schema)
            sink.finish()
        except pa.ArrowException as error:
            # Numbers can be written everywhere; lists, say, not.
            raise InputError(f"the kept columns cannot be written as {kind} ({shown(error, 80)}).") from None


class _Stream(io.RawIOBase):
    """Standard output, which is written once from start to end, also where it is a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    try:
        stream = _Stream(sys.stdout.buffer)
        yield stream  # type: ignore[misc]
        stream.flush()
    except BrokenPipeError:
        # What is left in the buffer has no reader either, and must not be tried again at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError("standard output: its reader has closed it.") from None
    except OSError as error:
        raise OutputError(f"standard output: cannot be written ({error.strerror}).") from None


def _source(kind: str, file: BinaryIO, name: str) -> Source:
    text = {"delimiter": "\t" if kind.startswith("tsv") else ",", "compressed": kind.endswith(".gz")}
    makers: dict[str, Callable[[], Source]] = {
        "parquet": lambda: ParquetSource(file, name),
        "feather": lambda: FeatherSource(file, name),
        "npy": lambda: NpySource(file, name),
        "npz": lambda: NpzSource(file, name),
    }
    return makers[kind]() if kind in makers else TextSource(file, name, **text)  # type: ignore[arg-type]


def _sink(kind: str, file: BinaryIO, schema: "pa.Schema") -> Sink:
    text = {"delimiter": "\t" if kind.startswith("tsv") else ",", "compressed": kind.endswith(".gz")}
    makers = {"parquet": ParquetSink, "feather": FeatherSink, "npy": NpySink, "npz": NpzSink}
    return makers[kind](file, schema) if kind in makers else TextSink(file, schema, **text)  # type: ignore[arg-type]


def _format_of(path: str | Path, error: type[InputError] | type[OutputError] = InputError) -> str:
    if str(path) == "-":
        raise error("standard input and output have no name that tells the format; give it with --format.")
    name = Path(path).name.lower()
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        if name.endswith(suffix):
            return _SUFFIXES[suffix]
    raise error(
        f"{path}: its name does not tell the format; give it with --format ({', '.join(FORMATS)}), or use such a suffix."
    )


def _opened(path: str | Path, name: str, resources: ExitStack, *, seekable: bool) -> BinaryIO:
    if str(path) == "-":
        if not seekable:
            return sys.stdin.buffer
        spool = resources.enter_context(tempfile.TemporaryFile())
        while chunk := sys.stdin.buffer.read(2**20):
            spool.write(chunk)
        spool.seek(0)
        return spool  # type: ignore[return-value]
    try:
        return resources.enter_context(Path(path).open("rb"))
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file.") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a folder, not a table.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: cannot be read ({getattr(error, 'strerror', None) or error}).") from None


def _required(source: Source, require: Sequence[str], keep: Sequence[str], name: str) -> list[str]:
    if not source.named:
        chosen = [column for column in source.names if column not in keep]
        if len(chosen) != len(require):
            raise MismatchError(f"{name}: has {len(chosen)} columns, and the model was fitted on {len(require)}.")
        return chosen
    missing = [column for column in require if column not in source.names]
    if missing:
        others = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise MismatchError(
            f"{name}: lacks {len(missing)} of the {len(require)} columns that the model was fitted on: "
            f"{', '.join(map(shown, missing[:3]))}{others}; {_hint(missing[0], source.names)}."
        )
    return list(require)


def _check_types(source: Source, columns: Sequence[str], name: str) -> None:
    """Refuse, at once, typed columns that can hold no numbers."""
    from pyarrow import types

    schema = getattr(source, "schema", None)
    for column in columns if schema is not None else ():
        kind = schema.field(column).type
        numeric = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind)
        if not (numeric or types.is_null(kind)):
            raise InputError(
                f"{name}: column {shown(column)} holds {shown(kind)}, not numbers; leave it out with "
                f"--exclude {shlex.quote(column[:40])}."
            )


def _problem(cell: Any) -> str | None:
    """What is wrong with a cell; None if it is a finite number."""
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in ("", "na", "n/a", "null", "none", "nan")):
        return "the value is missing"
    try:
        value = float(cell)
    except (TypeError, ValueError):
        if isinstance(cell, str) and cell.count(",") == 1 and cell.replace(",", "").lstrip("+-").isdigit():
            return f"{shown(cell)} has a decimal comma, and a decimal point is needed"
        return f"{shown(cell)} is not a number"
    if np.isnan(value):
        return "the value is missing (NaN)"
    if np.isinf(value):
        return "the value is infinite"
    # Python reads more than tables mean: 1_000, say.
    return f"{shown(cell)} is not a number" if isinstance(cell, str) and "_" in cell else None


def _hint(asked: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(asked, names, n=1)
    if near:
        return f"the nearest is {shown(near[0])}"
    listed = ", ".join(map(shown, names[:8]))
    return f"it has {listed}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")
