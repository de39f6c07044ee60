"""Parquet and Feather (Arrow IPC files)."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from isthmus.data._base import BATCH_ROWS, shown
from isthmus.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_ROW_GROUP = 65_536


class _ArrowSource(ABC):
    named = True

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        with self._readable():
            self._reader, schema = self._open(file)
        self.names: tuple[str, ...] = tuple(schema.names)
        self.schema = schema
        if len(set(self.names)) < len(self.names):
            twice = next(n for i, n in enumerate(self.names) if n in self.names[:i])
            raise InputError(f"{name}: two columns are called {shown(twice)}.")

    def batches(self, wanted: Sequence[str]) -> "Iterator[pa.RecordBatch]":
        with self._readable():
            yield from self._read(list(wanted))

    def close(self) -> None:
        self._file.close()

    @abstractmethod
    def _open(self, file: BinaryIO) -> "tuple[Any, pa.Schema]":
        """The reader of the format, and the columns."""

    @abstractmethod
    def _read(self, wanted: list[str]) -> "Iterator[pa.RecordBatch]":
        """The wanted columns, in parts."""

    @contextmanager
    def _readable(self) -> Iterator[None]:
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            kind = type(self).__name__.removesuffix("Source")
            raise InputError(
                f"{self._name}: cannot be read as {kind} ({shown(str(error).splitlines()[0], 80)})."
            ) from None


class ParquetSource(_ArrowSource):
    """A Parquet file, read by parts of its row groups."""

    def _open(self, file: BinaryIO) -> "tuple[Any, pa.Schema]":
        from pyarrow import parquet

        reader = parquet.ParquetFile(file, pre_buffer=False)
        return reader, reader.schema_arrow

    def _read(self, wanted: list[str]) -> "Iterator[pa.RecordBatch]":
        return self._reader.iter_batches(batch_size=BATCH_ROWS, columns=wanted, use_threads=False)  # type: ignore[no-any-return]


class FeatherSource(_ArrowSource):
    """An Arrow IPC file, read by parts of its record batches."""

    def _open(self, file: BinaryIO) -> "tuple[Any, pa.Schema]":
        import pyarrow as pa

        reader = pa.ipc.open_file(file)
        return reader, reader.schema

    def _read(self, wanted: list[str]) -> "Iterator[pa.RecordBatch]":
        for i in range(self._reader.num_record_batches):
            batch = self._reader.get_batch(i).select(wanted)
            for start in range(0, batch.num_rows, BATCH_ROWS):
                yield batch.slice(start, BATCH_ROWS)


class ParquetSink:
    """A Parquet file, compressed with zstd."""

    def __init__(self, file: BinaryIO, schema: "pa.Schema") -> None:
        from pyarrow import parquet

        self._schema = schema
        self._writer = parquet.ParquetWriter(file, schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []

    def write(self, batch: "pa.RecordBatch") -> None:
        self._waiting.append(batch)
        if sum(part.num_rows for part in self._waiting) >= _ROW_GROUP:
            self._flush()

    def finish(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
            self._waiting = []


class FeatherSink:
    """An Arrow IPC file, compressed with lz4 as Feather files are."""

    def __init__(self, file: BinaryIO, schema: "pa.Schema") -> None:
        import pyarrow as pa

        self._writer = pa.ipc.new_file(file, schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def write(self, batch: "pa.RecordBatch") -> None:
        self._writer.write_batch(batch)

    def finish(self) -> None:
        self._writer.close()
