"""Parquet and Feather (Arrow IPC files) as they are read."""

import mmap
import os
import re
import struct
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, ClassVar

import numpy as np
import pyarrow as pa
from pyarrow import compute

from isthmus.errors import InputError
from isthmus.tables.arrow_columns import is_text, kind_of
from isthmus.tables.arrow_sizes import batch_bytes, carried_bytes, dictionary_bytes, parquet_bytes
from isthmus.tables.budget import Budget
from isthmus.tables.contract import Parts, Source, rows_per_part
from isthmus.tables.refusals import in_brief, refuse_cell, refuse_other_kind
from isthmus.tables.types import ArrowArray, ArrowBatch, Kept, Kind

_COLUMN_BUFFER_BYTES = 2**16


class _ArrowSource(Source):
    """A file of typed columns."""

    named = True
    kind: ClassVar[str]
    magic: ClassVar[bytes]
    kinds: dict[str, Kind]

    def __init__(self, file: BinaryIO, name: str, budget: Budget) -> None:
        self._file, self._name, self._budget = file, name, budget
        self._check_magic()
        with self._readable():
            self.n_rows, self._schema = self._open(file)
            budget.check_columns(len(self._schema))
            self.names = tuple(self._schema.names)
            self.kinds = {field.name: kind_of(field.type) for field in self._schema}
        # The name that pandas gives to the index of a dataframe without one.
        self.index_names = frozenset(c for c in self.names if re.fullmatch(r"(__index_level_\d+__)?", c))

    def read(self, columns: Sequence[str], kept: Sequence[str]) -> Parts:
        wanted = list(dict.fromkeys((*columns, *kept)))
        first = 1
        with self._readable():
            for batch in self._batches(wanted, kept):
                self._budget.draw(8 * batch.num_rows * len(columns) + sum(carried_bytes(batch.column(c)) for c in kept))
                batch.select(list(kept)).validate(full=True)  # damaged text could lead outside its memory
                values = np.empty((batch.num_rows, len(columns)))
                for j, column in enumerate(columns):
                    values[:, j] = self._numbers(batch.column(column), column, first)
                first += batch.num_rows
                carried: Kept = {c: batch.column(c).cast(self.kinds[c].arrow) for c in kept}
                yield values, carried if kept else None

    def close(self) -> None:
        self._file.close()

    @abstractmethod
    def _open(self, file: BinaryIO) -> tuple[int | None, pa.Schema]:
        """The number of rows where it is known, and the types of the columns."""

    @abstractmethod
    def _batches(self, wanted: list[str], kept: Sequence[str]) -> Iterator[ArrowBatch]:
        """The wanted columns, in parts; the kept ones of text may be categories."""

    def _check_magic(self) -> None:
        first, size = self._file.read(8), self._file.seek(0, os.SEEK_END)
        if not first.startswith(self.magic):
            refuse_other_kind(self._name, first, f"a {self.kind} file")
            raise InputError(f"{self._name}: is not a {self.kind} file.")
        self._file.seek(max(0, size - len(self.magic)))
        if self._file.read() != self.magic or size < 12:
            raise InputError(f"{self._name}: is incomplete: the end of the {self.kind} file is missing.")
        self._file.seek(0)

    def _numbers(self, column: ArrowArray, name: str, first: int) -> ArrowArray:
        column.validate()
        if column.null_count:
            row = first + compute.index(column.is_null(), True).as_py()
            refuse_cell(self._name, name, row, "the value is missing")
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.uint8())
        return column.cast(pa.float64(), safe=False)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except (pa.ArrowException, struct.error, OSError, ValueError, OverflowError, IndexError, MemoryError) as error:
            raise InputError(f"{self._name}: is a damaged {self.kind} file ({in_brief(error)}).") from None


class ParquetSource(_ArrowSource):
    """A Parquet file, read by parts of its row groups."""

    kind = "Parquet"
    magic = b"PAR1"

    def _open(self, file: BinaryIO) -> tuple[int | None, pa.Schema]:
        from pyarrow import parquet  # noqa: PLC0415 — takes longer than the rest of pyarrow

        # Each column is read through a buffer of its own, so that a row group may be larger than memory.
        self._opened = partial(parquet.ParquetFile, file, pre_buffer=False, buffer_size=_COLUMN_BUFFER_BYTES)
        self._reader = self._opened()
        return self._reader.metadata.num_rows, self._reader.schema_arrow

    def _batches(self, wanted: list[str], kept: Sequence[str]) -> Iterator[ArrowBatch]:
        self._budget.draw(parquet_bytes(self._file, self._reader.metadata, wanted))
        # Each text once, however many rows have it, until it is known how much all of them take.
        texts = [c for c in kept if is_text(self._schema.field(c).type)]
        reader = self._opened(read_dictionary=texts) if texts else self._reader
        yield from reader.iter_batches(rows_per_part(len(wanted)), columns=wanted, use_threads=False)


class FeatherSource(_ArrowSource):
    """An Arrow IPC file, read by parts of its record batches from mapped memory."""

    kind = "Feather"
    magic = b"ARROW1"

    def _open(self, file: BinaryIO) -> tuple[int | None, pa.Schema]:
        self._pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._mapped = pa.py_buffer(self._pages)
        return None, pa.ipc.open_file(self._mapped).schema

    def _batches(self, wanted: list[str], kept: Sequence[str]) -> Iterator[ArrowBatch]:
        self._budget.draw(dictionary_bytes(self._pages))
        place = {name: i for i, name in enumerate(self.names)}
        options = pa.ipc.IpcReadOptions(included_fields=[place[c] for c in wanted], use_threads=False)
        reader = pa.ipc.open_file(self._mapped, options=options)
        size = rows_per_part(len(wanted))
        for i, n_bytes in enumerate(batch_bytes(self._pages)):
            self._budget.draw(n_bytes)
            batch = reader.get_batch(i)
            batch.validate()
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size)
                if hasattr(self._pages, "madvise"):
                    self._pages.madvise(mmap.MADV_DONTNEED)  # or what was read stays in memory
