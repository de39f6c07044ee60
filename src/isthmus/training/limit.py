"""A time at which training ends, wherever it is: a search has little time left, and an epoch can be long."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline = ContextVar("deadline", default=math.inf)


class TimeIsUpError(Exception):
    """Raised between two batches when the time of training is up."""


@contextmanager
def training_until(deadline: float) -> Iterator[None]:
    """End every training of the block at a time of ``time.monotonic``; the best epoch until then is kept."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def check_time() -> None:
    """Raise ``TimeIsUpError`` if the time of training is up."""
    if time.monotonic() >= _deadline.get():
        raise TimeIsUpError
