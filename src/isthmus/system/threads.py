"""As many threads as suit the size of the network, given back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Below this many multiplications a step, handing work to a second thread costs more than the work (measured).
_ONE_THREAD_STEP = 4_000_000


@contextmanager
def suited_threads(n_multiplications: int, batch_size: int) -> Iterator[int]:
    """Run the body on one thread if a training step is small; yields the number of threads in use.

    ``n_multiplications`` is what it takes to reconstruct a row, about the number of weights of a dense network.
    """
    before = torch.get_num_threads()
    threads = 1 if n_multiplications * batch_size <= _ONE_THREAD_STEP else before
    torch.set_num_threads(threads)
    try:
        yield threads
    finally:
        torch.set_num_threads(before)
