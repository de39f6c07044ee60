"""Ctrl-C while a database is at work: it waits, so that no lock is left behind and no thread of Optuna's goes on."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_BOUNCE = 1.0  # seconds after the first Ctrl-C in which another one is the same: a terminal and a parent both send it


class _Keeper:
    """A handler that keeps the first Ctrl-C; who presses again does not wait."""

    def __init__(self) -> None:
        self.pressed: float | None = None

    def __call__(self, number: int, frame: Any) -> None:
        now = time.monotonic()
        if self.pressed is None:
            self.pressed = now
        elif now - self.pressed > _BOUNCE:
            signal.default_int_handler(number, frame)

    def give(self) -> None:
        """Raise what was kept."""
        if self.pressed is not None:
            raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """Keep Ctrl-C until the end of this, or until ``released`` within; outside the main thread nothing is done."""
    keeper = _Keeper()
    if not _may_handle() or signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):
        yield
        return
    before = signal.signal(signal.SIGINT, keeper)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        keeper.give()


@contextmanager
def released() -> Iterator[None]:
    """Within ``held``: have Ctrl-C raise ``KeyboardInterrupt`` at once, as one does that came before."""
    keeper = signal.getsignal(signal.SIGINT)
    if not _may_handle() or not isinstance(keeper, _Keeper):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        keeper.give()
        yield
    finally:
        signal.signal(signal.SIGINT, keeper)


def give_interrupt() -> None:
    """Raise ``KeyboardInterrupt`` for a Ctrl-C that is held."""
    with released():
        pass


def _may_handle() -> bool:
    return threading.current_thread() is threading.main_thread()
