"""What a table format does: a source reads a file, and a sink writes one."""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from isthmus.tables.types import ArrowBatch, ArrowTable, Schema


@runtime_checkable
class Source(Protocol):
    """An open file of rows, which is read column by column and part by part.

    Attributes
    ----------
    names : tuple of str
        All columns, in the order of the file.
    named : bool
        Whether the file names its columns; otherwise they are called x0, x1, …
    index_names : frozenset of str
        Columns without a name of their own, which look like the saved index of a dataframe.
    n_rows : int or None
        Number of rows; None if the file does not say it at its beginning.
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
        """The data as numbers, and the kept columns, in parts of limited size; the reader checks for NaN."""

    def close(self) -> None:
        """Close what the source has opened."""


@runtime_checkable
class Sink(Protocol):
    """A table that is being written to an open binary file."""

    def write(self, batch: ArrowBatch) -> None:
        """Add rows."""

    def finish(self) -> None:
        """Write what comes after the last row."""

    def abandon(self) -> None:
        """Close everything after a failure."""


class CannotKeepError(Exception):
    """A kept column does not fit into the format; the writer adds the name of the file."""


def rows_per_part(n_columns: int) -> int:
    """How many rows to read at once: 32 MB of numbers, and at most 16,384 rows."""
    return max(1, min(16_384, 2**22 // max(1, n_columns)))
