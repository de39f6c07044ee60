"""The rows of a text file as blocks of bytes: decompressed, in UTF-8, and split only between rows."""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from io import BufferedReader
from typing import BinaryIO, cast

from isthmus.errors import InputError
from isthmus.system.files import reason
from isthmus.tables.budget import Budget
from isthmus.tables.cells import DELIMITERS, quoted_cell
from isthmus.tables.refusals import refuse_other_kind
from isthmus.words import shown

_FIRST_BYTES = 2**16
_MAX_SAMPLE_BYTES = 2**22
_LINE_END = re.compile(rb"[\r\n]")


class Records:
    """The rows of a text file, from start to end.

    ``first`` is the first row that is not blank, usually the header. Quoted cells may contain line breaks.
    """

    def __init__(self, file: BinaryIO, name: str, budget: Budget, *, compressed: bool) -> None:
        self._name, self._budget = name, budget
        counted = _Counted(file, budget)
        self._file = gzip.GzipFile(fileobj=cast(BinaryIO, counted), mode="rb") if compressed else counted
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_compressed, self._begun = compressed, False
        self._rest = self._beginning()
        self.first = self._first()

    def skip(self) -> None:
        """Move ``first`` on to the next row."""
        self.first = self._first()

    def second(self) -> str:
        """The row after ``first``, which stays; empty if there is none, and damaged letters replaced."""
        end = self._row_end()
        return self._rest[:end].decode(errors="replace")

    def sample(self, delimiter: str, rows: int) -> bytes:
        """The complete rows after ``first``, which stay: at least ``rows`` if there are as many within 4 MB."""
        quoted = quoted_cell(delimiter)
        while self._rest.count(b"\n") < rows and len(self._rest) < _MAX_SAMPLE_BYTES:
            more = self._read(max(_FIRST_BYTES, len(self._rest)))
            if not more:
                return self._rest
            self._rest += more
        return self._rest[: _last_row_end(self._rest, quoted)]

    def put_back(self) -> None:
        """Make ``blocks`` start with the first row."""
        self._rest = self.first.encode() + self._rest

    def blocks(self, delimiter: str, size: int) -> Iterator[bytes]:
        """The rows in blocks of about ``size`` bytes; a longer row gives a longer block."""
        quoted = quoted_cell(delimiter)
        rest, self._rest = self._rest, b""
        # Reads double, so that the time for a row of many megabytes stays linear in its length.
        while more := self._read(max(size, len(rest))):
            rest += more
            end = _last_row_end(rest, quoted)
            if end and len(rest) > len(more):  # only the first row can be longer than one read
                self._budget.check_row(rest[: _first_row_end(rest, quoted)])
            if end:
                yield rest[:end]
                rest = rest[end:]
            self._budget.check_row(rest)
        opened = next((match.start() for match in quoted.finditer(rest) if not match[1]), None)
        if opened is not None:
            raise self._unclosed(rest[_last_row_end(rest[:opened], quoted) :])
        if rest:
            yield rest

    def close(self) -> None:
        """Close the decompressor; whoever opened the file closes it."""
        if isinstance(self._file, gzip.GzipFile):
            self._file.close()

    def _beginning(self) -> bytes:
        raw = self._read(_FIRST_BYTES)
        refuse_other_kind(self._name, raw, "a table of text")
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._decoder = codecs.getincrementaldecoder("utf-16")()
            raw = self._decoded(raw)
        if b"\0" in raw:
            raise InputError(f"{self._name}: is not a text file; if it is a table, give its format with --format.")
        return raw.removeprefix(codecs.BOM_UTF8)

    def _first(self) -> str:
        """Remove the first row from what was read."""
        end = self._row_end()
        record, self._rest = self._rest[:end], self._rest[end:]
        if not record.strip():
            raise InputError(f"{self._name}: is empty.")
        try:
            return record.decode()
        except UnicodeDecodeError:
            raise InputError(f"{self._name}: is not text in UTF-8; save it in that encoding.") from None

    def _row_end(self) -> int:
        """Where the first row of what was read ends; blank lines before it are removed, and a longer row is read on."""
        quoted = quoted_cell(DELIMITERS)
        while True:
            self._rest = self._rest.lstrip(b"\r\n")
            end = _first_row_end(self._rest, quoted)
            self._budget.check_row(self._rest[:end], first=True)
            if end is not None:
                return end
            more = self._read(max(_FIRST_BYTES, len(self._rest)))
            if not more:
                return len(self._rest)
            self._rest += more

    def _read(self, size: int) -> bytes:
        """The next bytes; empty only at the end."""
        try:
            while raw := self._bytes(size):
                self._begun = True
                if self._decoder is None:
                    return raw
                if decoded := self._decoded(raw):
                    return decoded
        except EOFError:
            raise InputError(f"{self._name}: the compressed data end too early; the file is incomplete.") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            if str(error).startswith("Not a gzipped file") and not self._begun:
                raise InputError(f"{self._name}: is not compressed with gzip; give its format with --format.") from None
            raise InputError(f"{self._name}: the compressed data are damaged.") from None
        except OSError as error:
            raise InputError(f"{self._name}: cannot be read ({reason(error)}).") from None
        return b"" if self._decoder is None else self._decoded(b"", final=True)

    def _bytes(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end; read in pieces, as Ctrl-C is noticed only between reads of a pipe."""
        pieces, missing = [], size
        while missing and (piece := self._file.read1(missing)):
            pieces.append(piece)
            missing -= len(piece)
            if self._is_compressed:
                self._budget.draw(len(piece))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _decoded(self, raw: bytes, *, final: bool = False) -> bytes:
        assert self._decoder is not None
        try:
            return str(self._decoder.decode(raw, final)).encode()
        except UnicodeError:
            raise InputError(f"{self._name}: begins like UTF-16 but is damaged; save it as UTF-8.") from None

    def _unclosed(self, row: bytes) -> InputError:
        start = shown(row[:80].decode(errors="replace"))
        return InputError(f"{self._name}: a quotation mark is not closed in the row that begins {start}.")


class _Counted:
    """A file that counts what is read of it, before it is decompressed."""

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file, self._budget = cast(BufferedReader, file), budget

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._budget.stored += len(data)
        return data

    def read1(self, size: int = -1) -> bytes:
        data = self._file.read1(size)
        self._budget.stored += len(data)
        return data


def row_of_block(block: bytes, delimiter: str, row: int) -> bytes:
    """Return one of the complete rows of a block; blank lines do not count."""
    quoted = quoted_cell(delimiter)
    start = 0
    while (end := _first_row_end(block, quoted, start)) is not None:
        record = block[start:end].strip(b"\r\n")
        if record and row == 0:
            return record
        start, row = end, row - bool(record)
    return block[start:]


def _first_row_end(block: bytes, quoted: re.Pattern[bytes], start: int = 0) -> int | None:
    """Return the end of the row of a block that begins at ``start``; None if the block ends before it."""
    end = start
    while True:
        if end <= start:
            line_end = _LINE_END.search(block, start)
            if line_end is None:
                return None
            end = line_end.end()
        cell = quoted.search(block, start) if block.find(b'"', start, end) >= 0 else None
        if cell is None or cell.start() >= end:
            return end
        start = cell.end()


def _last_row_end(block: bytes, quoted: re.Pattern[bytes]) -> int:
    """Return the end of the last complete row of a block; 0 without one."""
    gaps, start = [], 0  # the text between quoted cells
    if b'"' in block:
        for match in quoted.finditer(block):
            gaps.append((start, match.start()))
            start = match.end()
    gaps.append((start, len(block)))
    for start, stop in reversed(gaps):
        end = max(block.rfind(b"\n", start, stop), block.rfind(b"\r", start, stop)) + 1
        if end:
            return end
    return 0
