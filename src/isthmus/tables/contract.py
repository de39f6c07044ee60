"""The contract of a table format: a source reads a file, and a sink writes one."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float64

from isthmus.tables.types import ArrowBatch, ArrowTable, Schema

Parts = Iterator[tuple[Float64[np.ndarray, "rows columns"], ArrowTable | None]]
"""The data of some rows as numbers, and their kept columns; each part is of limited size."""


class Source(ABC):
    """An open file of rows, which is read column by column and part by part."""

    names: tuple[str, ...]  # all columns, in the order of the file
    named = False  # whether the file names its columns; otherwise they are called x0, x1, …
    index_names: frozenset[str] = frozenset()  # columns without a name, like the saved index of a dataframe
    note: str = ""  # whether there is a header, in words, where that is not obvious
    n_rows: int | None = None  # None if the file does not say it at its beginning
    schema: Schema | None = None  # None where every cell is text

    @abstractmethod
    def read(self, columns: Sequence[str], kept: Sequence[str]) -> Parts:
        """The data columns and the kept columns of all rows, once; the reader checks for NaN."""

    @abstractmethod
    def close(self) -> None:
        """Close what the source has opened."""


class Sink(ABC):
    """A table that is being written to an open binary file."""

    @abstractmethod
    def write(self, batch: ArrowBatch) -> None:
        """Add rows."""

    @abstractmethod
    def finish(self) -> None:
        """Write what comes after the last row."""

    @abstractmethod
    def abandon(self) -> None:
        """Close everything after a failure."""


class CannotKeepError(Exception):
    """A kept column does not fit into the format; the writer adds the name of the file."""


def rows_per_part(n_columns: int) -> int:
    """Return the number of rows to read at once: 32 MB of numbers, and at most 16,384 rows."""
    return max(1, min(16_384, 2**22 // max(1, n_columns)))
