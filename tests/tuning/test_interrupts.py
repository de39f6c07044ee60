"""Ctrl-C waits while a database is at work, and is never lost."""

import math
import signal
import sys
import threading

import pytest

from isthmus.tuning.interrupts import allow_sigint, defer_sigint, raise_deferred


def interrupted():
    return pytest.raises(KeyboardInterrupt)


def press():
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def test_ctrl_c_waits_until_the_end():
    done = []
    with interrupted(), defer_sigint():
        press()
        done.append("all")
    assert done == ["all"]


def test_ctrl_c_is_raised_where_it_can_do_no_harm():
    done = []
    with interrupted(), defer_sigint():
        press()
        done.append("before")
        raise_deferred()
        done.append("after")
    assert done == ["before"]
    with interrupted(), defer_sigint(), allow_sigint():
        press()
        done.append("late")
    assert done == ["before"]


def test_ctrl_c_waits_within_what_is_allowed_as_well():
    done = []
    with interrupted(), defer_sigint(), allow_sigint():
        with defer_sigint():
            press()
            done.append("inner")
        done.append("outer")
    assert done == ["inner"]


def test_ctrl_c_in_a_destructor_which_python_loses_is_raised_later(monkeypatch):
    class Pressed:
        def __del__(self):
            press()

    lost: list[object] = []
    done = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    with interrupted(), defer_sigint():
        with allow_sigint():
            Pressed()
            done.append("within")
        raise_deferred()
        done.append("after")
    assert len(lost) == 1
    assert done == ["within"]


def test_an_error_does_not_hide_ctrl_c():
    with interrupted(), defer_sigint():
        press()
        raise ValueError


def test_both_signals_of_one_ctrl_c_are_one_and_a_later_one_does_not_wait(monkeypatch):
    monkeypatch.setattr("isthmus.tuning.interrupts._BOUNCE", math.inf)
    with interrupted(), defer_sigint():
        press()
        press()
    monkeypatch.setattr("isthmus.tuning.interrupts._BOUNCE", -1)
    done = []
    with interrupted(), defer_sigint():
        press()
        press()
        done.append("never")
    assert done == []


def test_where_ctrl_c_is_ignored_or_in_another_thread_nothing_is_changed():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with defer_sigint():
        press()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seen = []

    def work():
        with defer_sigint(), allow_sigint():
            raise_deferred()
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


def test_without_ctrl_c_nothing_is_raised():
    with defer_sigint(), allow_sigint():
        raise_deferred()
    raise_deferred()
