"""Files and texts that commands write: looked at before the work begins, and written whole."""

import sys
from contextlib import suppress
from pathlib import Path


def check_outputs(table: str, *files: str | Path | None) -> None:
    """Refuse what cannot be written, sooner than after an hour of training; None stands for no file.

    Raises
    ------
    OutputError
        If a file cannot be written, or is the table that is read.
    """
    from isthmus.system.files import check_writable, refuse_same_file

    for file in files:
        if file is not None:
            if table != "-":
                refuse_same_file(table, file)
            check_writable(file)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, in UTF-8."""
    from isthmus.system.files import atomic_write

    with atomic_write(path) as file:
        file.write(text.encode())


def print_text(text: str) -> None:
    """Print to standard output for people, with question marks for what its encoding does not have."""
    from isthmus.system.standard_output import standard_output

    with standard_output() as stream:
        stream.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))


def say(text: str) -> None:
    """Print to standard error, where there is one that can be written to."""
    if sys.stderr is not None:  # print takes None for standard output
        with suppress(OSError):
            print(text, file=sys.stderr, flush=True)
