"""Progress is shown on standard error, and only if that is a terminal."""

import io
import sys

import pytest

from isthmus.system.progress import progress_bar, progress_console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_much_is_done(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("pages", 3, shown=True, transient=False) as show:
        show(2, "page [b]")
    assert "pages 2/3" in terminal.getvalue()
    assert "page [b]" in terminal.getvalue()


@pytest.mark.parametrize("shown", [False, True])
def test_nothing_is_shown_without_a_terminal_or_when_not_wanted(monkeypatch, shown):
    file = Terminal() if not shown else io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with progress_bar("pages", 3, shown=shown) as show:
        show(1, "a page")
    assert progress_console(shown=shown) is None
    assert file.getvalue() == ""
