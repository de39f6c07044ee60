"""The types of pyarrow that annotations name; pyarrow itself is imported when a table is opened, and not for them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyarrow import Array as ArrowArray
    from pyarrow import Field, Schema
    from pyarrow import RecordBatch as ArrowBatch
    from pyarrow import Table as ArrowTable
else:  # the run-time checks of the tests take anything
    ArrowTable = ArrowBatch = ArrowArray = Schema = Field = Any

__all__ = ["ArrowArray", "ArrowBatch", "ArrowTable", "Field", "Schema"]
