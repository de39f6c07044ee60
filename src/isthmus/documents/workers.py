"""Work shared out to processes, with the results in the order of the work and no more of them waiting than needed."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from isthmus.documents.work import PageFunction, PageReport, Work, attempt
from isthmus.errors import IsthmusError


class WorkersEndedError(IsthmusError):
    """A worker process has ended before its time, and takes the others with it."""


_Tag = TypeVar("_Tag")
Result = tuple[bytes | None, PageReport] | Exception
_function: PageFunction | None = None


def ordered(
    function: PageFunction, tasks: Iterable[tuple[_Tag, Work | None]], jobs: int
) -> Iterator[tuple[_Tag, Work | None, Result | None]]:
    """Each task with its result, in order; what has no work has no result.

    With one job everything happens in this process. With more, each process has one thread for its networks, at most
    twice as many results as there are processes wait, and all of them end with this generator.
    """
    if jobs == 1:
        for tag, work in tasks:
            yield tag, work, None if work is None else attempt(function, work)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(function,))
    waiting: deque[tuple[_Tag, Work | None, Future[Result] | None]] = deque()
    try:
        for tag, work in tasks:
            with _interrupts_held():
                future = None if work is None else pool.submit(_attempt, work)
            waiting.append((tag, work, future))
            while len(waiting) > 2 * jobs:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())
    finally:
        _end(pool)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits for the end of the body; processes that it starts never see one, not even while they start."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _finished(tag: _Tag, work: Work | None, future: Future[Result] | None) -> tuple[_Tag, Work | None, Result | None]:
    try:
        return tag, work, None if future is None else future.result()
    except BrokenProcessPool as error:
        raise WorkersEndedError("a worker process has ended, perhaps for want of memory (--jobs).") from error


def _begin(function: PageFunction) -> None:
    """What a worker does first: leave Ctrl-C to the parent, end with it, and keep to one thread."""
    global _function  # noqa: PLW0603
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    _function = function


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _attempt(work: Work) -> Result:
    assert _function is not None
    return attempt(_function, work)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes without waiting for what they work on."""
    processes: dict[Any, Any] = dict(getattr(pool, "_processes", None) or {})
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        process.join()
