"""A block of text cut into the cells of its columns, and cells as numbers.

Not by Python's csv module, whose limit for the size of a cell is one for the whole process, nor by ``numpy.loadtxt``,
which does not tell which cell is not a number.
"""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from isthmus.tables.cells import quoted_cell

_BOOLEANS = {"true": 1.0, "false": 0.0}


class RaggedRowError(Exception):
    """A row has more or fewer cells than there are columns."""

    def __init__(self, row: int, n_cells: int) -> None:
        super().__init__(row, n_cells)
        self.row, self.n_cells = row, n_cells  # the row counts from 0, without blank lines


class TextCells:
    """The cells of some complete rows; blank lines are none.

    Bytes that are not UTF-8 become surrogate escapes, since they may stand in columns that nobody asks for.

    Parameters
    ----------
    block : bytes
        The rows.
    delimiter : str
        What separates cells.
    n_columns : int
        Number of cells of a row.
    skip_ragged : bool
        Leave out rows that have another number of cells, instead of raising a RaggedRowError.
    most_rows : int, optional
        Leave out rows after so many.
    """

    def __init__(
        self, block: bytes, delimiter: str, n_columns: int, *, skip_ragged: bool = False, most_rows: int | None = None
    ) -> None:
        self._n_columns = n_columns
        self._aside: list[bytes] = []  # quoted cells that are empty or have marks inside
        if b'"' in block:
            self._marks = re.compile(rb'["\r\n' + re.escape(delimiter.encode()) + b"]")
            block = quoted_cell(delimiter).sub(self._set_aside, block)
        text = block.decode(errors="surrogateescape")
        if "\r" in text:
            text = text.replace("\r", "\n")
        rows = [row for row in text.split("\n") if row]
        if skip_ragged:
            rows = [row for row in rows if row.count(delimiter) == n_columns - 1]
        else:
            ragged = next((i for i, row in enumerate(rows) if row.count(delimiter) != n_columns - 1), None)
            if ragged is not None:
                raise RaggedRowError(ragged, rows[ragged].count(delimiter) + 1)
        rows = rows[:most_rows]
        self.n_rows = len(rows)
        self._cells = delimiter.join(rows).split(delimiter) if rows else []

    def column(self, place: int) -> list[str]:
        """Return the cells of one column, without their quotation marks."""
        cells = self._cells[place :: self._n_columns]
        return [self._restored(cell) if cell.startswith('"') else cell for cell in cells] if self._aside else cells

    def _set_aside(self, match: re.Match[bytes]) -> bytes:
        """Return the content of a quoted cell, or where that could be misread, a quoted number that stands for it."""
        content = match[0][1:-1] if match[1] else match[0][1:]
        if content and not self._marks.search(content):
            return content
        self._aside.append(content.replace(b'""', b'"'))
        return b'"%d"' % (len(self._aside) - 1)

    def _restored(self, cell: str) -> str:
        number, outside = cell[1:].split('"', 1)
        return self._aside[int(number)].decode(errors="surrogateescape") + outside


def is_unicode(cells: Sequence[str]) -> bool:
    """Return whether cells are without the surrogate escapes of bytes that are not UTF-8."""
    text = "".join(cells)
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def numbers_of(cells: Sequence[str]) -> Float64[np.ndarray, " rows"] | None:
    """Return cells as float64, with true and false as 1 and 0; None if one of them is not a number."""
    text = "".join(cells)
    if text.isascii() and "_" not in text:
        try:
            return np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            pass
    values = np.empty(len(cells))
    for i, cell in enumerate(cells):
        value = number_of(cell)
        if value is None:
            return None
        values[i] = value
    return values


def number_of(cell: str) -> float | None:
    """Return a cell as a number; None if it is not one. Python's underscores and foreign digits are not numbers."""
    text = cell.strip()
    if not text.isascii() or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return _BOOLEANS.get(text.lower())
