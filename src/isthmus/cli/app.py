"""The commands together, and what happens when one fails: a sentence on stderr and an exit code."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from isthmus._version import __version__
from isthmus.cli.decode import decode
from isthmus.cli.encode import encode
from isthmus.cli.fit import fit
from isthmus.cli.info import info
from isthmus.cli.reconstruct import reconstruct
from isthmus.errors import IsthmusError

INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Autoencoders with the ergonomics of PCA: compress tables into small codes, and back.",
    epilog="Exit codes: 0 done, 2 wrong usage, 3 bad input, 4 bad model file, 5 output not written, "
    "6 table and model do not fit, 7 something is not installed, 130 interrupted.",
)
_COMMANDS: tuple[Callable[..., None], ...] = (fit, encode, decode, reconstruct, info)
for _command in _COMMANDS:
    app.command()(_command)


def _show_version(wanted: bool | None) -> None:
    if wanted:
        print(f"isthmus {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = None,
) -> None:
    """Autoencoders with the ergonomics of PCA: compress tables into small codes, and back."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; whatever goes wrong ends in one sentence and an exit code."""
    try:
        app(args=arguments, prog_name="isthmus")
    except IsthmusError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted.", INTERRUPTED)
    except MemoryError:
        _fail("there is not enough memory for this.", 1)
    except Exception as error:
        if os.environ.get("ISTHMUS_TRACEBACK"):
            raise
        _fail(f"unexpected {type(error).__name__}: {error} (ISTHMUS_TRACEBACK=1 shows where).", 1)


def _fail(sentence: str, exit_code: int) -> None:
    print(f"isthmus: {sentence}", file=sys.stderr)
    sys.exit(exit_code)
