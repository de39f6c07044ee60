"""NPY and NPZ: one two-dimensional array of numbers, whose columns have no names."""

import io
import math
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from isthmus.data._base import generic_names, shown
from isthmus.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_BYTES = 2**23
_NPY_HEADER_BYTES = 128  # room for the number of rows, which is known at the end only


class NpySource:
    """An array file, read row by row."""

    named = False

    def __init__(self, file: BinaryIO, name: str, size: int | None = None) -> None:
        self._file, self._name = file, name
        try:
            version = np.lib.format.read_magic(file)
            read_header = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[version]
            shape, self._fortran, self._dtype = read_header(file)
        except (ValueError, KeyError, EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
            raise InputError(f"{name}: cannot be read as NPY ({shown(error, 80)}).") from None
        if self._dtype.kind not in "biuf" or self._dtype.itemsize > 8:
            raise InputError(f"{name}: holds {self._dtype}, and a table needs numbers.")
        if len(shape) != 2:
            raise InputError(f"{name}: has the shape {shape}, and a table has rows and columns; reshape it.")
        self._shape = shape
        start = file.tell()
        if size is None:
            size = file.seek(0, io.SEEK_END)
            file.seek(start)
        if size - start != math.prod(shape) * self._dtype.itemsize:
            raise InputError(f"{name}: is not as long as its shape {shape} needs; the file is incomplete or damaged.")
        self.names = generic_names(shape[1])

    def batches(self, wanted: Sequence[str]) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        index = [self.names.index(name) for name in wanted]
        for rows in self._rows():
            yield pa.RecordBatch.from_arrays([pa.array(rows[:, j]) for j in index], names=list(wanted))

    def close(self) -> None:
        self._file.close()

    def _rows(self) -> Iterator[np.ndarray]:
        n_rows, n_columns = self._shape
        native = self._dtype.newbyteorder("=")
        n_batch = n_rows if self._fortran else max(1, _BATCH_BYTES // max(1, n_columns * self._dtype.itemsize))
        for start in range(0, n_rows, max(1, n_batch)):
            count = min(n_batch, n_rows - start)
            try:
                content = self._file.read(count * n_columns * self._dtype.itemsize)
                part = np.frombuffer(content, dtype=self._dtype).reshape(
                    (count, n_columns), order="F" if self._fortran else "C"
                )
            except (ValueError, EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
                raise InputError(f"{self._name}: is damaged ({shown(error, 80)}).") from None
            yield part.astype(native, copy=False)


class NpzSource(NpySource):
    """One array of an archive: the only two-dimensional one, or the one called X."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        try:
            archive = zipfile.ZipFile(file)
            members = {m.filename.removesuffix(".npy"): m for m in archive.infolist() if m.filename.endswith(".npy")}
            key = "X" if "X" in members else self._only_table(archive, members, name)
            super().__init__(archive.open(members[key]), f"{name} ({key})", members[key].file_size)  # type: ignore[arg-type]
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name}: cannot be read as NPZ ({shown(error, 80)}).") from None
        self._archive = archive

    def close(self) -> None:
        super().close()
        self._archive.close()

    @staticmethod
    def _only_table(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str) -> str:
        tables = []
        for key, member in members.items():
            with archive.open(member) as file:
                version = np.lib.format.read_magic(file)
                if version == (1, 0) and len(np.lib.format.read_array_header_1_0(file)[0]) == 2:
                    tables.append(key)
        if len(tables) != 1:
            found = ", ".join(map(shown, list(members)[:8])) or "no arrays"
            raise InputError(f"{name}: needs one table, or an array called X, and holds {found}.")
        return tables[0]


class NpySink:
    """An array file in float64, or in float32 where every column is; the header is completed at the end."""

    def __init__(self, file: BinaryIO, schema: "pa.Schema") -> None:
        import pyarrow as pa

        bad = next((field.name for field in schema if not _is_number(field.type)), None)
        if bad is not None:
            raise InputError(f"column {shown(bad)} is not of numbers and cannot be kept in an array file.")
        self._dtype = np.dtype(np.float32 if all(t == pa.float32() for t in schema.types) else np.float64)
        self._n_rows, self._n_columns = 0, len(schema)
        # A pipe cannot be completed at its beginning; what goes there waits in a temporary file.
        self._output = file
        self._file: Any = file if file.seekable() else tempfile.TemporaryFile()
        self._file.write(self._header())

    def write(self, batch: "pa.RecordBatch") -> None:
        columns = [np.asarray(column) for column in batch.columns]
        self._file.write(np.column_stack(columns).astype(self._dtype, copy=False).tobytes())
        self._n_rows += batch.num_rows

    def finish(self) -> None:
        self._file.seek(0)
        self._file.write(self._header())
        self._file.seek(0, io.SEEK_END)
        if self._file is not self._output:
            self._file.seek(0)
            shutil.copyfileobj(self._file, self._output)
            self._file.close()

    def _header(self) -> bytes:
        description = {
            "descr": self._dtype.newbyteorder("<").str,
            "fortran_order": False,
            "shape": (self._n_rows, self._n_columns),
        }
        text = repr(description).encode()
        padding = b" " * (_NPY_HEADER_BYTES - 10 - len(text) - 1)
        return b"\x93NUMPY\x01\x00" + (_NPY_HEADER_BYTES - 10).to_bytes(2, "little") + text + padding + b"\n"


class NpzSink:
    """An archive with one array, called X."""

    def __init__(self, file: BinaryIO, schema: "pa.Schema") -> None:
        self._output = file
        self._part = tempfile.TemporaryFile()
        self._sink = NpySink(self._part, schema)

    def write(self, batch: "pa.RecordBatch") -> None:
        self._sink.write(batch)

    def finish(self) -> None:
        self._sink.finish()
        self._part.seek(0)
        member = zipfile.ZipInfo("X.npy")  # dated 1980, so that the same table gives the same bytes
        member.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(self._output, "w") as archive, archive.open(member, "w", force_zip64=True) as target:
            shutil.copyfileobj(self._part, target)
        self._part.close()


def _is_number(kind: "pa.DataType") -> bool:
    from pyarrow import types

    return bool(types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind))
