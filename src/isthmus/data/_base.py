"""The contract of a table format: a source says which columns it has and gives some of them, batch by batch."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 16_384


class Source(Protocol):
    """An open table.

    Attributes
    ----------
    names : tuple of str
        All columns, in the order of the file.
    named : bool
        Whether the names stand in the file; otherwise they are x0, x1, …
    """

    names: tuple[str, ...]
    named: bool

    def batches(self, wanted: Sequence[str]) -> "Iterator[pa.RecordBatch]":
        """The wanted columns of all rows, in parts that do not grow with the table."""

    def close(self) -> None:
        """Let go of the file."""


class Sink(Protocol):
    """A table that is being written to an open binary file."""

    def write(self, batch: "pa.RecordBatch") -> None:
        """Add rows."""

    def finish(self) -> None:
        """Write what comes after the last row."""


def generic_names(n_columns: int) -> tuple[str, ...]:
    """Names of columns that have none, as scikit-learn makes them."""
    return tuple(f"x{i}" for i in range(n_columns))


def shown(value: Any, most: int = 40) -> str:
    """A value as an error message shows it: in quotes, on one line, and short."""
    text = str(value)
    return repr(text if len(text) <= most else text[: most - 1] + "…").replace("'", '"')
