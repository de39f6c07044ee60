"""What commands tell their user: on standard error, since standard output is for data."""

import sys
from contextlib import suppress


def say(text: str) -> None:
    """Print to standard error, where there is one that can be written to."""
    if sys.stderr is not None:  # print takes None for standard output
        with suppress(OSError):
            print(text, file=sys.stderr, flush=True)


def counted(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
