"""CSV and TSV, plain or compressed with gzip.

No type is guessed from the first rows, and an error can name the cell that is not a number.
"""

import re
from collections.abc import Sequence
from typing import BinaryIO, NoReturn

import numpy as np
from jaxtyping import Float64

from isthmus.errors import InputError
from isthmus.tables.budget import Budget
from isthmus.tables.cells import COMMA_NUMBER, MISSING, NUMBER, cells_of, choose_delimiter
from isthmus.tables.contract import Parts, Source
from isthmus.tables.first_row import ENOUGH_ROWS
from isthmus.tables.header import MOST_ROWS, Expected, Heading, find_header, may_be_data
from isthmus.tables.kept import text_array
from isthmus.tables.records import Records, row_of_block
from isthmus.tables.refusals import refuse_cell, refuse_columns
from isthmus.tables.text_cells import RaggedRowError, TextCells, is_unicode, number_of, numbers_of
from isthmus.tables.types import Kept
from isthmus.words import counted, generic_names, shown

_BLOCK_BYTES = 2**20
_BLOCK_BYTES_PER_COLUMN = 2**9
_MAX_BLOCK_BYTES = 2**24
_KEPT_BYTES = 64  # of a cell beside its letters
_EXCEL = re.compile(r'"?sep=([,;\t|])"?\s*')  # a first line that tells Excel the separator


class TextSource(Source):
    """A CSV or TSV table that is read from start to end."""

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        *,
        delimiter: str,
        compressed: bool,
        header: bool | None,
        expected: Expected,
        budget: Budget,
    ) -> None:
        self._name, self._budget = name, budget
        self._records = Records(file, name, budget, compressed=compressed)
        told = _EXCEL.fullmatch(self._records.first)
        if told:
            self._records.skip()
        first, second = self._records.first, self._records.second()
        self._delimiter = told[1] if told else choose_delimiter(first, second, delimiter, budget.columns)
        cells = cells_of(first, self._delimiter, budget.columns)
        budget.check_columns(len(cells))
        self.names = generic_names(len(cells))
        if header is None and may_be_data(cells, expected):
            below = cells_of(second, self._delimiter, budget.columns) if second else []
            heading = find_header(cells, below, self._sample(), expected)
        else:
            heading = Heading(header is not False)
        self.named, self.note = heading
        if self.named:
            unnamed = {i: f"column {i + 1}" for i, cell in enumerate(cells) if not cell.text}
            self.names = tuple(unnamed.get(i, cell.text) for i, cell in enumerate(cells))
            self.index_names = frozenset(unnamed.values())
        else:
            self._records.put_back()

    def read(self, columns: Sequence[str], kept: Sequence[str]) -> Parts:
        first = 1
        # Each block has a cost per column, so wide tables need larger blocks.
        size = min(max(_BLOCK_BYTES, _BLOCK_BYTES_PER_COLUMN * len(self.names)), _MAX_BLOCK_BYTES)
        place = {name: j for j, name in enumerate(self.names)}
        for block in self._records.blocks(self._delimiter, size):
            try:
                cells = TextCells(block, self._delimiter, len(self.names))
            except RaggedRowError as error:
                self._refuse_row(error, block, first)
            wanted = {column: cells.column(place[column]) for column in dict.fromkeys((*columns, *kept))}
            if not block.isascii() and not all(map(is_unicode, wanted.values())):
                raise InputError(
                    f"{self._name}: has text that is not in UTF-8, in row {first} or below; save it in that encoding."
                )
            n_letters = sum(sum(map(len, wanted[column])) for column in kept)
            self._budget.draw(8 * cells.n_rows * len(columns) + _KEPT_BYTES * cells.n_rows * len(kept) + n_letters)
            carried: Kept | None = {column: text_array(wanted[column]) for column in kept} if kept else None
            yield self._values({column: wanted[column] for column in columns}, cells.n_rows, first), carried
            first += cells.n_rows

    def close(self) -> None:
        self._records.close()

    def _sample(self) -> list[list[str]]:
        """The columns of some rows below the first."""
        block = self._records.sample(self._delimiter, ENOUGH_ROWS)
        cells = TextCells(block, self._delimiter, len(self.names), skip_ragged=True, most_rows=MOST_ROWS)
        return [cells.column(j) for j in range(len(self.names))]

    def _values(self, cells: dict[str, list[str]], n_rows: int, first: int) -> Float64[np.ndarray, "rows columns"]:
        values = np.empty((n_rows, len(cells)))
        failed: dict[str, list[str]] = {}
        for j, (column, texts) in enumerate(cells.items()):
            numbers = numbers_of(texts)
            if numbers is None:
                failed[column] = texts
            else:
                values[:, j] = numbers
        if failed:
            self._refuse_text(failed, first)
        return values

    def _refuse_row(self, error: RaggedRowError, block: bytes, first: int) -> NoReturn:
        """Refuse a row that has another number of cells; ``first`` is the number of the block's first row."""
        n_columns, number = len(self.names), first + error.row
        if self.named and number == 1 and error.n_cells == n_columns + 1:
            raise InputError(
                f"{self._name}: the header has one name fewer than the rows have cells, as R writes tables "
                "with names of rows; write it with row.names=FALSE or col.names=NA."
            ) from None
        text = row_of_block(block, self._delimiter, error.row)[:400].decode(errors="replace")
        raise InputError(
            f"{self._name}: row {number} has {counted(error.n_cells, 'cell')}, but there "
            f"{'is' if n_columns == 1 else 'are'} {counted(n_columns, 'column')}: {shown(text)}."
        ) from None

    def _refuse_text(self, failed: dict[str, list[str]], first: int) -> NoReturn:
        """Name the columns of text, or otherwise the first cell that is not a number."""
        textual = [column for column, cells in failed.items() if _is_text(cells)]
        bad = {column: _first_bad(cells) for column, cells in failed.items()}
        column = textual[0] if textual else min(bad, key=lambda column: bad[column])
        row, cell = first + bad[column], failed[column][bad[column]]
        if len(self.names) == 1 and _are_several(column, cell):
            raise InputError(
                f"{self._name}: has a single column, {shown(column)}, whose cells look like several "
                f"({shown(cell)} in row {row}); separate them by commas, semicolons, tabs or |."
            )
        if textual:
            refuse_columns(self._name, textual, "text", f" ({shown(cell)} in row {row})")
        if cell.strip().lower() in MISSING:
            problem = "the value is missing" + (f" ({shown(cell)})" if cell.strip() else "")
        elif COMMA_NUMBER.fullmatch(cell):
            raise InputError(
                f"{self._name}: column {shown(column)}, row {row}: {shown(cell)} has a decimal comma, and numbers are "
                "read with a decimal point; save the table with points."
            )
        else:
            problem = f"{shown(cell)} is not a number"
        refuse_cell(self._name, column, row, problem)


def _first_bad(cells: Sequence[str]) -> int:
    """Position of the first cell that is not a number; there must be one."""
    return next(i for i, cell in enumerate(cells) if number_of(cell) is None)


def _are_several(name: str, cell: str) -> bool:
    """Whether a name and a cell are as many, divided by blanks or marks that do not separate cells here."""
    names, numbers = (re.split(r"[^\w.+-]+", text.strip()) for text in (name, cell))
    return len(names) == len(numbers) > 1 and all(map(NUMBER.fullmatch, numbers))


def _is_text(cells: Sequence[str]) -> bool:
    """Whether words outnumber numbers among the first thousand cells."""
    words = numbers = 0
    for cell in cells[:1000]:
        if NUMBER.fullmatch(cell) or COMMA_NUMBER.fullmatch(cell):
            numbers += 1
        elif cell.strip().lower() not in MISSING:
            words += 1
    return words > numbers
