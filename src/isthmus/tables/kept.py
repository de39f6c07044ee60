"""Kept columns: cut, joined, and turned into what formats write."""
# ruff: noqa: PLC0415 — pyarrow is imported only where a column is pyarrow's

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float64

from isthmus.tables.number_bytes import number_bytes
from isthmus.tables.types import Column, Kept


def joined(parts: Sequence[Kept]) -> Kept | None:
    """Return the kept columns of consecutive rows in one piece; None where none are kept."""
    if len(parts) < 2:
        return parts[0] if parts else None
    return {name: _joined_column([part[name] for part in parts]) for name in parts[0]}


def text_array(cells: Iterable[str]) -> np.ndarray:
    """Return texts as a kept column."""
    cells = list(cells)
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def texts(column: Column) -> list[str]:
    """Return the cells of a kept column as a text file has them; missing ones are empty."""
    if not isinstance(column, np.ndarray):
        from isthmus.tables.arrow_columns import texts_of_arrow

        return texts_of_arrow(column)
    return column.tolist() if column.dtype == object else number_texts(column)


def numbers(column: Column) -> Float64[np.ndarray, " rows"]:
    """Return the cells of a kept column of numbers; missing ones are NaN.

    Raises
    ------
    ValueError
        If an integer is too large for float64.
    """
    if isinstance(column, np.ndarray):
        return column
    from isthmus.tables.arrow_columns import numbers_of_arrow

    return numbers_of_arrow(column)


def number_texts(values: np.ndarray) -> list[str]:
    """Return floating-point numbers, row after row, in as few digits as restore them exactly."""
    return number_bytes(values, b"\n").decode().split("\n")[:-1]


def _joined_column(parts: Sequence[Column]) -> Column:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    from pyarrow import concat_arrays

    return concat_arrays(parts)
