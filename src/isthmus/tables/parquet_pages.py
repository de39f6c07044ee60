"""How much memory the pages of a Parquet file take, as their own headers say, which pyarrow believes.

The headers are structures of Thrift's compact protocol (PageHeader in parquet.thrift).
"""

from typing import BinaryIO

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 7, 8, 12
_INTEGERS = (4, 5, 6)
_UNPACKED, _PACKED, _DICTIONARY = 2, 3, 7  # fields of a PageHeader
_N_VALUES = 1  # of a DictionaryPageHeader
_VALUE_BYTES = 16  # of a value in a dictionary: where it lies, and its length
_USUAL_HEADER, _LONGEST_HEADER = 2**12, 2**16
_DEEPEST, _MOST_FIELDS = 8, 64


def page_bytes(file: BinaryIO, start: int, length: int) -> int:
    """Return how much memory the pages in a part of a file take, decompressed, with their dictionary."""
    total, place, end = 0, start, start + length
    while place < end:
        header = _header(file, place)
        if header is None:  # pyarrow cannot go on from here, either
            break
        fields, size = header
        unpacked, packed, dictionary = (fields.get(field, 0) for field in (_UNPACKED, _PACKED, _DICTIONARY))
        if not isinstance(unpacked, int) or not isinstance(packed, int) or packed < 0:
            break
        total += max(0, unpacked)
        if isinstance(dictionary, dict):
            n_values = dictionary.get(_N_VALUES, 0)
            total += _VALUE_BYTES * max(0, n_values if isinstance(n_values, int) else 0)
        place += size + packed
    return total


_Value = int | dict[int, "_Value"] | None


def _header(file: BinaryIO, place: int) -> tuple[dict[int, _Value], int] | None:
    """The fields of the header of a page, and its size; None if it cannot be read."""
    for size in (_USUAL_HEADER, _LONGEST_HEADER):
        file.seek(place)
        data = file.read(size)
        try:
            return _struct(data, 0, 0)
        except IndexError:
            if len(data) < size:
                return None
        except ValueError:
            return None
    raise ValueError(f"a page has a header of more than {_LONGEST_HEADER} bytes")


def _struct(data: bytes, place: int, depth: int) -> tuple[dict[int, _Value], int]:
    if depth > _DEEPEST:
        raise ValueError("structures lie too deep in each other")
    fields: dict[int, _Value] = {}
    number = 0
    for _ in range(_MOST_FIELDS):
        if not data[place]:
            return fields, place + 1
        step, kind = data[place] >> 4, data[place] & 15
        place += 1
        if step:
            number += step
        else:
            number, place = _integer(data, place)
        fields[number], place = _value(data, place, kind, depth)
    raise ValueError("a structure has too many fields")


def _value(data: bytes, place: int, kind: int, depth: int) -> tuple[_Value, int]:
    if kind in (_TRUE, _FALSE):
        return None, place
    if kind in _INTEGERS:
        return _integer(data, place)
    if kind == _STRUCT:
        return _struct(data, place, depth + 1)
    if kind == _BINARY:
        length, place = _unsigned(data, place)
        return None, place + length
    if kind in (_BYTE, _DOUBLE):
        return None, place + (1 if kind == _BYTE else 8)
    raise ValueError("not a value of a page header")


def _integer(data: bytes, place: int) -> tuple[int, int]:
    value, place = _unsigned(data, place)
    return (value >> 1) ^ -(value & 1), place


def _unsigned(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
    raise ValueError("an integer is too long")
