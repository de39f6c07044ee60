"""Files and texts that commands write: checked before the work begins, and written whole."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from isthmus.errors import ParameterError
from isthmus.system.standard_output import discard, standard_output
from isthmus.words import printable

RESULT_FORMATS = ("csv", "json", "md")


@runtime_checkable
class Result(Protocol):
    """Return a command's result as text for programs and documents."""

    def to_csv(self) -> str: ...
    def to_json(self) -> str: ...
    def to_markdown(self) -> str: ...


def result_text(result: Result, format: str) -> str:
    """Return a result as "csv", "json" or "md"."""
    return {"csv": result.to_csv, "json": result.to_json, "md": result.to_markdown}[format]()


def check_outputs(table: str, *files: str | Path | None, model: Path | None = None) -> None:
    """Refuse files that cannot be written, before an hour of training; None stands for no file.

    Raises
    ------
    OutputError
        If a file cannot be written, or is the table that is read, or the name of the model stands for another format.
    ParameterError
        If the model is to go to standard output: it is not for terminals.
    """
    from isthmus.system.files import check_writable, refuse_same_file
    from isthmus.system.suffixes import refuse_known_suffix

    if str(model) == "-":
        raise ParameterError("--output must be the name of a file. Got '-' instead.")
    for file in (model, *files):
        if file is not None:
            if table != "-":
                refuse_same_file(table, file)
            check_writable(file)
    if model is not None:
        refuse_known_suffix(model, "is to be a model file")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, in UTF-8; bytes of file names that are not UTF-8 are written as ``\\udcff``."""
    from isthmus.system.files import atomic_write

    with atomic_write(path) as file:
        file.write(text.encode(errors="backslashreplace"))


def print_text(text: str, *, encoding: str | None = None) -> None:
    """Print to standard output, with question marks for what the encoding (by default, the terminal's) lacks."""
    with standard_output() as stream:
        stream.write(text.encode(encoding or terminal_encoding(), "replace"))


def print_lines(text: str) -> None:
    """Print lines for people to standard output; control characters, such as those of names of columns, are escaped."""
    print_text("".join(f"{printable(line)}\n" for line in text.split("\n")))


def terminal_encoding() -> str:
    """Return the encoding of standard output."""
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def say(*lines: str) -> None:
    """Print lines to standard error, if there is one that can be written to, with control characters escaped."""
    if sys.stderr is not None:  # print takes None for standard output
        try:
            print("\n".join(map(printable, lines)), file=sys.stderr, flush=True)
        except OSError:
            discard(sys.stderr)


@contextmanager
def saying_warnings() -> Iterator[None]:
    """Print each warning of the block as a sentence, once, when the block ends."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            for message in dict.fromkeys(str(warning.message) for warning in caught):
                say(f"isthmus: {message}")
