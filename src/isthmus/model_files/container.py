"""The file format: one safetensors file of tensors, with settings in JSON and a checksum of every byte.

Loading runs no code, checks everything before it allocates, and refuses what it does not understand. The format is
specified in docs/model-file.md.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, BinaryIO

import numpy as np

from isthmus._version import __version__
from isthmus.errors import ModelFileError, ParameterError
from isthmus.model_files.sections import Rules, Section, list_of, size
from isthmus.parameters.rules import one_of
from isthmus.system.files import atomic_write, open_input
from isthmus.system.magic import LONGEST, kind_of
from isthmus.system.stored import stored_bytes
from isthmus.words import printable

FORMAT = "isthmus"
FORMAT_VERSION = 1

Tensors = dict[str, np.ndarray]
Expected = dict[str, tuple[str, tuple[int, ...]]]
"""Data type, by NumPy's name, and shape of each tensor."""

_DTYPES: dict[str, np.dtype] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
_CODES = {dtype.name: code for code, dtype in _DTYPES.items()}
_MAX_HEADER_BYTES, _MAX_TENSORS, _MAX_DIMENSIONS, _MAX_DEPTH = 2**25, 10_000, 8, 32
_MAX_JSON_PARTS = 100_000  # objects, lists and keys: Python takes a hundred bytes and more for each
_FREE_BYTES, _EXPANSION = 2**28, 200
_JSON_PART = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|([{[:])', re.DOTALL)  # text, or else a part in the group
UNLIMITED = "if you trust it, load it with limits=False (on the command line: --no-limits)"
_UNSIGNED = "0" * 64  # the checksum is computed with zeros in its own place


@dataclass(frozen=True, eq=False)
class NewModelFile:
    """The bytes of a model file that is to be written: those before the tensors, the tensors, and their checksum."""

    header: bytes
    arrays: list[np.ndarray]
    checksum: str


def write_model_file(path: str | os.PathLike[str], tensors: Tensors, settings: Mapping[str, object]) -> None:
    """Write tensors and settings to one file, whole or not at all; the same input gives the same bytes.

    The errors are those of ``model_file_of``, and OutputError if the file cannot be written.
    """
    new = model_file_of(tensors, settings)
    with atomic_write(path) as file:
        file.write(new.header)
        for array in new.arrays:
            file.write(array.tobytes())


def model_file_of(tensors: Tensors, settings: Mapping[str, object]) -> NewModelFile:
    """Return the file of tensors and settings.

    Tensors are in float32 or float64, and settings plain JSON, apart from NumPy's numbers. ParameterError if a tensor
    holds NaN or an infinity, or the names of the columns are too long.
    """
    header: dict[str, object] = {}
    arrays, end = [], 0
    # The wider type first keeps every tensor aligned to its own size.
    for name in sorted(tensors, key=lambda key: (-tensors[key].itemsize, key)):
        code = _CODES[tensors[name].dtype.name]
        array = np.asarray(tensors[name], dtype=_DTYPES[code], order="C")
        if not np.isfinite(array).all():
            raise ParameterError(f"The model cannot be saved: {name} holds NaN or infinite values.")
        start, end = end, end + array.nbytes
        header[name] = vars(_Entry(code, array.shape, (start, end)))
        arrays.append(array)
    try:
        written = json.dumps(settings, sort_keys=True, allow_nan=False, default=np.generic.item)
    except ValueError:
        raise ParameterError(
            "The model cannot be saved: its errors are NaN or infinite, since numbers overflowed in the fit; divide "
            "the rows by a number."
        ) from None
    metadata = {
        "format": FORMAT, "format_version": str(FORMAT_VERSION), "isthmus": __version__,
        "settings": written, "sha256": _UNSIGNED,
    }  # fmt: skip
    text = json.dumps({"__metadata__": metadata, **header}).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > _MAX_HEADER_BYTES:
        limit = f"{_MAX_HEADER_BYTES // 2**20} MB"
        raise ParameterError(f"The model cannot be saved: the names of its columns take more than {limit}.")
    prefix = len(text).to_bytes(8, "little") + text
    digest = hashlib.sha256(prefix)
    for array in arrays:
        digest.update(array.data if array.ndim else array.tobytes())
    # The checksum is the last of the metadata, and quotes in names and settings are escaped: nothing else matches.
    before, unsigned, after = prefix.rpartition(_checksum_field(_UNSIGNED))
    assert unsigned
    checksum = digest.hexdigest()
    return NewModelFile(before + _checksum_field(checksum) + after, arrays, checksum)


@dataclass(frozen=True)
class _Entry(Section):
    """A tensor in the header; the offsets are its first byte and the byte after the last."""

    dtype: Annotated[str, one_of("F32", "F64")]
    shape: Annotated[tuple[int, ...], list_of(size(0), longest=_MAX_DIMENSIONS)]
    data_offsets: Annotated[tuple[int, int], list_of(size(0), 2, 2)]

    def rules(self) -> Rules:
        start, stop = self.data_offsets
        n_bytes = math.prod(self.shape) * _DTYPES[self.dtype].itemsize
        yield "data_offsets", "as far apart as the tensor is long", stop - start == n_bytes


@dataclass(frozen=True)
class ModelFile:
    """An open model file; everything but the values of its tensors has been checked."""

    settings: dict[str, object]
    checksum: str
    _file: BinaryIO
    _entries: dict[str, _Entry]
    _data_start: int

    def read_tensors(self, expected: Expected) -> Tensors:
        """Read the tensors, if the file has exactly those that are expected."""
        found = {name: (_DTYPES[entry.dtype].name, entry.shape) for name, entry in self._entries.items()}
        if found != expected:
            name = min(name for name in found.keys() | expected if found.get(name) != expected.get(name))
            raise ModelFileError(
                f"tensor {name[:80]!r} is {found.get(name, 'missing')}, and the settings ask for "
                f"{expected.get(name, 'no such tensor')}"
            )
        tensors = {}
        for name, entry in self._entries.items():
            self._file.seek(self._data_start + entry.data_offsets[0])
            array = np.fromfile(self._file, dtype=_DTYPES[entry.dtype], count=math.prod(entry.shape))
            if not np.isfinite(array).all():
                raise ModelFileError(f"tensor {name[:80]!r} holds NaN or infinite values")
            tensors[name] = array.astype(array.dtype.newbyteorder("="), copy=False).reshape(entry.shape)
        return tensors


@contextmanager
def open_model_file(path: str | os.PathLike[str], *, limits: bool = True) -> Iterator[ModelFile]:
    """Open a model file and check it.

    ModelFileErrors, also those of the body, are one sentence that begins with the name of the file.
    """
    with open_input(path, ModelFileError, "a model file") as file:
        try:
            yield _checked(file, limits=limits)
        except ModelFileError as error:
            raise ModelFileError(f"{printable(os.fspath(path))}: {error}.") from None


def _checked(file: BinaryIO, *, limits: bool) -> ModelFile:
    """Check everything but the settings and the values of the tensors."""
    n_bytes = os.fstat(file.fileno()).st_size
    first = file.read(LONGEST)
    length = int.from_bytes(first[:8], "little")
    if not 2 <= length <= min(n_bytes - 8, _MAX_HEADER_BYTES):
        if kind := kind_of(first):
            raise ModelFileError(f"is {kind}, not an Isthmus model file, and is not loaded; save the model again")
        raise ModelFileError("is not an Isthmus model file, or is truncated" if n_bytes else "is empty")
    file.seek(8)
    header_bytes = file.read(length)
    header = _parse_json(header_bytes, "header")
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise ModelFileError("is a safetensors file, but not one that Isthmus wrote")
    version = metadata.get("format_version")
    if version != str(FORMAT_VERSION):
        raise ModelFileError(
            f"has format version {str(version)[:20]!r}, and this Isthmus ({__version__}) reads version "
            f"{FORMAT_VERSION}; a newer Isthmus may read it"
        )
    # How much there is to read is looked at before it is read.
    entries = _checked_entries(header, n_bytes - 8 - length)
    if limits and n_bytes > max(_FREE_BYTES, _EXPANSION * stored_bytes(file)):
        raise ModelFileError(
            f"takes more than {_FREE_BYTES // 2**20} MB of memory, and {_EXPANSION} times what is stored; {UNLIMITED}"
        )
    _compare_checksum(file, first[:8] + header_bytes, metadata.get("sha256"))
    if not all(isinstance(value, str) for value in metadata.values()) or "settings" not in metadata:
        raise ModelFileError("has metadata that is not text, or no settings")
    settings = _parse_json(metadata["settings"].encode("utf-8", "replace"), "settings")
    return ModelFile(settings, metadata["sha256"], file, entries, 8 + length)


def _checksum_field(digest: str) -> bytes:
    return f'"sha256": "{digest}"'.encode("utf-8", "replace")


def _compare_checksum(file: BinaryIO, prefix: bytes, digest: object) -> None:
    """Compare the checksum: SHA-256 of all bytes of the file, with zeros in the place of the checksum itself."""
    if not isinstance(digest, str) or len(digest) != 64 or prefix.count(_checksum_field(digest)) != 1:
        raise ModelFileError("has no checksum")
    found = hashlib.sha256(prefix.replace(_checksum_field(digest), _checksum_field(_UNSIGNED)))
    while chunk := file.read(2**20):
        found.update(chunk)
    if found.hexdigest() != digest:
        raise ModelFileError("is damaged: its checksum does not match; use a good copy, or fit the model again")


def _checked_entries(header: dict[str, object], n_bytes: int) -> dict[str, _Entry]:
    """Read the entries of the tensors, and check that these fill the data without overlaps or gaps."""
    if len(header) > _MAX_TENSORS:
        raise ModelFileError(f"claims {len(header)} tensors; at most {_MAX_TENSORS} are read")
    entries = {name: _Entry.read(entry, f"tensor {name[:80]!r}") for name, entry in header.items()}
    places = sorted(entry.data_offsets for entry in entries.values())
    ends = [0, *(stop for _, stop in places)]
    if [start for start, _ in places] != ends[:-1]:
        raise ModelFileError("has tensors that overlap or leave gaps")
    if ends[-1] != n_bytes:
        raise ModelFileError("has more or less data than its tensors need: it is truncated or damaged")
    return entries


def _parse_json(text: bytes, part: str) -> dict[str, object]:
    """Parse a JSON object without duplicate keys, NaN, or deeper nesting than any model needs."""
    parts = (match for match in _JSON_PART.finditer(text) if match[1])
    if next(islice(parts, _MAX_JSON_PARTS, None), None) is not None:
        raise ModelFileError(f"has a {part} of more than {_MAX_JSON_PARTS:,} objects, lists and keys")
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
        if isinstance(value, dict) and _depth(value) <= _MAX_DEPTH:
            return value
    except ModelFileError as error:
        raise ModelFileError(f"has a {part} with {error}") from None
    except (ValueError, RecursionError):
        pass  # not UTF-8, not JSON, a number too long to convert, or nested too deeply
    raise ModelFileError(f"has a {part} that cannot be read: it is damaged, or not an Isthmus model file")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ModelFileError("duplicate keys")
    return keys


def _refuse_constant(constant: str) -> None:
    raise ModelFileError(f"{constant}, which JSON does not allow")


def _depth(value: object) -> int:
    children = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(map(_depth, children), default=0) if isinstance(children, list) else 0
