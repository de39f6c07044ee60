"""Memory that was freed goes back to the system, so that a stream of any length needs no more than a short one."""

import ctypes
import sys

_M_MMAP_THRESHOLD = -3  # as in malloc.h
_BYTES = 2**18


def give_back_freed_memory() -> None:
    """Have glibc take each large block from the system by itself, for the rest of the process.

    By default it keeps freed blocks of up to 32 MB. The arrays of batches come and go between those that wait to be
    written, and leave holes that nothing fits into: encoding 1,000,000 rows of Parquet took 816 MB at the peak, and
    takes 470, in the same time (benchmarks/streaming.py). Other systems and C libraries are left alone.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _BYTES)
