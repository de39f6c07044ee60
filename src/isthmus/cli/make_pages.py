"""isthmus make-pages: synthetic pairs of clean and noisy pages."""

import re
from pathlib import Path
from typing import Annotated

import typer

from isthmus.cli.outputs import say
from isthmus.errors import ParameterError
from isthmus.words import counted

_SIZES = {"a3": (420, 297), "a4": (297, 210), "a5": (210, 148), "letter": (279.4, 215.9), "legal": (355.6, 215.9)}


def make_pages(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder for clean/*.png and dirty/*.png.")],
    pages: Annotated[int, typer.Option(help="Number of pages.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed; it and the number of a page decide the page.")] = 0,
    dpi: Annotated[str, typer.Option(
        help="Dots per inch, 100 to 600; with several, such as 150,300, each page is made at each.")] = "150",
    size: Annotated[str, typer.Option(help="a3, a4, a5, letter, legal, or width and height in mm: 148x210.")] = "a4",
    dirt: Annotated[float, typer.Option(help="How strong the noise is: 0 none, 1 as usual, up to 3.")] = 1.0,
    colour: Annotated[bool, typer.Option("--colour", "--color", help="Colour instead of grey.")] = False,
    fonts: Annotated[Path | None, typer.Option(
        help="Folder of fonts, or 'pillow' for one that is the same everywhere.  [default: all that are found]",
    )] = None,
    workers: Annotated[int, typer.Option(help="Processes; only the time depends on them.")] = 1,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace pages that are there.")] = False,
    letters: Annotated[bool, typer.Option("--letters",
        help="Write the place of every letter to letters/*.xml, as ALTO.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no message.")] = False,
) -> None:  # fmt: skip
    """Make pairs of clean and noisy pages, to train on or to test with.

    Each page is FOLDER/clean/NAME.png and FOLDER/dirty/NAME.png, and FOLDER/letters/NAME.xml with --letters.
    The same seed and fonts give the same pages, whatever the number of pages and processes; another dpi gives the same
    pages in more or fewer pixels.
    """
    from isthmus.synthetic_pages import Settings
    from isthmus.synthetic_pages import make_pages as write_pages
    from isthmus.system.progress import progress_bar
    from isthmus.system.suffixes import refuse_known_suffix

    refuse_known_suffix(folder, "is to be a folder")
    resolutions = _resolutions(dpi)
    settings = Settings(seed, _size(size), dirt, colour)
    names = write_pages(folder, pages, resolutions, settings, fonts=fonts, workers=workers, overwrite=overwrite,
                        letters=letters)  # fmt: skip
    total = pages * len(resolutions)
    with progress_bar("pages", total, shown=not quiet) as show:
        for n_done, name in enumerate(names, 1):
            show(n_done, name)
    if not quiet:
        say(f"{counted(total, 'pair')} written to {folder / 'clean'} and {folder / 'dirty'}.")


def _resolutions(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"--dpi must be a number, or several separated by commas. Got {text!r} instead.") from None


def _size(text: str) -> tuple[float, float]:
    """Return height and width in mm."""
    named = _SIZES.get(text.lower())
    numbers = re.fullmatch(r"(\d+(?:\.\d+)?)[x×](\d+(?:\.\d+)?)", text.lower())
    if named is not None:
        return named
    if numbers is None:
        raise ParameterError(
            f"--size must be {', '.join(_SIZES)}, or width and height in mm such as 148x210. Got {text!r} instead."
        )
    return (float(numbers[2]), float(numbers[1]))
