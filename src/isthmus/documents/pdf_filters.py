"""Decode streams of a PDF that are no pictures, with a limit that every filter keeps (ISO 32000-1, 7.4)."""

import base64
import zlib
from collections.abc import Callable

import pikepdf

from isthmus.documents.damage import DamageError

_CLEAR, _END, _CODES = 256, 257, 4096  # of LZW
MOST_FILTERS = 8
_SLOW = ("/LZWDecode", "/ASCII85Decode")  # in Python
_PIECE = 64  # bytes that are inflated at a time where data are damaged
_SPACE = b"\0\t\n\f\r "


def decoded(stream: pikepdf.Object, most: int, count: Callable[[int, int], None] = lambda slow, size: None) -> bytes:
    """Decode a stream of text, drawing or colours, and stop soon after ``most`` bytes.

    The filters are those of text; data behind others come back as they are stored. Damaged data are decoded as far as
    they can be read. Before each filter ``count`` receives the bytes that it reads, and how many of them it reads
    slowly; it may raise an exception.
    """
    names = [str(name) for name in as_list(stream.get("/Filter"))]
    if len(names) > MOST_FILTERS:
        raise DamageError(f"a stream has {len(names)} filters")
    data = stream.read_raw_bytes()
    for number, name in enumerate(names):
        parameters = parameters_of(stream, number)
        count(len(data), len(data) * (name in _SLOW))
        if name == "/LZWDecode":
            data = _lzw(data, most, int(parameters.get("/EarlyChange", 1)))
        elif name in _DECODERS:
            data = _DECODERS[name](data, most)
        else:
            break
        if len(data) > most:
            break
        if int(parameters.get("/Predictor", 1)) > 1:  # rare in text; nothing becomes longer
            if number + 1 < len(names):
                raise DamageError("a stream has a predictor before another filter")
            return stream.read_bytes(pikepdf.StreamDecodeLevel.specialized)
    return data


def parameters_of(stream: pikepdf.Object, number: int) -> pikepdf.Dictionary:
    """The parameters of one of the filters of a stream."""
    said = as_list(stream.get("/DecodeParms"))
    given = said[number] if number < len(said) else None
    return given if isinstance(given, pikepdf.Dictionary) else pikepdf.Dictionary()


def undone(data: bytes, name: str, most: int) -> bytes | None:
    """Undo one filter of text, and stop soon after ``most`` bytes; None for other filters."""
    return _DECODERS[name](data, most) if name in _DECODERS else None


def as_list(entry: pikepdf.Object | None) -> pikepdf.Array | list[pikepdf.Object]:
    """Return an array, or a single value as a list."""
    if entry is None:
        return []
    return entry if isinstance(entry, pikepdf.Array) else [entry]


def inflated(data: bytes, most: int) -> bytes:
    """Inflate at most so many bytes; damaged data as far as they can be read."""
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return _flate(data, most - 1)[:most]


def _flate(data: bytes, most: int) -> bytes:
    inflate, parts, size, whole = zlib.decompressobj(), list[bytes](), 0, data
    while size <= most:
        try:
            parts.append(inflate.decompress(data, 2**20))
        except zlib.error:
            return _salvaged(whole, most)
        size += len(parts[-1])
        data = inflate.unconsumed_tail
        if inflate.eof or not (parts[-1] or data):
            break
    return b"".join(parts)


def _salvaged(data: bytes, most: int) -> bytes:
    """Inflate damaged data up to the damage, whatever their check sum."""
    inflate, found = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    for place in range(2, len(data), _PIECE):
        try:
            found += inflate.decompress(data[place : place + _PIECE], most + 1 - len(found))
        except zlib.error:
            break
        if inflate.eof or len(found) > most:
            break
    return bytes(found)


def _lzw(data: bytes, most: int, early: int) -> bytes:
    table, parts, size = [bytes([value]) for value in range(256)] + [b"", b""], list[bytes](), 0
    previous, bits, n_bits, place, width = b"", 0, 0, 0, 9
    while size <= most:
        while n_bits < width and place < len(data):
            bits, n_bits, place = (bits << 8 | data[place]) & 0xFFFFFF, n_bits + 8, place + 1
        n_bits -= width
        code = _END if n_bits < 0 else (bits >> n_bits) & ((1 << width) - 1)
        if code == _END or code > len(table) or (code == len(table) and not previous):
            break
        if code == _CLEAR:
            del table[258:]
            previous, width = b"", 9
            size += 1  # or a stream of nothing else would never be long enough
            continue
        if previous and len(table) < _CODES:
            table.append(previous + (previous if code == len(table) else table[code])[:1])
        if code == len(table):
            break
        previous = table[code]
        parts.append(previous)
        size += len(previous)
        width = min(12, (len(table) + early).bit_length())
    return b"".join(parts)


def _run_lengths(data: bytes, most: int) -> bytes:
    found, place = bytearray(), 0
    while place < len(data) and len(found) <= most and data[place] != 128:
        length = data[place]
        if length < 128:
            found += data[place + 1 : place + 2 + length]
            place += 2 + length
        else:
            found += data[place + 1 : place + 2] * (257 - length)
            place += 2
    return bytes(found)


def _hexadecimal(data: bytes, most: int) -> bytes:
    digits = data.partition(b">")[0].translate(None, _SPACE)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("latin-1"))


def _base85(data: bytes, most: int) -> bytes:
    # Five characters, or one "z", are four bytes.
    return base64.a85decode(data.partition(b"~>")[0].translate(None, _SPACE).removeprefix(b"<~")[: most + 5])[
        : most + 1
    ]


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "/FlateDecode": _flate, "/RunLengthDecode": _run_lengths, "/ASCIIHexDecode": _hexadecimal,
    "/ASCII85Decode": _base85,
}  # fmt: skip
