"""Columns of pyarrow: what they hold, and their cells as texts and numbers."""

import numpy as np
import pyarrow as pa
from jaxtyping import Float64
from pyarrow import types

from isthmus.tables.types import NUMBER, ArrowArray, Column, DataType, Kind
from isthmus.words import shown


def kind_of(kind: DataType) -> Kind:
    """Return what a column of a type holds; of categories their values are kept."""
    of_categories = types.is_dictionary(kind)
    carried = kind.value_type if of_categories else kind
    plain = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return Kind(
        words="categories" if of_categories else shown(kind, 60),
        is_number=bool(plain or types.is_decimal(kind) or types.is_null(kind)),
        fits_array=bool(types.is_integer(carried) or types.is_floating(carried) or types.is_boolean(carried)),
        fits_text=_fits_text(carried),
        arrow=carried,
    )


def is_text(kind: DataType) -> bool:
    """Whether a column holds text or bytes."""
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind))


def arrow_type(kind: Kind) -> DataType:
    """Return the type of a kept column in a file that pyarrow writes."""
    return kind.arrow or (pa.float64() if kind is NUMBER else pa.string())


def arrow_array(column: Column, kind: DataType) -> ArrowArray:
    """Return a kept column as pyarrow's array."""
    return pa.array(column, kind) if isinstance(column, np.ndarray) else column


def texts_of_arrow(column: ArrowArray) -> list[str]:
    """Return the cells as text; missing ones are empty."""
    return ["" if text is None else text for text in column.cast(pa.large_string()).to_pylist()]


def numbers_of_arrow(column: ArrowArray) -> Float64[np.ndarray, " rows"]:
    """Return the cells as float64; missing ones are NaN. A ValueError says that one of them would be rounded."""
    cells = column.cast(pa.uint8()) if types.is_boolean(column.type) else column
    values: Float64[np.ndarray, " rows"] = cells.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _fits_text(kind: DataType) -> bool:
    try:
        pa.nulls(0, kind).cast(pa.large_string())
    except pa.ArrowException:
        return False
    return True
