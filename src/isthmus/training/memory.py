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
