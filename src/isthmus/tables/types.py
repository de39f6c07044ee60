"""The types of pyarrow that annotations name, and their kinds; pyarrow is imported only when a table is opened."""
# ruff: noqa: PLC0415

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyarrow import Array as ArrowArray
    from pyarrow import DataType, Field, Schema
    from pyarrow import RecordBatch as ArrowBatch
    from pyarrow import Table as ArrowTable
    from pyarrow.csv import InvalidRow
else:  # for the run-time checks of the tests, which accept any value
    ArrowArray = ArrowBatch = ArrowTable = DataType = Field = InvalidRow = Schema = object

__all__ = [
    "ArrowArray", "ArrowBatch", "ArrowTable", "DataType", "Field", "InvalidRow", "Schema",
    "carried_type", "is_category", "is_number", "is_text",
]  # fmt: skip


def is_number(kind: DataType) -> bool:
    """Whether a column of this type can be data."""
    from pyarrow import types

    numeric = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind)
    return bool(numeric or types.is_null(kind))


def carried_type(kind: DataType) -> DataType:
    """The type of a kept column: its own, or that of the values where it holds categories."""
    return kind.value_type if is_category(kind) else kind


def is_text(kind: DataType) -> bool:
    """Whether a column holds text or bytes."""
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind))


def is_category(kind: DataType) -> bool:
    """Whether a column holds categories (a dictionary type)."""
    from pyarrow import types

    return bool(types.is_dictionary(kind))
