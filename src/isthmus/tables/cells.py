"""The cells of a text table: how a row is cut into them, what a cell holds, and how names are written."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

# As most programs write numbers: without underscores, other digits than ASCII's, or hexadecimal.
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
COMMA_NUMBER = re.compile(r"\s*[+-]?\d+,\d+([eE][+-]?\d+)?\s*", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
MISSING = ("", "na", "n/a", "nan", "null", "none", "-", "?", ".")
DELIMITERS = ",;\t|"
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_BOOLEANS = ("true", "false")

Kind = Literal["number", "boolean", "missing", "word"]


class Cell(NamedTuple):
    """A cell of the first row; blanks around it are removed where it is not in quotes."""

    text: str
    quoted: bool


def kind_of(text: str) -> Kind:
    """Return what a cell holds; all but words can be data."""
    lower = text.strip().lower()
    if NUMBER.fullmatch(text) or COMMA_NUMBER.fullmatch(text) or _INFINITE.fullmatch(lower):
        return "number"
    return "missing" if lower in MISSING else "boolean" if lower in _BOOLEANS else "word"


def cells_of(record: str, delimiter: str, most: int) -> list[Cell]:
    """Return the cells of one row; of a longer row ``most`` and one more."""
    record = record.rstrip("\r\n")
    cell = re.compile(rf'(?:"([^"]*+(?:""[^"]*+)*+)")?([^{re.escape(delimiter)}]*)({re.escape(delimiter)}|\Z)')
    found: list[Cell] = []
    position, more = 0, True
    while more and len(found) <= most:
        match = cell.match(record, position)
        assert match is not None
        inside, outside = match[1], match[2].strip()
        found.append(Cell(outside, False) if inside is None else Cell(inside.replace('""', '"') + outside, True))
        position, more = match.end(), bool(match[3])
    return found


def quoted_cell(delimiters: str) -> re.Pattern[bytes]:
    """Matches a cell in quotes, which may contain line breaks; the group is empty if the closing quote is missing.

    As in RFC 4180, a quotation mark counts only at the beginning of a cell.
    """
    return re.compile(rb"(?<![^\r\n" + re.escape(delimiters.encode()) + rb'])"[^"]*+(?:""[^"]*+)*+("|\Z)')


def choose_delimiter(first: str, second: str, usual: str, most: int) -> str:
    """Return what separates the cells of a table, by its first two rows; the second is empty where there is none.

    ``most`` is as for ``cells_of``.
    In many countries spreadsheets separate by semicolons and still call it CSV.
    """
    possible = list(dict.fromkeys(delimiter for delimiter in (usual, *DELIMITERS) if delimiter in first))
    above = {delimiter: cells_of(first, delimiter, most) for delimiter in possible}
    below = {delimiter: cells_of(second, delimiter, most) if second else above[delimiter] for delimiter in possible}
    alike = [d for d in possible if len(above[d]) == len(below[d]) > 1]
    of_numbers = [d for d in alike if all(kind_of(cell.text) != "word" for cell in below[d])]
    ragged = [d for d in possible if len(above[d]) > 1 and (d == usual or len(below[d]) > 1)]
    return next(iter((*of_numbers, *alike, *ragged)), usual)


def header_cells(names: Sequence[str]) -> list[str]:
    """Return the cells of a header row, in quotes where they would otherwise be read as something else."""
    return [
        '"' + name.replace('"', '""') + '"'
        if kind_of(name) != "word" or name != name.strip() or re.search(rf'["\r\n{DELIMITERS}]', name)
        else name
        for name in names
    ]
