"""NPY and NPZ: one two-dimensional array of numbers, whose columns have no names."""
# ruff: noqa: SIM115 — files outlive functions

import io
import math
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, BinaryIO

import numpy as np
from jaxtyping import Float, Shaped

from isthmus.errors import InputError
from isthmus.tables.budget import Budget
from isthmus.tables.contract import CannotKeepError, Layout, Parts, Sink, Source, rows_per_part
from isthmus.tables.kept import numbers
from isthmus.tables.refusals import refuse_other_kind
from isthmus.tables.types import NUMBER, Kept
from isthmus.words import generic_names, listed, printable, shown

_NPY_HEADER_BYTES = 128  # leaves room for the number of rows, which is only known at the end
_LONGEST_HEADER = 2**14  # of an array that is not of records
# Bytes that tell the length of the header, and the function that reads both, by version.
_HEADERS = {(1, 0): (2, np.lib.format.read_array_header_1_0), (2, 0): (4, np.lib.format.read_array_header_2_0)}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those of NumPy
_MAX_MEMBERS = 10_000


class NpySource(Source):
    """An array file, read row by row."""

    n_rows: int

    def __init__(self, file: IO[bytes], name: str, budget: Budget, size: int | None = None) -> None:
        self._file, self._name = file, name
        with _readable(name, "NPY"):
            shape, self._fortran, self._dtype = self._header()
            start = file.tell()
            size = os.fstat(file.fileno()).st_size if size is None else size
        if self._dtype.kind not in "biuf":
            raise InputError(f"{name}: holds values of type {shown(self._dtype)}, and a table needs numbers.")
        if len(shape) != 2:
            raise InputError(f"{name}: has the shape {shape}, and a table has rows and columns; reshape it.")
        excess = size - start - math.prod(shape) * self._dtype.itemsize
        if min(shape) < 0 or excess < 0:
            raise InputError(f"{name}: is shorter than its shape {shape} needs; the file is incomplete or damaged.")
        if excess > 0:
            raise InputError(f"{name}: is longer than its shape {shape} needs; the file is damaged, or holds more.")
        self.n_rows, self._n_columns = shape
        budget.check_columns(self._n_columns)
        budget.draw(8 * self.n_rows * self._n_columns)
        self.names = generic_names(self._n_columns if self.n_rows else 0)
        self.kinds = dict.fromkeys(self.names, NUMBER)

    def read(self, columns: Sequence[str], kept: Sequence[str]) -> Parts:
        place = {name: j for j, name in enumerate(self.names)}
        data = [place[c] for c in columns]
        everything = data == list(range(self._n_columns))
        for rows in self._rows():
            values = rows.astype(np.float64)
            carried: Kept | None = {c: np.ascontiguousarray(values[:, place[c]]) for c in kept} if kept else None
            yield values if everything else np.ascontiguousarray(values[:, data]), carried

    def close(self) -> None:
        self._file.close()

    def _header(self) -> tuple[tuple[int, ...], bool, np.dtype]:
        first = self._file.read(8)
        if first[:6] != b"\x93NUMPY":
            refuse_other_kind(self._name, first, "an NPY file")
            raise InputError(f"{self._name}: is not an NPY file.")
        return _array_header(self._file, first)

    def _rows(self) -> Iterator[Shaped[np.ndarray, "rows columns"]]:
        shape = (self.n_rows, self._n_columns)
        size = rows_per_part(self._n_columns)
        with _readable(self._name, "NPY"):
            if self._fortran:
                # A row is scattered over the whole file, so the file is mapped into memory and not read.
                columns_first = np.memmap(self._file, self._dtype, "r", self._file.tell(), shape, order="F")
                for start in range(0, self.n_rows, size):
                    yield np.asarray(columns_first[start : start + size])
                return
            for start in range(0, self.n_rows, size):
                count = min(size, self.n_rows - start)
                content = self._file.read(count * self._n_columns * self._dtype.itemsize)
                yield np.frombuffer(content, dtype=self._dtype).reshape((count, self._n_columns))
            self._file.read(1)  # makes zipfile compare the checksum


class NpzSource(NpySource):
    """One array of an archive: the one asked for, the only one of two dimensions, or the one called X."""

    def __init__(self, file: BinaryIO, name: str, budget: Budget, key: str | None = None) -> None:
        first = file.read(8)
        if not first.startswith(b"PK"):
            refuse_other_kind(name, first, "an NPZ file")
            raise InputError(f"{name}: is not an NPZ file.")
        with _readable(name, "NPZ"):
            self._archive = zipfile.ZipFile(file)
            found = [member for member in self._archive.infolist() if member.filename.endswith(".npy")]
            if len(found) > _MAX_MEMBERS:
                raise InputError(f"{name}: holds {len(found)} arrays, and at most {_MAX_MEMBERS} are read.")
            members = {member.filename.removesuffix(".npy"): member for member in found}
            if any(member.flag_bits & 1 for member in members.values()):
                raise InputError(f"{name}: is protected by a password; unpack it first.")
            key = self._key(members, name, key)
            if members[key].compress_type not in _METHODS:
                raise InputError(f"{name}: is compressed in a way that NumPy does not use; write it with NumPy.")
            member = self._archive.open(members[key])
            super().__init__(member, f"{name} ({printable(key)})", budget, members[key].file_size)
            if self._fortran:
                member = tempfile.TemporaryFile()
                with self._archive.open(members[key]) as packed:
                    shutil.copyfileobj(packed, member, 2**20)
                member.seek(0)
                super().__init__(member, self._name, budget)

    def close(self) -> None:
        super().close()
        self._archive.close()

    def _key(self, members: dict[str, zipfile.ZipInfo], name: str, key: str | None) -> str:
        found = listed(list(members)) if members else "no arrays"
        if key is not None and key not in members:
            raise InputError(f"{name}: holds no array {shown(key)}, but {found}.")
        if key is not None or len(members) == 1:
            return next(iter(members)) if key is None else key
        tables = [member for member in members if self._is_table(members[member])]
        if len(tables) != 1 and "X" not in members:
            raise InputError(f"{name}: needs one array of two dimensions, or one called X, and holds {found}.")
        return tables[0] if len(tables) == 1 else "X"

    def _is_table(self, member: zipfile.ZipInfo) -> bool:
        with self._archive.open(member) as file:
            first = file.read(8)
            is_array = first[:6] == b"\x93NUMPY" and (first[6], first[7]) in _HEADERS
            return is_array and len(_array_header(file, first)[0]) == 2


class NpySink(Sink):
    """An array file in the type of the data, or in float64 with kept columns; the header is completed at the end."""

    waits = False  # in a temporary file until the end, as does what goes to a pipe, whose beginning cannot be completed

    def __init__(self, file: IO[bytes], layout: Layout) -> None:
        bad = next((field.name for field in layout.kept if not field.kind.fits_array), None)
        if bad is not None:
            raise CannotKeepError(f"the column {shown(bad)} is not of numbers and cannot be kept in an array file")
        self._kept = [field.name for field in layout.kept]
        self._dtype = np.dtype(np.float64) if self._kept else layout.dtype
        self._n_rows, self._n_columns = 0, len(layout.names)
        self._output = file
        self._file: IO[bytes] = tempfile.TemporaryFile() if self.waits or not file.seekable() else file
        self._file.write(self._header())

    def write(self, values: Float[np.ndarray, "rows columns"], kept: Kept) -> None:
        rows = np.empty((len(values), self._n_columns), self._dtype.newbyteorder("<"))
        for j, name in enumerate(self._kept):
            try:
                rows[:, j] = numbers(kept[name])
            except ValueError:
                problem = f"the column {shown(name)} has numbers that an array file would round, and cannot be kept"
                raise CannotKeepError(problem) from None
        rows[:, len(self._kept) :] = values
        self._file.write(rows.data if rows.size else b"")
        self._n_rows += len(rows)

    def finish(self) -> None:
        self._file.seek(0)
        self._file.write(self._header())
        self._file.seek(0, io.SEEK_END)
        if self._file is not self._output:
            self._file.seek(0)
            self._deliver()
            self._file.close()

    def _deliver(self) -> None:
        shutil.copyfileobj(self._file, self._output)

    def abandon(self) -> None:
        if self._file is not self._output:
            self._file.close()

    def _header(self) -> bytes:
        descr, shape = self._dtype.newbyteorder("<").str, (self._n_rows, self._n_columns)
        text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
        length = _NPY_HEADER_BYTES - 10
        return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text.ljust(length - 1) + b"\n"


class NpzSink(NpySink):
    """An archive with one array, called X."""

    waits = True

    def _deliver(self) -> None:
        member = zipfile.ZipInfo("X.npy")  # dated 1980, so that the same table gives the same bytes
        member.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(self._output, "w") as archive, archive.open(member, "w", force_zip64=True) as target:
            shutil.copyfileobj(self._file, target, 2**20)


def _array_header(file: IO[bytes] | zipfile.ZipExtFile, first: bytes) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read the shape, the order and the type of an array, after the ``first`` 8 bytes of its file."""
    n_bytes, read_header = _HEADERS[first[6], first[7]]
    told = file.read(n_bytes)
    length = int.from_bytes(told, "little")
    if length > _LONGEST_HEADER:
        raise ValueError("NumPy would take as much memory as the header claims")
    return read_header(io.BytesIO(told + file.read(length)))


@contextmanager
def _readable(name: str, kind: str) -> Iterator[None]:
    """Turn any error into one about a damaged file."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # NumPy and zipfile raise a dozen different ones
        told = isinstance(error, zipfile.BadZipFile | OSError | MemoryError | NotImplementedError) and str(error)
        why = f" ({shown(str(error).splitlines()[0], 80)})" if told else ""
        raise InputError(f"{name}: is a damaged {kind} file{why}.") from None
