"""The columns that are kept beside the data: the arrays that hold them, and what they hold."""

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from pyarrow import Array as ArrowArray
    from pyarrow import DataType
    from pyarrow import RecordBatch as ArrowBatch

    Column: TypeAlias = np.ndarray | ArrowArray
else:  # for the run-time checks of the tests, which accept any value; pyarrow may not be installed
    ArrowArray = ArrowBatch = Column = DataType = object

__all__ = ["NUMBER", "TEXT", "ArrowArray", "ArrowBatch", "Column", "DataType", "Field", "Kept", "Kind"]

Kept = dict[str, Column]
"""The kept columns of some rows: arrays of texts or numbers, or pyarrow's own arrays where pyarrow reads the file."""


class Kind(NamedTuple):
    """What a column holds."""

    words: str  # for messages
    is_number: bool  # so that the column can be data
    fits_array: bool  # so that a kept column can be written to an array file
    fits_text: bool  # so that it can be written to a text file
    arrow: DataType | None = None  # pyarrow's type of its cells; None where pyarrow does not read the file


class Field(NamedTuple):
    """The name of a kept column, and what it holds."""

    name: str
    kind: Kind


TEXT = Kind("text", is_number=False, fits_array=False, fits_text=True)
NUMBER = Kind("numbers", is_number=True, fits_array=True, fits_text=True)
