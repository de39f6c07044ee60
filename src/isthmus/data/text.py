"""CSV and TSV, as they are or compressed with gzip.

Cells of the data are read as text and converted here, so that no type is guessed from the first rows and a cell
that is no number can be named.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from isthmus.data._base import generic_names, shown
from isthmus.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK_BYTES = 2**22
_MAX_HEADER_BYTES = 2**26


class TextSource:
    """A CSV or TSV table that is read from start to end."""

    def __init__(self, file: BinaryIO, name: str, *, delimiter: str, compressed: bool) -> None:
        self._name = name
        self._file: Any = gzip.GzipFile(fileobj=file) if compressed else file
        first = self._first_record()
        if delimiter == "," and "," not in first:
            # Spreadsheets of half the world separate by semicolons and call it CSV all the same.
            delimiter = next((d for d in (";", "\t") if d in first), ",")
        self._delimiter = delimiter
        cells = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter))]
        self.named = not _is_data(cells)
        self.names = tuple(cells) if self.named else generic_names(len(cells))
        self._head = b"" if self.named else first.encode()
        self._check_names()

    def batches(self, wanted: Sequence[str]) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        ragged: list[Any] = []

        def refuse(row: Any) -> str:
            ragged.append(row)
            return "error"

        try:
            reader = arrow_csv.open_csv(
                pa.PythonFile(_Chained(self._head, self._file), mode="r"),
                read_options=arrow_csv.ReadOptions(
                    column_names=self.names, block_size=max(_BLOCK_BYTES, 64 * len(self.names)), use_threads=False
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self._delimiter, invalid_row_handler=refuse, newlines_in_values=True
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pa.string()),
                    include_columns=list(wanted),
                    strings_can_be_null=False,
                ),
            )
            yield from reader
        except pa.ArrowInvalid as error:
            raise self._invalid(error, ragged) from None
        except (OSError, EOFError, zlib.error) as error:
            raise self._unreadable(error) from None

    def close(self) -> None:
        self._file.close()

    def _invalid(self, error: Exception, ragged: list[Any]) -> InputError:
        if ragged:
            row = ragged[0]
            return InputError(
                f"{self._name}: row {row.number} has {row.actual_columns} cells, but there are {row.expected_columns} "
                f"columns: {shown(row.text)}."
            )
        text = str(error)
        if "Empty CSV" in text:
            return InputError(f"{self._name}: has a header, but no rows.")
        if "UTF8" in text or "UTF-8" in text:
            return InputError(f"{self._name}: is not in UTF-8; save it in that encoding.")
        if "straddling" in text:
            return InputError(
                f"{self._name}: has a row of more than {_BLOCK_BYTES // 2**20} MB; is a quotation mark not closed?"
            )
        return InputError(f"{self._name}: cannot be read as a table of text: {shown(text, 80)}.")

    def _unreadable(self, error: Exception) -> InputError:
        if isinstance(error, EOFError):
            return InputError(f"{self._name}: the compressed data end too early; the file is incomplete.")
        return InputError(f"{self._name}: cannot be read ({shown(error, 80)}).")

    def _first_record(self) -> str:
        """The header, or the first row: a line, or several where a quoted cell goes over lines."""
        try:
            record = b""
            while len(record) < _MAX_HEADER_BYTES:
                line = self._file.readline(_MAX_HEADER_BYTES)
                record += line
                if not line or (record.strip() and record.count(b'"') % 2 == 0):
                    break
                if not record.strip():
                    record = b""
        except (OSError, EOFError, zlib.error) as error:
            raise self._unreadable(error) from None
        if not record.strip():
            raise InputError(f"{self._name}: is empty.")
        if record.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputError(f"{self._name}: is in UTF-16; save it as UTF-8.")
        if b"\0" in record:
            raise InputError(f"{self._name}: is no text; if it is a table, give its format with --format.")
        try:
            return record.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(f"{self._name}: is not text in UTF-8; save it in that encoding.") from None

    def _check_names(self) -> None:
        for i, name in enumerate(self.names):
            if not name:
                raise InputError(
                    f"{self._name}: column {i + 1} has no name; name it, or write the table without its index "
                    "(pandas: index=False)."
                )
        if len(set(self.names)) < len(self.names):
            twice = next(name for i, name in enumerate(self.names) if name in self.names[:i])
            raise InputError(f"{self._name}: two columns are called {shown(twice)}.")


class TextSink:
    """A CSV or TSV table; numbers are written so that they are read back exactly."""

    def __init__(self, file: BinaryIO, schema: "pa.Schema", *, delimiter: str, compressed: bool) -> None:
        from pyarrow import csv as arrow_csv

        # No name and no time in the header, so that the same table gives the same bytes.
        self._file: Any = gzip.GzipFile("", "wb", 6, file, mtime=0) if compressed else file
        self._compressed = compressed
        self._writer = arrow_csv.CSVWriter(
            self._file,
            schema,
            write_options=arrow_csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="needed"),
        )
        header = io.StringIO(newline="")
        csv.writer(header, delimiter=delimiter, lineterminator="\n").writerow(schema.names)
        self._file.write(header.getvalue().encode())

    def write(self, batch: "pa.RecordBatch") -> None:
        self._writer.write_batch(batch)

    def finish(self) -> None:
        self._writer.close()
        if self._compressed:
            self._file.close()


class _Chained(io.RawIOBase):
    """What was read ahead, and then the rest of the file."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head[:size], self._head[size:]
            return head
        return self._rest.read(size)  # type: ignore[no-any-return]


def _is_data(cells: Sequence[str]) -> bool:
    """Whether the first row holds data: numbers only, and not the 0, 1, … that pandas writes for columns without names."""
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        return False
    n = len(values)
    return n > 0 and values not in (list(map(float, range(n))), list(map(float, range(1, n + 1))))
