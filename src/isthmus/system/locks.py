"""Locks between processes: one at a time in a block, and private folders that do not outlive their process for long."""

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl

    HAS_LOCKS = True
except ImportError:  # Windows
    HAS_LOCKS = False

_PREFIX, _SUFFIX = ".isthmus-", ".folder"
_SECOND = 1.0  # a folder is locked within a second after it was made
_WAIT = 0.02  # seconds between two tries to lock a file


def lock(file: BinaryIO | int) -> bool:
    """Lock a file or folder until it is closed or its process ends; tell whether it could be locked."""
    with suppress(OSError):
        if HAS_LOCKS:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


@contextmanager
def one_at_a_time(path: Path, patience: float) -> Iterator[None]:
    """Let one process at a time into the block, of all that give the same path; there must be no file of that name.

    Raises ``TimeoutError`` after ``patience`` seconds, and another ``OSError`` if the file cannot be made. The file is
    there during the block only. On systems without file locks nobody waits.
    """
    if not HAS_LOCKS:
        yield
        return
    handle = _locked(path, time.monotonic() + patience)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        fcntl.flock(handle, fcntl.LOCK_UN)  # a process that was forked in the block has the handle, too
        os.close(handle)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A private folder, removed when the block ends or, if its process is killed, by the next that makes one."""
    parent = Path(tempfile.gettempdir())
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(_SUFFIX, _PREFIX, parent))
    handle = os.open(folder, os.O_RDONLY) if HAS_LOCKS else None
    try:
        if handle is not None:
            lock(handle)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _locked(path: Path, end: float) -> int:
    """Make and lock a file, and return its handle."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if time.monotonic() > end:
                    raise TimeoutError
                time.sleep(_WAIT)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), path.lstat()):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # the process before has removed it


def _sweep(parent: Path) -> None:
    """Remove this user's folders that no process has locked."""
    if not HAS_LOCKS:
        return
    for folder in parent.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                continue
            handle = os.open(folder, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            try:
                if lock(handle) and time.time() - status.st_mtime > _SECOND:
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
