"""CSV and TSV, plain or compressed with gzip.

Cells are read as text and converted here, which is as fast as reading numbers. So no type is guessed from the first
rows, and an error can name the cell that is not a number.
"""

import gzip
import io
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
from jaxtyping import Float64
from pyarrow import compute, csv

from isthmus.errors import InputError
from isthmus.tables.budget import Budget
from isthmus.tables.cells import COMMA_NUMBER, MISSING, NUMBER, cells_of, choose_delimiter, header_cells
from isthmus.tables.contract import Parts, Sink, Source
from isthmus.tables.first_row import ENOUGH_ROWS
from isthmus.tables.header import Expected, Heading, find_header, may_be_data
from isthmus.tables.records import Records
from isthmus.tables.refusals import refuse_cell, refuse_columns
from isthmus.tables.types import ArrowArray, ArrowBatch, ArrowTable, InvalidRow, Schema
from isthmus.words import counted, generic_names, shown

_BLOCK_BYTES = 2**20
_BLOCK_BYTES_PER_COLUMN = 2**12
_MAX_BLOCK_BYTES = 2**26
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
        wanted = list(dict.fromkeys((*columns, *kept)))
        first = 1
        # Each block has a cost per column, so wide tables need larger blocks.
        size = min(max(_BLOCK_BYTES, _BLOCK_BYTES_PER_COLUMN * len(self.names)), _MAX_BLOCK_BYTES)
        for block in self._records.blocks(self._delimiter, size):
            table = self._table(block, wanted, first)
            self._budget.draw(8 * table.num_rows * len(columns) + (table.nbytes if kept else 0))
            yield self._values(table, columns, first), table.select(kept) if kept else None
            first += table.num_rows

    def close(self) -> None:
        self._records.close()

    def _sample(self) -> ArrowTable:
        """Some rows below the first, as text; none if they cannot be read."""
        sample = self._records.sample(self._delimiter, ENOUGH_ROWS).decode(errors="replace").encode()
        try:
            return self._parsed(sample, list(self.names), lambda _: "skip")
        except pa.ArrowException:
            return pa.table({})

    def _table(self, block: bytes, wanted: list[str], first: int) -> ArrowTable:
        """The wanted columns of some rows, as text."""
        ragged: list[InvalidRow] = []

        def remember(row: InvalidRow) -> str:
            ragged.append(row)
            return "error"

        try:
            # pyarrow prints a traceback where it cannot decode the row for the function.
            return self._parsed(block, wanted, remember if _is_utf8(block) else None)
        except (pa.ArrowException, MemoryError) as error:
            if ragged:
                row = ragged[0]
                if self.named and first + row.number == 2 and row.actual_columns == row.expected_columns + 1:
                    raise InputError(
                        f"{self._name}: the header has one name fewer than the rows have cells, as R writes tables "
                        "with names of rows; write it with row.names=FALSE or col.names=NA."
                    ) from None
                raise InputError(
                    f"{self._name}: row {first + row.number - 1} has {counted(row.actual_columns, 'cell')}, but there "
                    f"{'is' if row.expected_columns == 1 else 'are'} {counted(row.expected_columns, 'column')}: "
                    f"{shown(row.text)}."
                ) from None
            if "UTF8" in str(error):
                raise InputError(
                    f"{self._name}: has text that is not in UTF-8, in row {first} or below; save it in that encoding."
                ) from None
            raise InputError(f"{self._name}: cannot be read as a table of text ({shown(error, 80)}).") from None

    def _parsed(self, block: bytes, wanted: list[str], invalid: Callable[[InvalidRow], str] | None) -> ArrowTable:
        return csv.read_csv(
            pa.BufferReader(block),
            # Rows are numbered only with one thread.
            read_options=csv.ReadOptions(column_names=self.names, block_size=len(block) + 1, use_threads=False),
            parse_options=csv.ParseOptions(
                delimiter=self._delimiter, newlines_in_values=True, invalid_row_handler=invalid
            ),
            convert_options=csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
            ),
        )

    def _values(self, table: ArrowTable, columns: Sequence[str], first: int) -> Float64[np.ndarray, "rows columns"]:
        values = np.empty((table.num_rows, len(columns)))
        failed: dict[str, ArrowArray] = {}
        for j, column in enumerate(columns):
            cells = table.column(column).combine_chunks()
            numbers = _numbers(cells)
            if numbers is None:
                failed[column] = cells
            else:
                values[:, j] = numbers
        if failed:
            self._refuse_text(failed, first)
        return values

    def _refuse_text(self, failed: dict[str, ArrowArray], first: int) -> NoReturn:
        """Name the columns of text, or otherwise the first cell that is not a number."""
        textual = [column for column, cells in failed.items() if _is_text(cells)]
        bad = {column: _first_bad(cells) for column, cells in failed.items()}
        column = textual[0] if textual else min(bad, key=lambda column: bad[column])
        row, cell = first + bad[column], failed[column][bad[column]].as_py()
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


class TextSink(Sink):
    """A CSV or TSV table; numbers have as few digits as restore them exactly."""

    def __init__(self, file: BinaryIO, schema: Schema, *, delimiter: str, compressed: bool) -> None:
        for field in schema:
            pa.nulls(0, field.type).cast(pa.large_string())  # fails for types that cannot be text
        # Without a name and a time in the header the same table gives the same bytes. Level 4 takes a third of the time
        # of level 6, and 2 % more space.
        self._gzip = gzip.GzipFile("", "wb", 4, file, mtime=0) if compressed else None
        self._file = self._gzip or file
        self._delimiter = delimiter
        self._file.write((delimiter.join(header_cells(schema.names)) + "\n").encode())

    def write(self, batch: ArrowBatch) -> None:
        if not batch.num_rows:
            return
        empty, end, delimiter = (pa.scalar(text, pa.large_string()) for text in ("", "\n", self._delimiter))
        join = partial(compute.binary_join_element_wise, null_handling="replace", null_replacement="")
        *cells, last = (self._texts(column) for column in batch.columns)
        rows = join(*cells, join(last, empty, end), delimiter)
        _, offsets, data = rows.buffers()
        start, stop = np.frombuffer(offsets, np.int64)[[rows.offset, rows.offset + len(rows)]]
        self._file.write(memoryview(data)[start:stop])

    def finish(self) -> None:
        if self._gzip is not None:
            self._gzip.close()

    def abandon(self) -> None:
        if self._gzip is not None:
            self._gzip.fileobj = io.BytesIO()  # closing writes the end of the archive
            self._gzip.close()

    def _texts(self, column: ArrowArray) -> ArrowArray:
        """The cells of a column, in quotes where they need them."""
        texts = column.cast(pa.large_string())
        if pa.types.is_floating(column.type):
            return texts
        need = compute.match_substring_regex(texts, f'["\r\n{self._delimiter}]')
        if not compute.any(need).as_py():
            return texts
        mark = pa.scalar('"', pa.large_string())
        doubled = compute.replace_substring(texts, '"', '""')
        quoted = compute.binary_join_element_wise(mark, doubled, mark, pa.scalar("", pa.large_string()))
        return compute.if_else(need, quoted, texts)


def _is_utf8(block: bytes) -> bool:
    try:
        return block.isascii() or bool(block.decode())
    except UnicodeDecodeError:
        return False


def _numbers(cells: ArrowArray) -> ArrowArray | None:
    """Cells as float64, with true and false as 1 and 0; None if one of them is not a number."""
    for prepare in (None, compute.utf8_trim_whitespace, _with_digits):
        cells = cells if prepare is None else prepare(cells)
        with suppress(pa.ArrowInvalid):
            return cells.cast(pa.float64())
    return None


def _with_digits(cells: ArrowArray) -> ArrowArray:
    ones = compute.replace_substring_regex(cells, "^(?i:true)$", "1")
    return compute.replace_substring_regex(ones, "^(?i:false)$", "0")


def _first_bad(cells: ArrowArray) -> int:
    """Position of the first cell that is not a number, by bisection; there must be one."""
    low, high = 0, len(cells)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _numbers(cells.slice(low, middle - low)) is None else (middle, high)
    return low


def _are_several(name: str, cell: str) -> bool:
    """Whether a name and a cell are as many, divided by blanks or marks that do not separate cells here."""
    names, numbers = (re.split(r"[^\w.+-]+", text.strip()) for text in (name, cell))
    return len(names) == len(numbers) > 1 and all(map(NUMBER.fullmatch, numbers))


def _is_text(cells: ArrowArray) -> bool:
    """Whether words outnumber numbers among the first thousand cells."""
    words = numbers = 0
    for cell in cells.slice(0, 1000).to_pylist():
        if NUMBER.fullmatch(cell) or COMMA_NUMBER.fullmatch(cell):
            numbers += 1
        elif cell.strip().lower() not in MISSING:
            words += 1
    return words > numbers
