"""isthmus evaluate-pages: how close cleaned pages come to clean ones, or what cleaning took from them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.outputs import print_text, say, write_text
from isthmus.errors import ParameterError

if TYPE_CHECKING:
    from isthmus.pages.evaluation import Changes, Evaluation

# Columns of text where there is no terminal, so that headings stay on one line.
_WIDTH = 1000


def evaluate_pages(
    noisy: Annotated[Path, typer.Argument(metavar="NOISY", help="Folder of noisy pages.")],
    clean: Annotated[Path | None, typer.Argument(metavar="CLEAN",
        help="Folder of clean pages of the same names; not with --cleaned.", show_default=False)] = None,
    cleaned: Annotated[Path | None, typer.Option(metavar="FOLDER",
        help="Folder of the same pages, cleaned by any program: lists what became of marks like letters. Also PDFs; "
        "also two files.")] = None,
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", help="HTML page with tables and pictures to write.")] = None,
    csv: Annotated[Path | None, typer.Option(help="CSV file: one line for each page and method.")] = None,
    json: Annotated[Path | None, typer.Option(help="JSON file: everything.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Markdown file: the tables.")] = None,
    network: Annotated[list[str] | None, typer.Option(
        help="Network to measure: a name or a model file (repeat).  [default: reference, pages]")] = None,
    letters: Annotated[Path | None, typer.Option(
        help="Folder of files of ALTO, from make-pages --letters: counts letters altered and lost.")] = None,
    by: Annotated[str | None, typer.Option(
        help="Regular expression that groups pages by their names, such as 'Noise(.)'.")] = None,
    dpi: Annotated[float | None, typer.Option(help="Dots per inch, where files do not say it, or wrongly.")] = None,
    ocr: Annotated[bool | None, typer.Option("--ocr/--no-ocr",
        help="Let tesseract read the pages, and count what it misreads.  [default: if it is installed]")] = None,
    language: Annotated[str, typer.Option(help="What tesseract reads, such as eng or deu+fra.")] = "eng",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages.")] = False,
) -> None:  # fmt: skip
    """Measure how close cleaned pages come to clean ones.

    Pairs are files of the same name. Each noisy page is measured as it is, with its background divided out, after an
    adaptive threshold, and cleaned by each network. The measures are its error, what was lost, what tesseract
    misreads, and time. Where no clean pages are known, --cleaned compares pages before and after cleaning.
    """
    from isthmus.system.extras import require

    if clean is not None:
        require("evaluate")
    from isthmus.pages import evaluation
    from isthmus.pages.scale import DPI_LIMITS

    if (clean is None) == (cleaned is None):
        got = "neither" if clean is None else "both"
        raise ParameterError(f"Either CLEAN, a folder of clean pages, or --cleaned must be given. Got {got}.")
    files = {"--output": output, "--csv": csv, "--json": json, "--markdown": markdown}
    _check_files(files)
    if dpi is not None and not DPI_LIMITS[0] <= dpi <= DPI_LIMITS[1]:
        raise ParameterError(f"--dpi must be between {DPI_LIMITS[0]} and {DPI_LIMITS[1]}. Got {dpi:g} instead.")
    found: Changes | Evaluation
    page: Callable[[], str]
    if clean is not None:
        from isthmus.pages.evaluation.page import evaluation_page

        chosen = [word for name in network or () for word in ("--network", Path(name).name)]
        command = _command(noisy, clean.resolve().name, *chosen, *(("--by", by) if by else ()))
        found = evaluation.evaluate_pages(
            noisy, clean, networks=network or ("reference", "pages"), letters=letters, by=by, dpi=dpi,
            read=ocr, language=language, verbose=not quiet,
        )  # fmt: skip
        page = partial(evaluation_page, found, noisy, clean, dpi=dpi, command=command)
    else:
        from isthmus.pages.evaluation.changes_page import changes_page

        assert cleaned is not None
        options = {"--network": network, "--letters": letters, "--by": by, "--dpi": dpi, "--ocr": ocr}
        unused = [name for name, value in options.items() if value is not None]
        if unused:
            raise ParameterError(f"{unused[0]} has no effect on --cleaned; it needs CLEAN, a folder of clean pages.")
        found = evaluation.evaluate_changes(noisy, cleaned, verbose=not quiet)
        page = partial(
            changes_page, found, noisy, cleaned, command=_command(noisy, "--cleaned", cleaned.resolve().name)
        )
    texts: dict[Path | None, Callable[[], str]] = {
        output: page, csv: found.to_csv, json: found.to_json, markdown: found.to_markdown
    }  # fmt: skip
    texts.pop(None, None)
    for path, text in texts.items():
        assert path is not None
        write_text(path, text())
    _show(found)
    if not quiet:
        for note in found.notes:
            say(f"isthmus: {note}")
        if texts:
            say(f"Written to {', '.join(map(str, texts))}.")


def _check_files(files: dict[str, Path | None]) -> None:
    """Refuse files that cannot be written, or have another format's name, before hours of pages."""
    from isthmus.system.files import check_writable
    from isthmus.system.suffixes import PAGE, check_suffix

    written = [file for file in files.values() if file is not None]
    if len(set(written)) < len(written):
        raise ParameterError(f"{', '.join(name for name, file in files.items() if file)} must be different files.")
    kinds = {
        "--output": (PAGE, "an HTML page"), "--csv": ((".csv",), "a CSV table"), "--json": ((".json",), "JSON"),
        "--markdown": ((".md", ".markdown"), "Markdown"),
    }  # fmt: skip
    for name, (suffixes, what) in kinds.items():
        file = files[name]
        if file is not None:
            check_suffix(file, suffixes, f"is to be {what}")
            check_writable(file)


def _command(noisy: Path, *words: str) -> str:
    """Return the command as it can be repeated beside the folders; where they are stays private."""
    import shlex

    return shlex.join(["isthmus", "evaluate-pages", noisy.resolve().name, *words, "-o", "report.html"])


def _show(found: "Changes | Evaluation") -> None:
    """Print the tables: on a terminal with the best of a column in colour, elsewhere as plain text."""
    import io

    from rich.console import Console

    terminal = Console(highlight=False)
    text = io.StringIO()
    console = terminal if terminal.is_terminal else Console(file=text, width=_WIDTH, highlight=False)
    console.print(found.heading)
    for table in found.tables():
        console.print()
        console.print(table)
    if not terminal.is_terminal:
        print_text(text.getvalue())
