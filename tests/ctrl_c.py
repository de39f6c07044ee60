"""Ctrl-C at a chosen step of an action."""

import sys
from collections.abc import Callable


def interrupted_at(step: int, action: Callable[[], object], counts: Callable[[str], bool]) -> int:
    """Press Ctrl-C at a step, which is a line of the files that count; return the steps still to go (0: pressed)."""
    left = step

    def trace(frame, event, _):
        nonlocal left
        if not counts(frame.f_code.co_filename):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(outer)
    return left
