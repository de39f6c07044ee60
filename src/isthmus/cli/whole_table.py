"""Tables that a command reads whole."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from isthmus import tables
from isthmus.cli.options import checked_format, checked_header, names
from isthmus.cli.outputs import saying_warnings
from isthmus.errors import InputError
from isthmus.words import counted

if TYPE_CHECKING:
    import pyarrow as pa


def read_table(
    table: str,
    format: str | None,
    header: str | None,
    *,
    columns: list[str] | None = None,
    exclude: list[str] | None = None,
    keep: Sequence[str] = (),
    require: Sequence[str] | None = None,
    limits: bool = True,
    at_least: int = 1,
    purpose: str = "",
) -> tables.Table:
    """Read every row of a table, with the columns, format and header that the command line gives.

    Raises
    ------
    ParameterError, InputError
        If the format or the header is not a possible one, the table cannot be read, or it has fewer rows than the
        ``purpose`` needs.
    """
    with saying_warnings():
        read = tables.read_table(
            table, format=checked_format(format), header=checked_header(header),
            columns=names(columns) or None, exclude=names(exclude), keep=keep, require=require, limits=limits,
        )  # fmt: skip
    if len(read.rows) < at_least:
        name = "standard input" if table == "-" else table
        raise InputError(f"{name}: has {counted(len(read.rows), 'row')}, and {purpose} needs at least {at_least}.")
    return read


def frame(rows: Float64[np.ndarray, "rows columns"], columns: Sequence[str]) -> "pa.Table":
    """Return a table of named columns."""
    import pyarrow as pa

    return pa.table([pa.array(np.ascontiguousarray(column)) for column in rows.T], names=list(columns))


def rows_of(table: tables.Table) -> "Float64[np.ndarray, 'rows columns'] | pa.Table":
    """Return the rows, with the names of their columns if the table has names."""
    return frame(table.rows, table.columns) if table.named else table.rows
