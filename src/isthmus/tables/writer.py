"""Writing a table of any format, in batches of rows; the file appears whole or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float

from isthmus.errors import OutputError
from isthmus.system.files import atomic_write
from isthmus.system.standard_output import standard_output
from isthmus.tables.contract import CannotKeepError, Layout, Sink
from isthmus.tables.formats import format_of, open_sink, require_format
from isthmus.tables.types import Field, Kept
from isthmus.words import listed, printable


class TableWriter:
    """A table that is being written: first the kept columns, then the data."""

    def __init__(self, sink: Sink, dtype: np.dtype) -> None:
        self._sink, self._dtype = sink, dtype

    def write(self, values: Float[np.ndarray, "rows columns"], kept: Kept | None = None) -> None:
        """Add rows: the data, and the kept columns of the same rows."""
        self._sink.write(np.ascontiguousarray(values, self._dtype), {} if kept is None else kept)


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
    kept : sequence of Field
        The kept columns, which come first, as in ``TableReader.kept_schema()``.
    dtype : float32 or float64
        Type in which the values are written.

    Raises
    ------
    OutputError
        If the file cannot be written, or its format cannot hold a kept column.
    MissingExtraError
        If the format is Parquet or Feather, and pyarrow is not installed.

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
    require_format(kind)
    name = "standard output" if str(path) == "-" else printable(str(path))
    taken = set(columns)
    clash = [field.name for field in kept if field.name in taken]
    if clash:
        raise OutputError(f"{name}: {listed(clash)} cannot be kept, as the output has a column of that name.")
    layout = Layout(kept, columns, np.dtype(dtype))
    with standard_output() if str(path) == "-" else atomic_write(path) as file, _refused_columns(name):
        sink = open_sink(kind, file, layout)
        try:
            yield TableWriter(sink, layout.dtype)
            sink.finish()
        except BaseException:
            sink.abandon()
            raise


@contextmanager
def _refused_columns(name: str) -> Iterator[None]:
    """Turn errors about columns that a format cannot hold into a sentence."""
    try:
        yield
    except CannotKeepError as error:
        raise OutputError(f"{name}: {error}.") from None
