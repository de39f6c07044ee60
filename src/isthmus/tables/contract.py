"""The contract of a table format: a source reads a file, and a sink writes one."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from isthmus.tables.types import Field, Kept, Kind

Parts = Iterator[tuple[Float64[np.ndarray, "rows columns"], Kept | None]]
"""The data of some rows as numbers, and their kept columns; each part is of limited size."""


class Source(ABC):
    """An open file of rows, which is read column by column and part by part."""

    names: tuple[str, ...]  # all columns, in the order of the file
    named = False  # whether the file names its columns; otherwise they are called x0, x1, …
    index_names: frozenset[str] = frozenset()  # columns without a name, like the saved index of a dataframe
    note: str = ""  # whether there is a header, in words, where that is not obvious
    n_rows: int | None = None  # None if the file does not say it at its beginning
    kinds: Mapping[str, Kind] | None = None  # what each column holds; None where every cell is text

    @abstractmethod
    def read(self, columns: Sequence[str], kept: Sequence[str]) -> Parts:
        """The data columns and the kept columns of all rows, once; the reader checks for NaN."""

    @abstractmethod
    def close(self) -> None:
        """Close what the source has opened."""


class Layout(NamedTuple):
    """The columns of a table that is written: first those that are kept, then the data, all of one type."""

    kept: Sequence[Field]
    columns: Sequence[str]
    dtype: np.dtype

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return [*(field.name for field in self.kept), *self.columns]


class Sink(ABC):
    """A table that is being written to an open binary file."""

    @abstractmethod
    def write(self, values: Float[np.ndarray, "rows columns"], kept: Kept) -> None:
        """Add rows: the data, in the type of the layout, and the kept columns."""

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
