"""Freed memory of the GNU C library: keep it for the process, or give it back to the system.

Both are settings of the whole process (mallopt(3)). Other C libraries are left alone.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4  # as in malloc.h
_KEEP = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1}
# The defaults, as they are after a large block was freed.
_DEFAULT = {_MMAP_MAX: 65_536, _TRIM_THRESHOLD: 64 * 2**20, _MMAP_THRESHOLD: 32 * 2**20}
_GIVE_BACK = {_MMAP_THRESHOLD: 2**18}


@contextmanager
def keep_freed_memory() -> Iterator[None]:
    """Keep freed memory for the next allocation while the body runs, and give it back at the end.

    The activations of convolutional networks are blocks of some 100 MB. By default each is mapped when it is
    allocated and unmapped when it is freed, so every training step fills all its pages with zeros again
    (docs/convolutional-network.md says what that costs). If two of these contexts overlap, the end of the first ends
    both, which costs time but nothing else.
    """
    library = _configure(_KEEP)
    try:
        yield
    finally:
        if library is not None:
            _configure(_DEFAULT)
            library.malloc_trim(0)


def give_back_freed_memory() -> None:
    """Give freed blocks of 256 kB and more back to the system at once, for the rest of the process.

    By default freed blocks of up to 32 MB are kept. Batches of a table are allocated and freed while others wait to be
    written, and leave gaps that nothing fits into: encoding 1,000,000 rows of Parquet took 816 MB at the peak, and
    takes 470 MB with this setting, in the same time (benchmarks/rows/streaming.py).
    """
    _configure(_GIVE_BACK)


def _configure(settings: dict[int, int]) -> ctypes.CDLL | None:
    """Change settings of the GNU C library; None if the process does not use it."""
    library = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    if library is None or not hasattr(library, "mallopt") or not hasattr(library, "malloc_trim"):
        return None
    for parameter, value in settings.items():
        library.mallopt(parameter, value)
    return library
