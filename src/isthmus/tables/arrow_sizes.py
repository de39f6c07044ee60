"""How much memory the parts of Arrow and Parquet files take, before they are read.

pyarrow does not tell; the layout is that of Arrow's specification (File.fbs and Message.fbs, in FlatBuffers).
"""

import os
import struct
from collections.abc import Iterator, Sequence
from mmap import mmap
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import compute, types

from isthmus.tables.parquet_pages import page_bytes
from isthmus.tables.types import ArrowArray

_DICTIONARIES, _RECORD_BATCHES = 2, 3  # fields of a Footer
_HEADER_TYPE, _HEADER = 1, 2  # of a Message
_DATA = 1  # of a DictionaryBatch
_BUFFERS, _COMPRESSION = 2, 3  # of a RecordBatch
_IS_DICTIONARY = 2
_CELL_BYTES = 8
_OVERLAP = 2


def dictionary_bytes(pages: mmap) -> int:
    """Return the number of bytes of all dictionaries of an Arrow file, decompressed."""
    return sum(_message_bytes(pages, *block) for block in _blocks(pages, _DICTIONARIES))


def batch_bytes(pages: mmap) -> Iterator[int]:
    """Yield the number of bytes of each record batch of an Arrow file, decompressed."""
    return (_message_bytes(pages, *block) for block in _blocks(pages, _RECORD_BATCHES))


def carried_bytes(column: ArrowArray) -> int:
    """Return the number of bytes that the values of a column take side by side, without dictionaries."""
    if types.is_dictionary(column.type):
        sizes = compute.take(_value_bytes(column.dictionary), column.indices)
        return (compute.sum(sizes).as_py() or 0) + _CELL_BYTES * len(column)
    if types.is_run_end_encoded(column.type):
        return (compute.max(_value_bytes(column.values)).as_py() or 0) * len(column) + _CELL_BYTES * len(column)
    if types.is_string_view(column.type) or types.is_binary_view(column.type):
        views = np.frombuffer(column.buffers()[1] or b"", np.int32).reshape(-1, 4)
        return int(views[column.offset : column.offset + len(column), 0].sum(dtype=np.int64))
    return int(column.nbytes)


def parquet_bytes(file: BinaryIO, metadata: "pa.parquet.FileMetaData", wanted: Sequence[str]) -> int:
    """Return the number of bytes of some columns of a Parquet file: decompressed, and eight for each value.

    What the file says about a column is compared with what the headers of its pages say.
    """
    names = set(wanted)
    total = stored = 0
    size = file.seek(0, os.SEEK_END)
    chosen: list[int] | None = None
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        if chosen is None:
            paths = (group.column(j).path_in_schema for j in range(group.num_columns))
            chosen = [j for j, path in enumerate(paths) if path in names or path.split(".")[0] in names]
        for column in map(group.column, chosen):
            stored += max(0, column.total_compressed_size)
            if stored > _OVERLAP * size:  # or the same pages would be counted again and again
                raise ValueError("its columns are larger than the file")
            starts = (column.data_page_offset, column.dictionary_page_offset if column.has_dictionary_page else None)
            pages = page_bytes(file, min(s for s in starts if s is not None), column.total_compressed_size)
            total += max(0, column.total_uncompressed_size, pages) + _CELL_BYTES * max(0, column.num_values)
    return total


def _value_bytes(values: ArrowArray) -> ArrowArray:
    """The size of each value, or an upper limit."""
    if types.is_string(values.type) or types.is_large_string(values.type) or types.is_binary(values.type):
        return compute.cast(compute.binary_length(values), pa.int64())
    return pa.array(np.full(len(values), values.nbytes, np.int64))


def _blocks(pages: mmap, field: int) -> Iterator[tuple[int, int]]:
    """Where the messages of a kind begin, and their bodies."""
    (length,) = struct.unpack_from("<i", pages, len(pages) - 10)
    footer = len(pages) - 10 - length
    blocks = _field(pages, footer + _unsigned(pages, footer), field)
    if blocks is None:
        return
    blocks += _unsigned(pages, blocks)
    for k in range(_unsigned(pages, blocks)):
        offset, metadata_length = struct.unpack_from("<qi", pages, blocks + 4 + 24 * k)
        yield offset, offset + metadata_length


def _message_bytes(pages: mmap, start: int, body: int) -> int:
    start += 8 if pages[start : start + 4] == b"\xff\xff\xff\xff" else 4
    message = start + _unsigned(pages, start)
    kind, header = _field(pages, message, _HEADER_TYPE), _field(pages, message, _HEADER)
    if kind is None or header is None:
        raise ValueError("a message has no header")
    header += _unsigned(pages, header)
    if pages[kind] == _IS_DICTIONARY:
        data = _field(pages, header, _DATA)
        if data is None:
            raise ValueError("a dictionary has no values")
        header = data + _unsigned(pages, data)
    buffers = _field(pages, header, _BUFFERS)
    if buffers is None:
        return 0
    buffers += _unsigned(pages, buffers)
    places = np.frombuffer(pages, "<i8", 2 * _unsigned(pages, buffers), buffers + 4).reshape(-1, 2).tolist()
    if _field(pages, header, _COMPRESSION) is None:
        return sum(length for _, length in places)
    # Before each compressed buffer stands its length, and -1 where it is not compressed after all.
    told = ((length, struct.unpack_from("<q", pages, body + offset)[0]) for offset, length in places if length >= 8)
    return sum(length - 8 if size == -1 else max(0, size) for length, size in told)


def _field(pages: mmap, table: int, number: int) -> int | None:
    """Where a field of a table lies; None if the table lacks it."""
    fields = table - struct.unpack_from("<i", pages, table)[0]
    size = struct.unpack_from("<H", pages, fields)[0]
    place = 4 + 2 * number
    offset = struct.unpack_from("<H", pages, fields + place)[0] if place < size else 0
    return table + offset if offset else None


def _unsigned(pages: mmap, position: int) -> int:
    (value,) = struct.unpack_from("<I", pages, position)
    return int(value)
