"""Parquet and Feather (Arrow IPC files) as they are written."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, ClassVar

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from isthmus.tables.arrow_columns import arrow_array, arrow_type
from isthmus.tables.contract import CannotKeepError, Layout, Sink
from isthmus.tables.refusals import in_brief
from isthmus.tables.types import ArrowBatch, Kept

_ROW_GROUP_BYTES = 2**24


class _ArrowSink(Sink):
    """A file of typed columns."""

    kind: ClassVar[str]
    _writer: Any

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        data = pa.from_numpy_dtype(layout.dtype)
        kept = [pa.field(field.name, arrow_type(field.kind)) for field in layout.kept]
        self._schema = pa.schema([*kept, *(pa.field(column, data) for column in layout.columns)])
        self._kept = [(field.name, field.type) for field in kept]
        with self._keepable():
            self._open(file)

    def write(self, values: Float[np.ndarray, "rows columns"], kept: Kept) -> None:
        with self._keepable():
            arrays = [arrow_array(kept[name], kind) for name, kind in self._kept]
            arrays += [pa.array(np.ascontiguousarray(column)) for column in values.T]
            self._add(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def finish(self) -> None:
        with self._keepable():
            self._writer.close()

    def abandon(self) -> None:
        with suppress(Exception):
            self._writer.close()

    @abstractmethod
    def _open(self, file: BinaryIO) -> None:
        """Begin to write."""

    @abstractmethod
    def _add(self, batch: ArrowBatch) -> None:
        """Write some rows."""

    @contextmanager
    def _keepable(self) -> Iterator[None]:
        """Turn errors about types that the format cannot hold into a sentence."""
        try:
            yield
        except pa.ArrowException as error:
            raise CannotKeepError(f"the kept columns cannot be written as {self.kind} ({in_brief(error)})") from None


class ParquetSink(_ArrowSink):
    """A Parquet file, compressed with zstd."""

    kind = "parquet"

    def finish(self) -> None:
        self._flush()
        super().finish()

    def _open(self, file: BinaryIO) -> None:
        from pyarrow import parquet  # noqa: PLC0415 — takes longer than the rest of pyarrow

        # Floating-point numbers rarely repeat, so that a dictionary does not pay.
        repeating = [field.name for field in self._schema if not pa.types.is_floating(field.type)]
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd", use_dictionary=repeating)
        self._waiting: list[ArrowBatch] = []

    def _add(self, batch: ArrowBatch) -> None:
        self._waiting.append(batch)
        if sum(part.nbytes for part in self._waiting) >= _ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema)
        self._waiting = []
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)


class FeatherSink(_ArrowSink):
    """An Arrow IPC file, compressed with lz4 as Feather files are."""

    kind = "feather"

    def _open(self, file: BinaryIO) -> None:
        self._writer = pa.ipc.new_file(file, self._schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def _add(self, batch: ArrowBatch) -> None:
        self._writer.write_batch(batch)
