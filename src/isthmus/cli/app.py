"""All commands, and how failures end: in a sentence on stderr and an exit code."""

import io
import os
from collections.abc import Callable, Sequence
from typing import Annotated, cast

import typer

from isthmus._version import __version__
from isthmus.cli.clean import clean
from isthmus.cli.compare import compare
from isthmus.cli.decode import decode
from isthmus.cli.encode import encode
from isthmus.cli.evaluate_pages import evaluate_pages
from isthmus.cli.export import export
from isthmus.cli.fit import fit
from isthmus.cli.info import info
from isthmus.cli.make_pages import make_pages
from isthmus.cli.outputs import say
from isthmus.cli.reconstruct import reconstruct
from isthmus.cli.report import report
from isthmus.cli.tune import tune
from isthmus.errors import IsthmusError
from isthmus.system.extras import require_for
from isthmus.system.standard_output import flush_standard_output

INTERRUPTED = 130
_UsageError = cast(type[typer.BadParameter], typer.BadParameter.__base__)  # click's; Typer has no name for it
CLOSED_PIPE = 141  # as for programs that end by the signal SIGPIPE

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 2 wrong usage, 3 bad input, 4 bad model file, 5 output not written, 6 table and model "
    "do not fit, 7 something is not installed, 8 encrypted or signed, 130 interrupted, 141 the reader of a pipe has "
    "left, 1 anything else.",
)
_COMMANDS: tuple[Callable[..., None], ...] = (
    fit, encode, decode, reconstruct, compare, tune, report, info, export, clean, make_pages, evaluate_pages,
)  # fmt: skip
for _command in _COMMANDS:
    app.command()(_command)


def _show_version(wanted: bool | None) -> None:
    if wanted:
        print(f"isthmus {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool | None, typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Show the version and exit.")] = None,
) -> None:  # fmt: skip
    """Autoencoders with the ergonomics of PCA: compress tables into small codes, and back."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code; every failure ends in one sentence."""
    try:
        try:
            code = _run(arguments)
        except ModuleNotFoundError as error:
            require_for(error.name)
            raise
        flush_standard_output()  # at the end of the process it would be too late for an error message
        return code
    except IsthmusError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            return CLOSED_PIPE  # "… | head" has seen enough: not a failure
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _fail("interrupted.", INTERRUPTED)
    except MemoryError:
        return _fail("there is not enough memory for this.", 1)
    except Exception as error:
        if os.environ.get("ISTHMUS_TRACEBACK"):
            raise
        return _fail(f"unexpected {type(error).__name__}: {error} (ISTHMUS_TRACEBACK=1 shows where).", 1)


def _run(arguments: Sequence[str] | None) -> int:
    """Return the exit code of Typer, to which Ctrl-C is an exit code, too."""
    try:
        code = app(args=arguments, prog_name="isthmus", standalone_mode=False)
    except _UsageError as error:
        text = io.StringIO()
        error.show(text)
        for line in text.getvalue().splitlines():
            say(line)
        return int(error.exit_code)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return code or 0


def _fail(sentence: str, exit_code: int) -> int:
    say(f"isthmus: {sentence}")
    return exit_code
