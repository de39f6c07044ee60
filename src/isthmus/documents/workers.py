"""Share work out to processes, and return the results in order while few of them wait in memory."""

import os
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing.process import BaseProcess
from typing import TypeVar

from threadpoolctl import threadpool_limits

from isthmus.documents.reports import PageReport
from isthmus.documents.work import PageFunction, Source, Work, try_picture
from isthmus.errors import IsthmusError
from isthmus.system.processes import process_pool, starting_children


class WorkersEndedError(IsthmusError):
    """A worker process ended unexpectedly, so none of the others can go on."""


_Tag = TypeVar("_Tag")
Result = tuple[bytes | None, PageReport] | Exception
_function: PageFunction | None = None
_source = Source()  # of a worker process


def in_order(
    function: PageFunction, tasks: Iterable[tuple[_Tag, Work | None]], jobs: int
) -> Generator[tuple[_Tag, Result | None], None, None]:
    """Yield the tag of each task with its result, in order; a task without work has no result.

    One job runs in this process. With several, each process uses one thread, at most twice as many results as
    processes wait, and all processes end with this generator.
    """
    if jobs == 1:
        with closing(Source()) as source:
            for tag, work in tasks:
                yield tag, None if work is None else try_picture(function, work, source)
        return
    pool = process_pool(jobs, _begin, function)
    waiting: deque[tuple[_Tag, Future[Result] | None]] = deque()
    try:
        for tag, work in tasks:
            with starting_children():
                waiting.append((tag, None if work is None else pool.submit(_try_picture, work)))
            if len(waiting) > 2 * jobs:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())
    finally:  # end the processes without waiting for their current work
        processes: list[BaseProcess] = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _finished(tag: _Tag, future: Future[Result] | None) -> tuple[_Tag, Result | None]:
    try:
        return tag, None if future is None else future.result()
    except BrokenProcessPool as error:
        raise WorkersEndedError("a worker process has ended, perhaps for lack of memory (--jobs).") from error


def _begin(function: PageFunction) -> None:
    """Start a worker, which uses one thread."""
    global _function  # noqa: PLW0603
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    threadpool_limits(1)  # of libraries that are loaded already
    _function = function


def _try_picture(work: Work) -> Result:
    assert _function is not None
    return try_picture(_function, work, _source)
