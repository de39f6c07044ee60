"""Standard output as a place for data: what cannot be written there is an OutputError, too."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from isthmus.errors import IsthmusError, OutputError
from isthmus.system.files import reason


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Standard output as a binary file, whose content has arrived when the body has ended.

    Raises
    ------
    OutputError
        If it cannot be written; its cause is a BrokenPipeError where the reader has closed the pipe.
    """
    if sys.stdout is None or sys.stdout.closed:
        raise OutputError("standard output: is closed.")
    with _failing_as_output():
        stream = cast(BinaryIO, _Stream(sys.stdout.buffer))
        yield stream
        stream.flush()


def flush_standard_output() -> None:
    """Have everything arrive that was printed; raises what ``standard_output`` does."""
    if sys.stdout is not None and not sys.stdout.closed:
        with _failing_as_output():
            sys.stdout.flush()


@contextmanager
def _failing_as_output() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, IsthmusError):
            raise
        # What is left in the buffer cannot be written either, and must not be tried again at the end of the process.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise OutputError(f"standard output: cannot be written ({reason(error)}).") from error


class _Stream(io.RawIOBase):
    """Standard output without going back, also where it is a file."""

    mode, name = "wb", "<stdout>"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._file.write(data)

    def flush(self) -> None:
        if not self.closed:
            self._file.flush()
