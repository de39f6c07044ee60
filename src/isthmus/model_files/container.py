"""The model file: one safetensors file with settings in JSON and a checksum over every byte.

Loading runs no code, checks everything before it allocates, and refuses what it does not understand. The format is
specified in docs/model-file.md.
"""

import hashlib
import json
import math
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from isthmus._version import __version__
from isthmus.errors import ModelFileError, ParameterError
from isthmus.system.files import atomic_write

FORMAT = "isthmus"
FORMAT_VERSION = 1

Expected = dict[str, tuple[str, tuple[int, ...]]]

_DTYPES = {"F32": "float32", "F64": "float64"}
_CODES = {name: code for code, name in _DTYPES.items()}
_MAX_HEADER_BYTES = 2**26
_MAX_TENSORS = 10_000
_MAX_DIMENSIONS = 8
_MAX_DEPTH = 32
_UNSIGNED = "0" * 64  # stands in the place of the checksum while it is computed
_OTHER_KINDS = (
    (b"\x80", "a pickle (PyTorch, joblib or scikit-learn)"),
    (b"PK\x03\x04", "a zip archive (torch.save, Keras or NPZ)"),
    (b"\x89HDF", "an HDF5 file (Keras)"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "a Parquet table"),
    (b"ARROW1", "a Feather table"),
    (b"\x1f\x8b", "a gzip file"),
)


def write_model_file(path: str | os.PathLike[str], tensors: dict[str, np.ndarray], settings: dict[str, Any]) -> None:
    """Write tensors and settings to one file, whole or not at all; the same input gives the same bytes.

    Parameters
    ----------
    tensors : dict of ndarray
        In float32 or float64; every value finite.
    settings : dict
        Plain JSON.

    Raises
    ------
    ParameterError
        If a tensor holds NaN or an infinity.
    OutputError
        If the file cannot be written.
    """
    entries: dict[str, Any] = {}
    arrays, end = [], 0
    # The wider type first keeps every tensor aligned to its own size.
    for name in sorted(tensors, key=lambda key: (-tensors[key].itemsize, key)):
        array = np.ascontiguousarray(tensors[name], dtype=tensors[name].dtype.newbyteorder("<"))
        array = array.reshape(tensors[name].shape)  # a scalar stays one
        if not np.isfinite(array).all():
            raise ParameterError(f"The model cannot be saved: {name} holds NaN or infinite values.")
        code, start, end = _CODES[tensors[name].dtype.name], end, end + array.nbytes
        entries[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [start, end]}
        arrays.append(array)
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "isthmus": __version__,
        "settings": json.dumps(settings, sort_keys=True, allow_nan=False, default=_plain),
        "sha256": _UNSIGNED,
    }
    header = json.dumps({"__metadata__": metadata, **entries}).encode()
    header += b" " * (-len(header) % 8)
    prefix = len(header).to_bytes(8, "little") + header
    digest = hashlib.sha256(prefix)
    for array in arrays:
        digest.update(array.data if array.ndim else array.tobytes())
    with atomic_write(path) as file:
        file.write(_with_digest(prefix, digest.hexdigest()))
        for array in arrays:
            file.write(array.tobytes())


def read_model_file(
    path: str | os.PathLike[str], expect: Callable[[dict[str, Any]], Expected]
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read tensors and settings, after everything about the file has been checked.

    Parameters
    ----------
    expect : callable
        Is given the settings, and returns the data type and the shape of each tensor that must come with them;
        raises ModelFileError for settings that it does not understand.

    Raises
    ------
    ModelFileError
        With one sentence that begins with the name of the file.
    """
    with _opened(path) as file:
        try:
            header, settings = _read_header(file)
            data_start = file.tell()
            expected = expect(settings)
            found = {name: (_DTYPES[entry["dtype"]], tuple(entry["shape"])) for name, entry in header.items()}
            if found != expected:
                name = min(name for name in found.keys() | expected if found.get(name) != expected.get(name))
                raise ModelFileError(
                    f"tensor {name[:80]!r} is {found.get(name, 'missing')}, and the settings ask for "
                    f"{expected.get(name, 'no such tensor')}"
                )
            tensors = {}
            for name, entry in header.items():
                file.seek(data_start + entry["data_offsets"][0])
                dtype, shape = found[name]
                array = np.fromfile(file, dtype=np.dtype(dtype).newbyteorder("<"), count=math.prod(shape))
                if not np.isfinite(array).all():
                    raise ModelFileError(f"tensor {name[:80]!r} holds NaN or infinite values")
                tensors[name] = array.astype(dtype, copy=False).reshape(shape)
        except ModelFileError as error:
            raise ModelFileError(f"{os.fspath(path)}: {error}.") from None
    return tensors, settings


def read_settings(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The settings of a model file, without its tensors; the checksum is compared all the same."""
    with _opened(path) as file:
        try:
            return _read_header(file)[1]
        except ModelFileError as error:
            raise ModelFileError(f"{os.fspath(path)}: {error}.") from None


def _opened(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, opened for reading if it is a regular one (a pipe would never end)."""
    name = os.fspath(path)
    try:
        # Non-blocking, so that opening a pipe without a writer returns.
        handle = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise ModelFileError(f"{name}: there is no such file.") from None
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{name}: cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        kind = "folder" if Path(name).is_dir() else "device or pipe"
        raise ModelFileError(f"{name}: is a {kind}, not a model file.")
    return os.fdopen(handle, "rb")


def _read_header(file: BinaryIO) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check the whole file but its values; its tensor entries and settings. Leaves the file at the first tensor."""
    size = os.fstat(file.fileno()).st_size
    first = file.read(8)
    for magic, kind in _OTHER_KINDS:
        if first.startswith(magic) and not _is_length(first, size):
            raise ModelFileError(f"is {kind}, not a model file of Isthmus, and is not loaded; save the model again")
    if not size:
        raise ModelFileError("is empty")
    if not _is_length(first, size):
        raise ModelFileError("is no model file of Isthmus, or only a part of one")
    header_bytes = file.read(int.from_bytes(first, "little"))
    header = _json(header_bytes, "header")
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise ModelFileError("is a safetensors file, but not one that Isthmus wrote")
    version = metadata.get("format_version")
    if version != str(FORMAT_VERSION):
        raise ModelFileError(
            f"has format version {str(version)[:20]!r}, and this Isthmus ({__version__}) reads version "
            f"{FORMAT_VERSION}; a newer Isthmus may read it"
        )
    _check_digest(file, first + header_bytes, metadata.get("sha256"))
    if not all(isinstance(value, str) for value in metadata.values()) or "settings" not in metadata:
        raise ModelFileError("has metadata that are no text")
    _check_entries(header, size - 8 - len(header_bytes))
    settings = _json(metadata["settings"].encode("utf-8", "replace"), "settings")
    file.seek(8 + len(header_bytes))
    return header, settings


def _is_length(first: bytes, size: int) -> bool:
    """Whether the first eight bytes can be the length of a header in a file of this size."""
    return len(first) == 8 and 2 <= int.from_bytes(first, "little") <= min(size - 8, _MAX_HEADER_BYTES)


def _check_digest(file: BinaryIO, prefix: bytes, digest: object) -> None:
    """Compare the checksum: SHA-256 of all bytes of the file, with zeros in the place of the checksum itself."""
    field = f'"sha256": "{digest}"'.encode("utf-8", "replace")
    if not isinstance(digest, str) or len(digest) != 64 or prefix.count(field) != 1:
        raise ModelFileError("has no checksum")
    found = hashlib.sha256(prefix.replace(field, f'"sha256": "{_UNSIGNED}"'.encode()))
    while chunk := file.read(2**20):
        found.update(chunk)
    if found.hexdigest() != digest:
        raise ModelFileError("is damaged: its checksum is another one; use a good copy, or fit the model again")


def _with_digest(prefix: bytes, digest: str) -> bytes:
    """The header with its checksum; the field is the last of the metadata, and no other text can look like it."""
    head, unsigned, tail = prefix.rpartition(f'"sha256": "{_UNSIGNED}"'.encode())
    return head + unsigned.replace(_UNSIGNED.encode(), digest.encode()) + tail


def _check_entries(entries: dict[str, Any], n_bytes: int) -> None:
    """Refuse tensors that do not lie one behind the other, exactly as long as the data."""
    if len(entries) > _MAX_TENSORS:
        raise ModelFileError(f"claims {len(entries)} tensors; at most {_MAX_TENSORS} are read")
    spans = []
    for name, entry in entries.items():
        if not (isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}):
            raise ModelFileError(f"tensor {name[:80]!r} is not described as one")
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype, str) or dtype not in _DTYPES:
            raise ModelFileError(f"tensor {name[:80]!r} has the data type {str(dtype)[:20]!r}, which is not read")
        if not (_is_ints(shape, _MAX_DIMENSIONS) and _is_ints(offsets, 2) and len(offsets) == 2):
            raise ModelFileError(f"tensor {name[:80]!r} has no valid shape or place")
        if math.prod(shape) * np.dtype(_DTYPES[dtype]).itemsize != offsets[1] - offsets[0]:
            raise ModelFileError(f"tensor {name[:80]!r} is not as long as its shape says")
        spans.append(offsets)
    end = 0
    for start, stop in sorted(spans):
        if start != end:
            raise ModelFileError("has tensors that overlap or leave gaps")
        end = stop
    if end != n_bytes:
        raise ModelFileError("has more or fewer data than its tensors need")


def _is_ints(values: object, most: int) -> bool:
    if not isinstance(values, list) or len(values) > most:
        return False
    return all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 2**63 for v in values)


def _json(text: bytes, what: str) -> dict[str, Any]:
    """A JSON object without duplicate keys, NaN, or depth that no model needs."""
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
        if isinstance(value, dict) and _depth(value) <= _MAX_DEPTH:
            return value
    except ModelFileError as error:
        raise ModelFileError(f"has a {what} with {error}") from None
    except (ValueError, RecursionError):
        pass  # no UTF-8, no JSON, numbers too long to convert, or nested too deeply
    raise ModelFileError(f"has a {what} that cannot be read; it is no model file of Isthmus, or a damaged one")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ModelFileError("duplicate keys")
    return keys


def _refuse(constant: str) -> None:
    raise ModelFileError(f"{constant}, which JSON does not know")


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _plain(value: object) -> object:
    """NumPy's numbers as JSON has them."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON")
