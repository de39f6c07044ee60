"""Standard output as a file for data, with an OutputError when it cannot be written."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from isthmus.errors import IsthmusError, OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Standard output as a binary file, which is flushed when the body ends; an OutputError if it cannot be written.

    The cause of the error is a BrokenPipeError if the reader has closed the pipe.
    """
    if sys.stdout is None or sys.stdout.closed:
        raise OutputError("standard output: is closed.")
    with _output_errors():
        stream = cast(BinaryIO, _Stream(sys.stdout.buffer))
        yield stream
        stream.flush()


def flush_standard_output() -> None:
    """Flush what was printed; raises the errors of ``standard_output``."""
    if sys.stdout is not None and not sys.stdout.closed:
        with _output_errors():
            sys.stdout.flush()


def discard(stream: TextIO) -> None:
    """Send what a stream cannot write to nowhere, so that Python does not try again, and fail, at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def _output_errors() -> Iterator[None]:
    """Turn errors of the system into an OutputError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, IsthmusError):
            raise
        from isthmus.system.files import reason  # noqa: PLC0415 — not for every start of the program

        discard(sys.stdout)
        raise OutputError(f"standard output: cannot be written ({reason(error)}).") from error


class _Stream(io.RawIOBase):
    """Standard output that cannot seek, even if it is a regular file."""

    mode, name = "wb", "<stdout>"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        return self._file.write(data)

    def flush(self) -> None:
        if not self.closed:
            self._file.flush()
