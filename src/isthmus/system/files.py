"""Files: outputs that appear whole or not at all, and inputs that are opened or refused in a sentence."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from isthmus.errors import InputError, IsthmusError, OutputError
from isthmus.system.locks import HAS_LOCKS, lock
from isthmus.words import printable

_REASONS = {
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "there is no such folder"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "permission denied"),
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up",
    errno.EISDIR: "it is a folder", errno.EFBIG: "the file would be too large",
    errno.ENAMETOOLONG: "the name is too long", errno.ELOOP: "the symbolic links go round in a circle",
    errno.EPIPE: "the reader has closed the pipe",
}  # fmt: skip
_LEFT = (".isthmus-", ".part")
_LONGEST_NAME = 255  # bytes
_SECOND, _DAY = 1.0, 86400.0  # a file is locked within a second after it was made


def open_input(
    path: str | os.PathLike[str], error: type[IsthmusError], wanted: str, *, pipes: bool = False
) -> BinaryIO:
    """Open a file for reading; raise an ``error`` if there is no such file, it is a folder, or it cannot be read.

    ``wanted`` is what the file should be, such as "a table". Pipes and devices are refused at once, even if nobody
    writes to them, unless ``pipes`` is True.
    """
    name = printable(os.fspath(path))
    waiting = 0 if pipes else getattr(os, "O_NONBLOCK", 0)  # or opening a pipe would wait for its writer
    try:
        handle = os.open(path, os.O_RDONLY | waiting | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise error(f"{name}: there is no such file.") from None
    except OSError as refused:
        if is_folder(path):  # Windows opens no folders
            raise error(f"{name}: is a folder, not {wanted}.") from None
        raise error(f"{name}: cannot be read ({reason(refused)}).") from None
    except ValueError:
        raise error(f"{name}: is not a file name.") from None
    mode = os.fstat(handle).st_mode
    if stat.S_ISDIR(mode) or not (pipes or stat.S_ISREG(mode)):
        os.close(handle)
        raise error(f"{name}: is a {'folder' if stat.S_ISDIR(mode) else 'device or pipe'}, not {wanted}.")
    return os.fdopen(handle, "rb")


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether there is a folder of this name; a name that no file can have is that of no folder."""
    return os.path.isdir(path)  # noqa: PTH112 — the method of Path raises errors for such names


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether there is anything but a folder of this name."""
    return os.path.exists(path) and not is_folder(path)  # noqa: PTH110


class FileState(NamedTuple):
    """What tells whether a file is still the same, with the same content."""

    device: int
    inode: int
    size: int
    modified: int  # nanoseconds

    @classmethod
    def of(cls, file: BinaryIO | str) -> "FileState":
        status = Path(file).stat() if isinstance(file, str) else os.fstat(file.fileno())
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@contextmanager
def unchanged(path: str, name: str, state: FileState) -> Iterator[None]:
    """Read a file in the body; raise an InputError if it is not as it was before and after."""
    _refuse_changed(path, name, state)
    try:
        yield
    except Exception:
        _refuse_changed(path, name, state)  # the reason why the body failed
        raise
    _refuse_changed(path, name, state)


def permissions(file: BinaryIO | str) -> int:
    """Return the permissions of a file, for an output that is made from it; those of a new file if it is not one."""
    with suppress(OSError, ValueError):  # a stream within the program has no permissions
        mode = (Path(file).stat() if isinstance(file, str) else os.fstat(file.fileno())).st_mode
        if stat.S_ISREG(mode):
            return stat.S_IMODE(mode) & 0o777
    return 0o666


@contextmanager
def atomic_write(path: str | os.PathLike[str], *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A binary file that gets the name ``path`` only if the body ends without an exception.

    It is written beside its destination under a temporary name, flushed to disk, and renamed. Until then an old file
    stays, and after an exception (Ctrl-C included) the temporary file is gone. A symbolic link of that name is
    replaced, not followed. Pipes, terminals and everything under ``/dev`` and ``/proc`` are written to directly. An
    OutputError tells why a file cannot be written: no such folder, no permission, a folder of that name, a full disk.

    ``mode`` has the permissions of the file, such as those of the input that it is made from. The umask takes some
    away, and so does an old file of the same owner; nobody has more on the way.
    """
    name = os.fspath(path)
    try:
        destination, old = _destination(name)
        if _is_written_to_directly(destination, old):
            with Path(name).open("ab") as file:  # standard output may be appended to a file
                yield file
            return
        temporary = _temporary_name(destination.parent)
        if old is not None and stat.S_ISREG(old.st_mode) and old.st_uid == _user():
            mode &= old.st_mode
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with _removed(temporary), _removed(temporary):  # twice, as Ctrl-C may interrupt the first
            with os.fdopen(os.open(temporary, flags, mode & 0o777), "w+b") as file:
                lock(file)
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(destination)
        _flush_folder(destination.parent)
    except OSError as error:
        if isinstance(error, IsthmusError):
            raise
        raise OutputError(f"{printable(name)}: cannot be written ({reason(error)}).") from error


def sweep_leftovers(folder: str | os.PathLike[str]) -> None:
    """Remove the temporary files of killed runs; those of other runs are locked, and stay.

    On systems without file locks, remove those that are older than a day.
    """
    with suppress(OSError):
        for path in Path(folder).glob(f"{_LEFT[0]}*{_LEFT[1]}"):
            with suppress(OSError):
                status = path.lstat()
                age = time.time() - status.st_mtime
                is_left = age > _SECOND and _is_free(path) if HAS_LOCKS else age > _DAY
                if stat.S_ISREG(status.st_mode) and is_left:
                    path.unlink()


@contextmanager
def temporary_file(folder: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, str]]:
    """A private file and its name, removed when the body ends or, if it is killed, by ``sweep_leftovers``."""
    path = _temporary_name(Path(folder))
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        # Removed twice, as Ctrl-C may interrupt the first.
        with _removed(path), _removed(path), os.fdopen(os.open(path, flags, 0o600), "w+b") as file:
            lock(file)
            yield file, str(path)
    except OSError as error:
        if isinstance(error, IsthmusError):
            raise
        raise OutputError(f"{folder}: a temporary file cannot be written ({reason(error)}).") from error


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise the errors of ``atomic_write``, before the work whose result is to be written."""
    if not is_written_to_directly(path):  # a device or a pipe is opened once
        with suppress(_EnoughError), atomic_write(path):
            raise _EnoughError


def is_written_to_directly(path: str | os.PathLike[str]) -> bool:
    """Whether ``atomic_write`` writes to what is there: a pipe, a device, or an open file such as ``/dev/stdout``."""
    with suppress(OSError):
        return _is_written_to_directly(*_destination(os.fspath(path)))
    return False


def refuse_same_file(source: str | os.PathLike[str], output: str | os.PathLike[str]) -> None:
    """Refuse to write a file over the one that is being read."""
    same = False
    with suppress(OSError, ValueError):
        same = Path(source).samefile(output) and Path(output).is_file()
    if same:
        raise OutputError(f"{os.fspath(output)}: is the input; choose another name for the output.")


def reason(error: OSError) -> str:
    """Why a file could not be read or written, in a few words."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


class _EnoughError(Exception):
    pass


def _refuse_changed(path: str, name: str, state: FileState) -> None:
    found = None
    with suppress(OSError):
        found = FileState.of(path)
    if found != state:
        raise InputError(f"{printable(name)}: has changed since it was first read, so nothing is written; try again.")


def _destination(name: str) -> tuple[Path, os.stat_result | None]:
    """The place of a name, and the status of what is there; raise OSError if it cannot be written."""
    if not name or "\0" in name:
        raise OSError(errno.EINVAL, "it is not a file name")
    if name.endswith(os.sep) or Path(name).name in ("", ".."):
        raise IsADirectoryError(errno.EISDIR, "folder")
    try:
        destination = Path(name).parent.resolve() / Path(name).name
    except RuntimeError:  # Python 3.11 and 3.12 raise this for ELOOP
        raise OSError(errno.ELOOP, "loop") from None
    try:
        old = destination.lstat()
    except FileNotFoundError:
        if len(os.fsencode(destination.name)) > _LONGEST_NAME:
            raise OSError(errno.ENAMETOOLONG, "name") from None
        return destination, None
    if destination.is_dir():  # also through a link: its name is that of a folder
        raise IsADirectoryError(errno.EISDIR, "folder")
    if not stat.S_ISLNK(old.st_mode) and not os.access(destination, os.W_OK):
        raise PermissionError(errno.EACCES, "permission")
    return destination, old


def _is_written_to_directly(destination: Path, old: os.stat_result | None) -> bool:
    """Whether a place has a pipe or a device, or stands for an open file, such as ``/dev/stdout``."""
    if old is None or stat.S_ISREG(old.st_mode):
        return False
    return not stat.S_ISLNK(old.st_mode) or destination.parts[1:2] in (("dev",), ("proc",))


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0  # Windows has no owners by number


def _temporary_name(folder: Path) -> Path:
    return folder / f"{_LEFT[0]}{os.urandom(8).hex()}{_LEFT[1]}"


@contextmanager
def _removed(path: Path) -> Iterator[None]:
    """Remove a file when the body ends, whether it succeeds or not."""
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()


def _is_free(path: Path) -> bool:
    """Whether a file is unlocked, so that no process is writing it."""
    with path.open("rb") as file:
        return lock(file)


def _flush_folder(folder: Path) -> None:
    """Flush a folder to disk, so that a rename survives a power cut; some systems cannot."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
