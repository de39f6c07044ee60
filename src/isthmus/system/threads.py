"""The number of threads that suits the size of a network, or that a process among several may take."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits

# With fewer multiplications a step, a second thread costs more time than it saves (measured).
_ONE_THREAD_STEP = 4_000_000


@contextmanager
def suited_threads(n_multiplications: int, batch_size: int) -> Iterator[int]:
    """Run the body on one thread if training steps are small; yields the number of threads.

    ``n_multiplications`` is how many it takes to reconstruct one row: about the number of weights of a dense network.
    """
    before = torch.get_num_threads()
    threads = 1 if n_multiplications * batch_size <= _ONE_THREAD_STEP else before
    torch.set_num_threads(threads)
    try:
        yield threads
    finally:
        torch.set_num_threads(before)


@contextmanager
def at_most_threads(n_threads: int) -> Iterator[None]:
    """Run the body, torch and NumPy's linear algebra on at most so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(min(before, n_threads))
    try:
        with threadpool_limits(n_threads):
            yield
    finally:
        torch.set_num_threads(before)
