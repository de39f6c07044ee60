"""Threads: how many there are, those of linear algebra, and work on parts of arrays at the same time."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController, threadpool_limits

# Of numbers that are too large the caller finds NaN or infinity, and says so in words of its own.
SILENT: dict[str, Any] = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}

_ONE_THREAD_STEP = 4_000_000  # measured

ResultT = TypeVar("ResultT")


class Threads:
    """``n`` threads, the caller's among them."""

    def __init__(self, n: int, pool: ThreadPoolExecutor | None = None) -> None:
        self.n, self._pool = n, pool

    def run(self, function: Callable[[int], ResultT], n_parts: int) -> list[ResultT]:
        """Call a function with 0, 1, … at the same time, and return its results in order."""
        if self._pool is None or n_parts == 1:
            return [function(i) for i in range(n_parts)]
        others = [self._pool.submit(function, i) for i in range(1, n_parts)]
        try:
            first = function(0)
        finally:
            for other in others:
                other.exception()  # waits: nothing writes to arrays that the caller goes on with
        return [first, *(other.result() for other in others)]


@contextmanager
def threads(n: int) -> Iterator[Threads]:
    """Give so many threads, which end with the body."""
    if n == 1:
        yield Threads(1)
        return
    with ThreadPoolExecutor(n - 1, "isthmus", _begin_thread) as pool:
        yield Threads(n, pool)


def is_small(n_multiplications: int) -> bool:
    """Return whether a second thread costs a step with so many multiplications more time than it saves."""
    return n_multiplications <= _ONE_THREAD_STEP


def suited_threads(n_multiplications: int, batch_size: int) -> int:
    """Return the number of threads that suits a training step: one, if it is small.

    ``n_multiplications`` is how many it takes to reconstruct one row: about the number of weights of a dense network.
    """
    return 1 if is_small(n_multiplications * batch_size) else _blas.n_threads()


class _Blas:
    """The threads of NumPy's and SciPy's linear algebra, which the whole process shares.

    Fits compute on one of them and share work among threads of their own. So what one fit finds does not depend on
    another that begins or ends meanwhile in another thread; the first sets the number, and the last sets it back.
    """

    def __init__(self) -> None:
        self._lock, self._users, self._before = threading.RLock(), 0, list[int]()

    @cached_property
    def _libraries(self) -> list[Any]:
        libraries: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
        return libraries  # looking for them takes milliseconds

    def n_threads(self) -> int:
        """Return how many threads the process may use: as many as linear algebra has where no fit limits it."""
        with self._lock:
            return max(self._before if self._users else self._numbers(), default=1)

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """Compute linear algebra in the body on one thread."""
        with self._lock:
            own = self._numbers()
            if self._users == 0:
                self._before = own
            self._users += 1
            self.limit_this_thread()
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                for library, before, number in zip(self._libraries, self._before, own, strict=True):
                    if _is_by_thread(library):
                        _set(library, number)
                    elif self._users == 0:
                        _set(library, before)

    def limit_this_thread(self) -> None:
        """Set the number to one; it is a thread's own in some libraries, and the process's in others."""
        for library in self._libraries:
            _set(library, 1)

    def _numbers(self) -> list[int]:
        return [library.get_num_threads() or 1 for library in self._libraries]


def _is_by_thread(library: Any) -> bool:
    return library.internal_api == "mkl" or getattr(library, "threading_layer", "") == "openmp"


def _set(library: Any, number: int) -> None:
    """Set a library's number of threads.

    From version 3.8 on, threadpoolctl lets only one thread of a process set that of OpenBLAS, and ignores others.
    """
    getattr(library, "_real_set_num_threads", library.set_num_threads)(number)


_blas = _Blas()


def _begin_thread() -> None:
    _blas.limit_this_thread()
    np.seterr(**SILENT)


one_blas_thread = _blas.one_thread
available_threads = _blas.n_threads


def usual_threads() -> int:
    """Return how many threads libraries without a setting of their own may use: those of linear algebra, and of torch.

    Environment variables such as OMP_NUM_THREADS, threadpoolctl and ``torch.set_num_threads`` set the number.
    """
    torch = sys.modules.get("torch")
    return available_threads() if torch is None else min(available_threads(), torch.get_num_threads())


@contextmanager
def at_most_threads(n_threads: int) -> Iterator[None]:
    """Run the body, torch and NumPy's linear algebra on at most so many threads."""
    with ExitStack() as stack:
        torch = sys.modules.get("torch")
        if torch is not None:
            before = torch.get_num_threads()
            torch.set_num_threads(min(before, n_threads))
            stack.callback(torch.set_num_threads, before)
        stack.enter_context(threadpool_limits(n_threads))
        yield
