"""Whether the first row of a text table names the columns, or is data."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from isthmus.tables.cells import Cell, kind_of
from isthmus.tables.first_row import ENOUGH_ROWS, FEW, FirstNumbers, counts_rows, matches, share_of_numbers
from isthmus.words import generic_names, printable

MOST_ROWS = 1000
_MOST_SHOWN, _LONGEST = 4, 20


class Heading(NamedTuple):
    """Whether the first row is a header, and what to say about it where that is not obvious."""

    named: bool
    note: str = ""


class Expected(NamedTuple):
    """What the caller knows about the columns: the names that it asks for, and those that a model needs."""

    asked: Collection[str] = ()
    require: Sequence[str] | None = None


def may_be_data(cells: Sequence[Cell], expected: Expected) -> bool:
    """Return whether the first row could be data, so that the rows below have to be looked at."""
    known = expected.asked if expected.require is None else expected.require
    if known and {cell.text for cell in cells}.issuperset(known):
        return False
    kinds = {kind_of(cell.text) for cell in cells}
    return bool(kinds & {"number", "boolean"}) or ("word" not in kinds and any(cell.text for cell in cells))


def find_header(
    cells: Sequence[Cell], second: Sequence[Cell], below: Sequence[Sequence[str]], expected: Expected
) -> Heading:
    """Decide whether a first row that could be data is a header.

    It is one if it is unlike all rows below: in quotes, a word above numbers, or numbers that no other row resembles.

    Parameters
    ----------
    cells, second : sequences of Cell
        The first row, and the one below; the second is empty if there is none.
    below : sequence of columns
        The cells of some rows below, for each column.
    expected : Expected
        What the caller knows about the columns.
    """
    generic = set(generic_names(len(cells)))
    if expected.asked and generic.issuperset(expected.asked):
        return Heading(False)
    if any(a.quoted and kind_of(a.text) != "word" and not b.quoted for a, b in zip(cells, second, strict=False)):
        return Heading(True)
    texts = [cell.text for cell in cells if cell.text]
    if len(set(texts)) < len(texts) or not below[0]:
        return Heading(False)
    if _is_of_other_kind(cells, below):
        return Heading(True)
    return _by_numbers(texts, cells, below, expected, known=generic.issuperset(expected.require or ("",)))


def _is_of_other_kind(cells: Sequence[Cell], columns: Sequence[Sequence[str]]) -> bool:
    """Whether a word stands above numbers, a number above words, or nothing above an index of pandas."""
    for j, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        kind, share = _kind_above(cell.text, column), share_of_numbers(column)
        few = share is not None and share < 0.5
        if (kind == "word" and share == 1) or (kind == "number" and few):
            return True
        if not cell.text and j == 0 and (few or counts_rows(column)):
            return True
    return False


def _by_numbers(
    texts: Sequence[str], cells: Sequence[Cell], columns: Sequence[Sequence[str]], expected: Expected, *, known: bool
) -> Heading:
    """Decide by the numbers of the first row; ``known`` tells that the model's columns have no names."""
    kinds = [_kind_above(cell.text, column) for cell, column in zip(cells, columns, strict=True)]
    chosen = [j for j, kind in enumerate(kinds) if kind == "number"]
    words = [j for j, kind in enumerate(kinds) if kind == "word"]
    numbers = FirstNumbers([cells[j].text for j in chosen], [columns[j] for j in chosen])
    if len(chosen) >= FEW and not words and numbers.counts_columns():
        return Heading(True)
    if numbers.stand_out(1 if expected.require is None else ENOUGH_ROWS):
        return Heading(True, "" if words else _taken(texts))
    if words and numbers.is_whole and not any(_recurs(cells[j].text, columns[j]) for j in words):
        return Heading(True, _taken(texts))
    odd = words or "boolean" in kinds or numbers.counts_columns() or numbers.rises(2) or numbers.lies_outside()
    return Heading(False, _not_taken(texts) if odd and not known else "")


def _kind_above(text: str, column: Sequence[str]) -> str:
    """The kind of a cell of the first row; true and false are words above a column without them."""
    kind = kind_of(text)
    return "word" if kind == "boolean" and not any(matches(column, "true|false")) else kind


def _recurs(text: str, column: Sequence[str]) -> bool:
    """Whether a word occurs in its column again, or has digits at the places where all others have them."""
    if any(cell.strip() == text for cell in column):
        return True
    shapes = {_shape(cell) for cell in column[:ENOUGH_ROWS]}
    return shapes == {_shape(text)} and any(character.isdigit() for character in text)


def _shape(text: str) -> str:
    return "".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in text.strip())


def _taken(texts: Sequence[str]) -> str:
    return f"the first row {_brief(texts)} is taken as the header; --header no reads it as data."


def _not_taken(texts: Sequence[str]) -> str:
    return (
        f"no header found: the columns are called x0, x1, …, and the first row {_brief(texts)} is data; "
        "--header yes reads it as names."
    )


def _brief(texts: Sequence[str]) -> str:
    short = [text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…" for text in texts[:_MOST_SHOWN]]
    return printable(", ".join([*short, *(["…"] if len(texts) > _MOST_SHOWN else [])]))
