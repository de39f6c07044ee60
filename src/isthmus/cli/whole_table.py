"""Tables that a command reads whole."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from isthmus import tables
from isthmus.cli.options import checked_format, checked_header, names
from isthmus.cli.outputs import saying_warnings
from isthmus.errors import InputError
from isthmus.words import counted


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


@contextmanager
def rows_in_order() -> Iterator[None]:
    """Let a model take rows without names: they were read by the names of its columns, and are in their order."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        yield
