"""isthmus evaluate-pages: how close cleaned pages come to clean ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.outputs import print_text, say, write_text
from isthmus.errors import ParameterError

if TYPE_CHECKING:
    from isthmus.pages.evaluation.result import Evaluation

# Columns of text where there is no terminal, so that headings stay on one line.
_WIDTH = 1000


def evaluate_pages(
    noisy: Annotated[Path, typer.Argument(metavar="NOISY", help="Folder of noisy pages.")],
    clean: Annotated[Path, typer.Argument(metavar="CLEAN", help="Folder of clean pages of the same names.")],
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
    adaptive threshold, and cleaned by each network. The measures are its error, small parts lost, what tesseract
    misreads, and time.
    """
    from isthmus.pages import evaluation
    from isthmus.pages.evaluation.page import evaluation_page
    from isthmus.pages.scale import DPI_LIMITS
    from isthmus.system.files import check_writable
    from isthmus.system.suffixes import PAGE, check_suffix

    files = {"--output": output, "--csv": csv, "--json": json, "--markdown": markdown}
    written = [file for file in files.values() if file is not None]
    if len(set(written)) < len(written):
        raise ParameterError(f"{', '.join(name for name, file in files.items() if file)} must be different files.")
    if dpi is not None and not DPI_LIMITS[0] <= dpi <= DPI_LIMITS[1]:
        raise ParameterError(f"--dpi must be between {DPI_LIMITS[0]} and {DPI_LIMITS[1]}. Got {dpi:g} instead.")
    for file, suffixes, what in (
        (output, PAGE, "an HTML page"), (csv, (".csv",), "a CSV table"), (json, (".json",), "JSON"),
        (markdown, (".md", ".markdown"), "Markdown"),
    ):  # fmt: skip
        if file is not None:
            check_suffix(file, suffixes, f"is to be {what}")
    for file in written:
        check_writable(file)  # before hours of pages
    found = evaluation.evaluate_pages(
        noisy, clean, networks=network or ("reference", "pages"), letters=letters, by=by, dpi=dpi,
        read=ocr, language=language, verbose=not quiet,
    )  # fmt: skip
    texts = {csv: found.to_csv, json: found.to_json, markdown: found.to_markdown}
    if output is not None:
        command = _command(noisy, clean, network, by)
        texts[output] = lambda: evaluation_page(found, noisy, clean, dpi=dpi, command=command)
    for path, text in texts.items():
        if path is not None:
            write_text(path, text())
    _show(found)
    if not quiet:
        for note in found.notes:
            say(f"isthmus: {note}")
        if written:
            say(f"Written to {', '.join(map(str, written))}.")


def _command(noisy: Path, clean: Path, networks: list[str] | None, by: str | None) -> str:
    """Return the command as it can be repeated beside the folders; where they are stays private."""
    import shlex

    words = ["isthmus", "evaluate-pages", noisy.resolve().name, clean.resolve().name]
    words += [word for network in networks or () for word in ("--network", Path(network).name)]
    return shlex.join([*words, *(("--by", by) if by else ()), "-o", "report.html"])


def _show(found: "Evaluation") -> None:
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
