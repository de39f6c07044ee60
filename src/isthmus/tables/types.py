"""The types of pyarrow that annotations name; pyarrow itself is imported only when a table is opened."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyarrow import Array as ArrowArray
    from pyarrow import DataType, Field, Schema
    from pyarrow import RecordBatch as ArrowBatch
    from pyarrow import Table as ArrowTable
    from pyarrow.csv import InvalidRow
else:  # for the run-time checks of the tests, which accept any value
    ArrowArray = ArrowBatch = ArrowTable = DataType = Field = InvalidRow = Schema = object

__all__ = ["ArrowArray", "ArrowBatch", "ArrowTable", "DataType", "Field", "InvalidRow", "Schema"]
