"""Writing a table of any format, in batches of rows; the file appears whole or not at all."""
# ruff: noqa: PLC0415 — pyarrow is imported when a table is opened

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float

from isthmus.errors import OutputError
from isthmus.system.files import atomic_write
from isthmus.system.standard_output import standard_output
from isthmus.tables.contract import CannotKeepError, Sink
from isthmus.tables.formats import format_of, open_sink
from isthmus.tables.refusals import in_brief
from isthmus.tables.types import ArrowTable, Field, Schema
from isthmus.words import listed, printable


class TableWriter:
    """A table that is being written: first the kept columns, then the data."""

    def __init__(self, sink: Sink, schema: Schema, dtype: np.dtype) -> None:
        self._sink, self._schema, self._dtype = sink, schema, dtype

    def write(self, values: Float[np.ndarray, "rows columns"], kept: ArrowTable | None = None) -> None:
        """Add rows: the data, and the kept columns of the same rows."""
        import pyarrow as pa

        arrays = [] if kept is None else [column.combine_chunks() for column in kept.columns]
        arrays += [pa.array(np.ascontiguousarray(column, dtype=self._dtype)) for column in values.T]
        self._sink.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))


@contextmanager
def write_table(
    path: str | Path,
    columns: Sequence[str],
    *,
    format: str | None = None,
    kept: Sequence[Field] = (),
    dtype: type[np.floating] = np.float64,
) -> Iterator[TableWriter]:
    """Write a table in batches; the file appears whole or not at all.

    Parameters
    ----------
    path : path
        A file, or "-" for stdout.
    columns : sequence of str
        Names of the data columns.
    format : str, optional
        One of ``FORMATS``; by default that of the suffix.
    kept : sequence of pyarrow.Field
        The kept columns, which come first, as in ``TableReader.kept_schema()``.
    dtype : float32 or float64
        Type in which the values are written.

    Raises
    ------
    OutputError
        If the file cannot be written, or its format cannot hold a kept column.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from isthmus.tables import open_table, write_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with write_table(f"{folder}/codes.csv", ["z0", "z1"]) as writer:
    ...         writer.write(np.array([[1.0, 0.5], [2.0, 0.25]]))
    ...     with open_table(f"{folder}/codes.csv") as reader:
    ...         reader.columns, reader.read().rows.tolist()
    (('z0', 'z1'), [[1.0, 0.5], [2.0, 0.25]])
    """
    kind = format_of(path, format, OutputError)
    name = "standard output" if str(path) == "-" else printable(str(path))
    taken = set(columns)
    clash = [field.name for field in kept if field.name in taken]
    if clash:
        raise OutputError(f"{name}: {listed(clash)} cannot be kept, as the output has a column of that name.")
    import pyarrow as pa

    kind_of_values = np.dtype(dtype)
    schema = pa.schema([*kept, *(pa.field(column, pa.from_numpy_dtype(kind_of_values)) for column in columns)])
    with standard_output() if str(path) == "-" else atomic_write(path) as file, _refused_types(name, kind):
        sink = open_sink(kind, file, schema)
        try:
            yield TableWriter(sink, schema, kind_of_values)
            sink.finish()
        except BaseException:
            sink.abandon()
            raise


@contextmanager
def _refused_types(name: str, kind: str) -> Iterator[None]:
    """Turn errors about types that a format cannot hold into a sentence."""
    import pyarrow as pa

    try:
        yield
    except CannotKeepError as error:
        raise OutputError(f"{name}: {error}.") from None
    except pa.ArrowException as error:
        raise OutputError(f"{name}: the kept columns cannot be written as {kind} ({in_brief(error)}).") from None
