"""Memory that one step gives back is kept for the next.

The activations of convolutional networks are blocks of some 100 MB. The GNU C library takes each from the operating
system and gives it back at once, so in every step all their pages are mapped, and filled with zeros, again
(docs/convolutional-network.md says what that takes).
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Parameters of mallopt(3), and what they come to without it once a program has given back a large block.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_KEEPS = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1}
_GIVES_BACK = {_MMAP_MAX: 65_536, _TRIM_THRESHOLD: 64 * 2**20, _MMAP_THRESHOLD: 32 * 2**20}


@contextmanager
def kept_memory() -> Iterator[None]:
    """While it lasts, large blocks stay with the process, and at its end they go back; without glibc, nothing.

    It is a setting of the whole process. Where two overlap, the end of the first ends both: nothing but time is lost.
    """
    library = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    if library is None or not hasattr(library, "mallopt") or not hasattr(library, "malloc_trim"):
        yield
        return
    try:
        for parameter, value in _KEEPS.items():
            library.mallopt(parameter, value)
        yield
    finally:
        for parameter, value in _GIVES_BACK.items():
            library.mallopt(parameter, value)
        library.malloc_trim(0)


_M_MMAP_THRESHOLD = -3  # as in malloc.h
_BYTES = 2**18


def give_back_freed_memory() -> None:
    """Have glibc take each large block from the system by itself, for the rest of the process.

    By default it keeps freed blocks of up to 32 MB. The arrays of batches come and go between those that wait to be
    written, and leave holes that nothing fits into: encoding 1,000,000 rows of Parquet took 816 MB at the peak, and
    takes 470, in the same time (benchmarks/rows/streaming.py). Other systems and C libraries are left alone.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _BYTES)
