"""How much of a file is stored, so that a few kB on disk cannot claim the memory of gigabytes."""

import os
from contextlib import suppress
from typing import BinaryIO

_MOST_EXTENTS = 10_000


def stored_bytes(file: BinaryIO) -> int:
    """Return the number of bytes of an open file without its holes, which read as zeros but take no space."""
    handle = file.fileno()
    size = os.fstat(handle).st_size
    if not hasattr(os, "SEEK_DATA"):
        return size
    stored = position = 0
    before = os.lseek(handle, 0, os.SEEK_CUR)
    with suppress(OSError):  # no data after this position
        for _ in range(_MOST_EXTENTS):
            start = os.lseek(handle, position, os.SEEK_DATA)
            position = os.lseek(handle, start, os.SEEK_HOLE)
            stored += position - start
    os.lseek(handle, before, os.SEEK_SET)
    return stored
