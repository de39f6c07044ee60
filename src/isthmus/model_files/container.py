"""The file format: one safetensors file of tensors, with settings in JSON and a checksum of every byte.

Loading runs no code, checks everything before it allocates, and refuses what it does not understand. The format is
specified in docs/model-file.md.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from isthmus._version import __version__
from isthmus.errors import ModelFileError, ParameterError
from isthmus.system.files import atomic_write, open_input
from isthmus.system.magic import kind_of

FORMAT = "isthmus"
FORMAT_VERSION = 1

Tensors = dict[str, np.ndarray]
Expected = dict[str, tuple[str, tuple[int, ...]]]
"""Data type, by NumPy's name, and shape of each tensor."""

_DTYPES = {"F32": "float32", "F64": "float64"}
_CODES = {name: code for code, name in _DTYPES.items()}
_MAX_HEADER_BYTES = 2**26
_MAX_TENSORS = 10_000
_MAX_DIMENSIONS = 8
_MAX_DEPTH = 32
_UNSIGNED = "0" * 64  # the checksum is computed with zeros in its own place


def write_model_file(path: str | os.PathLike[str], tensors: Tensors, settings: Mapping[str, object]) -> None:
    """Write tensors and settings to one file, whole or not at all; the same input gives the same bytes.

    Parameters
    ----------
    tensors : dict of ndarray
        In float32 or float64; every value finite.
    settings : dict
        Plain JSON, apart from NumPy's numbers.

    Raises
    ------
    ParameterError
        If a tensor holds NaN or an infinity.
    OutputError
        If the file cannot be written.
    """
    entries: dict[str, object] = {}
    arrays, end = [], 0
    # The wider type first keeps every tensor aligned to its own size.
    for name in sorted(tensors, key=lambda key: (-tensors[key].itemsize, key)):
        array = np.ascontiguousarray(tensors[name], dtype=tensors[name].dtype.newbyteorder("<"))
        array = array.reshape(tensors[name].shape)  # ascontiguousarray gives scalars an axis
        if not np.isfinite(array).all():
            raise ParameterError(f"The model cannot be saved: {name} holds NaN or infinite values.")
        code, start, end = _CODES[tensors[name].dtype.name], end, end + array.nbytes
        entries[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [start, end]}
        arrays.append(array)
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "isthmus": __version__,
        "settings": json.dumps(settings, sort_keys=True, allow_nan=False, default=np.generic.item),
        "sha256": _UNSIGNED,
    }
    header = json.dumps({"__metadata__": metadata, **entries}).encode()
    header += b" " * (-len(header) % 8)
    prefix = len(header).to_bytes(8, "little") + header
    digest = hashlib.sha256(prefix)
    for array in arrays:
        digest.update(array.data if array.ndim else array.tobytes())
    # The checksum is the last of the metadata, and quotes in names and settings are escaped: nothing else matches.
    before, unsigned, after = prefix.rpartition(_checksum_field(_UNSIGNED))
    assert unsigned
    with atomic_write(path) as file:
        file.write(before + _checksum_field(digest.hexdigest()) + after)
        for array in arrays:
            file.write(array.tobytes())


@dataclass(frozen=True)
class ModelFile:
    """An open model file; everything but the values of its tensors has been checked."""

    settings: dict[str, object]
    _file: BinaryIO
    _entries: "dict[str, _Entry]"
    _data_start: int

    def read_tensors(self, expected: Expected) -> Tensors:
        """Read the tensors, if the file has exactly those that are expected."""
        found = {name: (entry.dtype, entry.shape) for name, entry in self._entries.items()}
        if found != expected:
            name = min(name for name in found.keys() | expected if found.get(name) != expected.get(name))
            raise ModelFileError(
                f"tensor {name[:80]!r} is {found.get(name, 'missing')}, and the settings ask for "
                f"{expected.get(name, 'no such tensor')}"
            )
        tensors = {}
        for name, entry in self._entries.items():
            self._file.seek(self._data_start + entry.start)
            dtype = np.dtype(entry.dtype).newbyteorder("<")
            array = np.fromfile(self._file, dtype=dtype, count=math.prod(entry.shape))
            if not np.isfinite(array).all():
                raise ModelFileError(f"tensor {name[:80]!r} holds NaN or infinite values")
            tensors[name] = array.astype(entry.dtype, copy=False).reshape(entry.shape)
        return tensors


@contextmanager
def open_model_file(path: str | os.PathLike[str]) -> Iterator[ModelFile]:
    """Open a model file and check it.

    Raises
    ------
    ModelFileError
        With one sentence that begins with the name of the file, also for a ModelFileError of the body.
    """
    with open_input(path, ModelFileError, "a model file") as file:
        try:
            yield _checked(file)
        except ModelFileError as error:
            raise ModelFileError(f"{os.fspath(path)}: {error}.") from None


def _checked(file: BinaryIO) -> ModelFile:
    """Check everything but the settings and the values of the tensors."""
    size = os.fstat(file.fileno()).st_size
    first = file.read(8)
    length = int.from_bytes(first[:8], "little")
    if not 2 <= length <= min(size - 8, _MAX_HEADER_BYTES):
        if kind := kind_of(first):
            raise ModelFileError(f"is {kind}, not an Isthmus model file, and is not loaded; save the model again")
        raise ModelFileError("is not an Isthmus model file, or is truncated" if size else "is empty")
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
    _compare_checksum(file, first[:8] + header_bytes, metadata.get("sha256"))
    if not all(isinstance(value, str) for value in metadata.values()) or "settings" not in metadata:
        raise ModelFileError("has metadata that is not text, or no settings")
    entries = _checked_entries(header, size - 8 - length)
    settings = _parse_json(metadata["settings"].encode("utf-8", "replace"), "settings")
    return ModelFile(settings, file, entries, 8 + length)


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


@dataclass(frozen=True)
class _Entry:
    """Where a tensor lies: its data type by NumPy's name, its shape, its first byte and the byte after the last."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


def _checked_entries(header: dict[str, object], n_bytes: int) -> dict[str, _Entry]:
    """Read the entries of the tensors, and check that these fill the data without overlaps or gaps."""
    if len(header) > _MAX_TENSORS:
        raise ModelFileError(f"claims {len(header)} tensors; at most {_MAX_TENSORS} are read")
    entries = {name: _checked_entry(f"tensor {name[:80]!r}", entry) for name, entry in header.items()}
    end = 0
    for entry in sorted(entries.values(), key=lambda entry: (entry.start, entry.stop)):
        if entry.start != end:
            raise ModelFileError("has tensors that overlap or leave gaps")
        end = entry.stop
    if end != n_bytes:
        raise ModelFileError("has more or less data than its tensors need")
    return entries


def _checked_entry(name: str, entry: object) -> _Entry:
    if not (isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}):
        raise ModelFileError(f"{name} is not described as a tensor")
    code, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(code, str) or code not in _DTYPES:
        raise ModelFileError(f"{name} has the data type {str(code)[:20]!r}, which is not read")
    if not (_are_sizes(shape, _MAX_DIMENSIONS) and _are_sizes(offsets, 2) and len(offsets) == 2):
        raise ModelFileError(f"{name} has no valid shape or offsets")
    if math.prod(shape) * np.dtype(_DTYPES[code]).itemsize != offsets[1] - offsets[0]:
        raise ModelFileError(f"{name} is not as long as its shape says")
    return _Entry(_DTYPES[code], tuple(shape), offsets[0], offsets[1])


def _are_sizes(values: object, most: int) -> bool:
    """Whether a value is a list of at most so many non-negative integers."""
    if not isinstance(values, list) or len(values) > most:
        return False
    return all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 2**63 for v in values)


def _parse_json(text: bytes, part: str) -> dict[str, object]:
    """Parse a JSON object without duplicate keys, NaN, or deeper nesting than any model needs."""
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
