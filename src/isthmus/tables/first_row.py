"""How the numbers of a table's first row differ from those in the rows below."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64

from isthmus.tables.cells import COMMA_NUMBER, MISSING, NUMBER, WHOLE

# If rows come in any order, the chance that the first has a property that none of R others has is 1 / (R + 1) at most.
ENOUGH_ROWS = 20
FEW = 3
_NEARLY_ALL = 0.9
_VALUE = rf"{NUMBER.pattern}|{COMMA_NUMBER.pattern}|[+-]?inf|true|false"


class FirstNumbers:
    """The numbers of the first row, and those of their columns below; rows with other cells are left out."""

    def __init__(self, texts: Sequence[str], columns: Sequence[Sequence[str]]) -> None:
        self.is_whole = all(map(WHOLE.fullmatch, texts))
        self._first = np.array([float(text.replace(",", ".")) for text in texts])
        n_rows = len(columns[0]) if columns else 0
        values, whole = np.empty((n_rows, len(texts))), np.empty((n_rows, len(texts)), bool)
        for j, column in enumerate(columns):
            values[:, j] = _values(column)
            whole[:, j] = matches(column, WHOLE.pattern)
        complete = np.isfinite(values).all(axis=1)
        self._below, self._whole = values[complete], whole[complete]

    def rises(self, least: int = FEW) -> bool:
        """Whether at least so many numbers rise or fall from left to right."""
        return len(self._first) >= least and bool(_steady(self._first[None])[0])

    def counts_columns(self) -> bool:
        """Whether they are 0, 1, …, as pandas numbers columns without names, or three or more from 1."""
        n, first = len(self._first), self._first.tolist()
        return n > 0 and (first == list(range(n)) or (n >= FEW and first == list(range(1, n + 1))))

    def lies_outside(self, ranges: float = 0.0) -> bool:
        """Whether nearly all of two numbers or more lie outside their column, by more than so many of its ranges."""
        if len(self._first) < 2 or not len(self._below):
            return False
        low, high = self._below.min(axis=0), self._below.max(axis=0)
        beyond = np.maximum(low - self._first, self._first - high) > ranges * (high - low)
        return bool(beyond.mean() >= _NEARLY_ALL)

    def stand_out(self, enough: int) -> bool:
        """Whether no row below is like them; ``enough`` rows show that they are not evenly spaced by chance."""
        first, below, whole = self._first[None], self._below, self._whole
        n_rows, n = below.shape
        if not n or not n_rows or not np.isfinite(first).all():
            return False
        few = (
            self.rises() and _even(first).all() and not _even(below).any() and n_rows >= enough,
            self.is_whole and not whole.any() and n > 1 and n_rows >= FEW,
        )
        many = (
            self.is_whole and not whole.all(axis=1).any(),
            self.counts_columns() and not (below == first).all(axis=1).any(),
            self.rises() and not _steady(below).any(),
            self.lies_outside(1.0),
        )
        return any(few) or (n_rows >= ENOUGH_ROWS and any(many))


def matches(column: Sequence[str], pattern: str) -> list[bool]:
    """Return which cells match a regular expression, blanks around them and case aside."""
    match = re.compile(rf"\s*(?:{pattern})\s*", re.ASCII | re.IGNORECASE).fullmatch
    return [match(cell) is not None for cell in column]


def share_of_numbers(column: Sequence[str]) -> float | None:
    """Return the share of numbers and booleans among cells that are not missing; None if all are missing."""
    told = [cell for cell in map(str.strip, column) if cell.lower() not in MISSING]
    return sum(matches(told, _VALUE)) / len(told) if told else None


def counts_rows(column: Sequence[str]) -> bool:
    """Return whether a column is 0, 1, … or 1, 2, …"""
    values = _values(column)
    return any(np.array_equal(values, np.arange(len(values)) + start) for start in (0, 1))


def _values(column: Sequence[str]) -> Float64[np.ndarray, " rows"]:
    """Numbers, and NaN for all other cells."""
    return np.array([float(cell) if NUMBER.fullmatch(cell) else np.nan for cell in column])


def _steady(rows: Float64[np.ndarray, "rows columns"]) -> Bool[np.ndarray, " rows"]:
    """Whether each row rises or falls from left to right."""
    steps = np.diff(rows, axis=1)
    steady: Bool[np.ndarray, " rows"] = np.all(steps > 0, axis=1) | np.all(steps < 0, axis=1)
    return steady


def _even(rows: Float64[np.ndarray, "rows columns"]) -> Bool[np.ndarray, " rows"]:
    """Whether the numbers of each row rise or fall in equal steps."""
    steps = np.diff(rows, axis=1)
    even: Bool[np.ndarray, " rows"] = np.all(np.abs(steps - steps[:, :1]) <= 1e-6 * np.abs(steps[:, :1]), axis=1)
    even &= _steady(rows)
    return even
