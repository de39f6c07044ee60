"""Files that appear whole or not at all."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from isthmus.errors import OutputError


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write to that takes the name ``path`` only when the body has ended without an exception.

    It is written beside its destination under a temporary name, flushed to disk, and renamed; until then an old
    file stays, and after an exception (Ctrl-C included) the temporary file is gone. A symbolic link is written
    through, the permissions of an old file are kept, and new ones follow the umask. What is no regular file (a
    pipe, a terminal, ``/dev/null``) is written to directly.

    Raises
    ------
    OutputError
        If the file cannot be written: no such folder, no permission, a folder of that name, a full disk.
    """
    name = os.fspath(path)
    try:
        destination = Path(name).resolve()
        old = destination.stat() if destination.exists() else None
        if old is not None and stat.S_ISDIR(old.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if old is not None and not stat.S_ISREG(old.st_mode):
            with destination.open("wb") as file:
                yield file
            return
        mode = stat.S_IMODE(old.st_mode) if old is not None else 0o666 & ~_umask()
        handle, temporary = tempfile.mkstemp(
            prefix=f".{destination.name[:100]}.", suffix=".part", dir=destination.parent
        )
        try:
            with os.fdopen(handle, "w+b") as file:
                yield file
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(temporary).replace(destination)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
        _flush_folder(destination.parent)
    except (OSError, ValueError) as error:
        # An error of the body's own (bad input, say) says more than "cannot be written".
        if isinstance(error, OutputError) or type(error).__module__.startswith("isthmus"):
            raise
        if isinstance(error, ValueError) and "null" not in str(error):
            raise
        raise OutputError(f"{name}: cannot be written ({_reason(error)}).") from error


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise what ``atomic_write`` would raise, before the work whose result is to be written; touches nothing."""

    class _Enough(Exception):
        pass

    destination = Path(os.fspath(path))
    if "\0" not in str(destination) and destination.exists() and not destination.is_file() and not destination.is_dir():
        return  # a device or a pipe, to be opened once
    with suppress(_Enough), atomic_write(path):
        raise _Enough


def refuse_same_file(source: str | os.PathLike[str], output: str | os.PathLike[str]) -> None:
    """Refuse to write a file over the one that is being read."""
    with suppress(OSError, ValueError):
        if Path(source).samefile(output) and Path(output).is_file():
            raise OutputError(f"{os.fspath(output)}: is the input; choose another name for the output.")


def _reason(error: OSError | ValueError) -> str:
    known = {
        errno.ENOENT: "there is no such folder",
        errno.ENOTDIR: "there is no such folder",
        errno.EACCES: "permission denied",
        errno.EPERM: "permission denied",
        errno.EROFS: "the disk is read-only",
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EISDIR: "it is a folder",
        errno.ENAMETOOLONG: "the name is too long",
        errno.EPIPE: "the reader has closed the pipe",
    }
    number = getattr(error, "errno", None)
    return known.get(number) or getattr(error, "strerror", None) or str(error) if number else str(error)


def _umask() -> int:
    """The umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _flush_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, where the system lets folders be flushed."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
