"""Child processes: they import nothing from the current folder, leave Ctrl-C to their parent, and end with it."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress

# Python 3.11 and later look for modules in the current folder otherwise, which may be full of strangers' files.
_SAFE_PATH = "PYTHONSAFEPATH"


def process_pool(n_processes: int, begin: Callable[..., None], *arguments: object) -> ProcessPoolExecutor:
    """Make a pool of processes, each of which begins with ``begin(*arguments)``; submit in ``starting_children``."""
    context = multiprocessing.get_context("spawn")
    with starting_children():  # the locks of the pool have a process that removes them
        return ProcessPoolExecutor(n_processes, context, initializer=_begin, initargs=(begin, arguments))


@contextmanager
def starting_children() -> Iterator[None]:
    """Processes that start in the body are never sent Ctrl-C, and import nothing from the current folder."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"  # multiprocessing passes no environment of its own
    try:
        with _sigint_blocked():
            yield
    finally:
        if before is None:
            os.environ.pop(_SAFE_PATH, None)
        else:
            os.environ[_SAFE_PATH] = before


def effective_n_jobs(n_jobs: int | None) -> int:
    """Return the number of processes as scikit-learn counts them: None is one, -1 all cores, -2 all but one."""
    if n_jobs is None or n_jobs > 0:
        return n_jobs or 1
    # Those that this process may use, not those of the machine.
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, n_cores + 1 + n_jobs)


def python_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module in a process of its own, which ends when this one does."""
    return [sys.executable, "-P", "-m", "isthmus.system.child", str(os.getpid()), module, *arguments]


def child_environment(**variables: str) -> dict[str, str]:
    """Return this process's environment for a child, with further variables."""
    return {**os.environ, _SAFE_PATH: "1", **variables}


def end_with_standard_input(clean_up: Callable[[], None]) -> None:
    """From a thread, end this process when its standard input ends: a pipe that its parent keeps open."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(0, 1024):  # sys.stdin has a lock, which a thread may not hold when Python ends
                pass
        clean_up()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _begin(begin: Callable[..., None], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    begin(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Defer Ctrl-C; processes that start meanwhile inherit the block."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
