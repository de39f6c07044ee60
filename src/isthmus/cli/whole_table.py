"""Tables that a command reads whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from isthmus.cli.options import checked_format, names
from isthmus.errors import InputError
from isthmus.tables import TableReader, open_table
from isthmus.words import counted

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class WholeTable:
    """All rows of a table.

    Parameters
    ----------
    values : ndarray of shape (rows, columns)
    columns : list of str
    named : bool
        Whether the table has column names; otherwise they are x0, x1, …
    label : list or None
        The column that was asked for beside the data.
    """

    values: Float64[np.ndarray, "rows columns"]
    columns: list[str]
    named: bool
    label: list[object] | None = None

    @property
    def rows(self) -> "Float64[np.ndarray, 'rows columns'] | pa.Table":
        """The rows with the names of their columns, where the table has names."""
        return frame(self.values, self.columns) if self.named else self.values


def read_table(
    table: str,
    format: str | None,
    *,
    columns: list[str] | None = None,
    exclude: list[str] | None = None,
    require: list[str] | None = None,
    label: str | None = None,
    at_least: int = 1,
    purpose: str = "",
) -> WholeTable:
    """Read every row of a table.

    Parameters
    ----------
    table, format, columns, exclude
        As the command line gives them.
    require : list of str, optional
        The columns that a model needs, instead of ``columns``.
    label : str, optional
        A column to read beside them, of any type.
    at_least : int
        Number of rows that the ``purpose`` needs.

    Raises
    ------
    ParameterError, InputError, MismatchError
        If the format is unknown, or the table cannot be read, lacks columns or has too few rows.
    """
    chosen, keep = names(columns) or None, [] if label is None else [label]
    with open_table(
        table, format=checked_format(format), columns=chosen, exclude=names(exclude), require=require, keep=keep
    ) as reader:
        labels: list[object] = []
        values = reader.read() if label is None else _read_with(reader, labels)
        if len(values) < at_least:
            name = "standard input" if table == "-" else table
            raise InputError(f"{name}: has {counted(len(values), 'row')}, and {purpose} needs at least {at_least}.")
        return WholeTable(values, list(reader.columns), reader.named, None if label is None else labels)


def _read_with(reader: TableReader, labels: list[object]) -> Float64[np.ndarray, "rows columns"]:
    """Return the data of all rows, and append their labels."""
    parts = []
    for batch in reader.batches():
        parts.append(batch.values)
        assert batch.kept is not None
        labels += batch.kept.column(0).to_pylist()
    return np.concatenate(parts)


def frame(rows: Float64[np.ndarray, "rows columns"], columns: Sequence[str]) -> "pa.Table":
    """Return a table of named columns."""
    import pyarrow as pa

    return pa.table([pa.array(np.ascontiguousarray(column)) for column in rows.T], names=list(columns))
