"""Ctrl-C while a database is at work: it waits until no lock is held and no thread of Optuna's runs."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Seconds after the first Ctrl-C in which another one counts as the same: a terminal and a parent process both send it.
_BOUNCE = 1.0


class _Keeper:
    """A signal handler that keeps the first Ctrl-C; a second one does not wait."""

    def __init__(self) -> None:
        self.pressed: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.pressed is None:
            self.pressed = now
        elif now - self.pressed > _BOUNCE:
            signal.default_int_handler(number, frame)

    def raise_at_once(self, number: int, frame: FrameType | None) -> None:
        """Raise ``KeyboardInterrupt``, and remember it: Python loses what is raised in a destructor."""
        self.pressed = time.monotonic()
        signal.default_int_handler(number, frame)

    def give(self) -> None:
        """Raise ``KeyboardInterrupt`` if Ctrl-C was pressed."""
        if self.pressed is not None:
            raise KeyboardInterrupt


@contextmanager
def defer_sigint() -> Iterator[None]:
    """Keep Ctrl-C until the end of the block, or until ``allow_sigint`` within it. Other threads change nothing."""
    if not _is_main_thread() or signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):
        yield
        return
    keeper = _Keeper()
    before = signal.signal(signal.SIGINT, keeper)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        keeper.give()


@contextmanager
def allow_sigint() -> Iterator[None]:
    """Within ``defer_sigint``: let Ctrl-C raise ``KeyboardInterrupt`` at once, also one that was kept before."""
    keeper = signal.getsignal(signal.SIGINT)
    if not _is_main_thread() or not isinstance(keeper, _Keeper):
        yield
        return
    signal.signal(signal.SIGINT, keeper.raise_at_once)
    try:
        keeper.give()
        yield
    finally:
        signal.signal(signal.SIGINT, keeper)


def raise_deferred() -> None:
    """Raise ``KeyboardInterrupt`` if a Ctrl-C was kept."""
    with allow_sigint():
        pass


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
