"""isthmus compare: PCA, a randomly initialised network and Isthmus on one table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import Columns, Exclude, Format, Header, NoLimits, Table
from isthmus.cli.outputs import (
    RESULT_FORMATS,
    check_outputs,
    print_lines,
    print_text,
    result_text,
    say,
    saying_warnings,
    write_text,
)
from isthmus.cli.parameter_options import OptionsOf, Values, with_parameter_options
from isthmus.errors import OutputError, ParameterError
from isthmus.parameters import DENSE

if TYPE_CHECKING:
    from isthmus.comparison.result import Comparison


@with_parameter_options
def compare(
    table: Table,
    *,
    output: Annotated[Path | None, typer.Option(
        "-o", "--output", help="File to write the figures to: .csv, .json or .md.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Plot to write: .svg, .png or .pdf.")] = None,
    code_sizes: Annotated[str | None, typer.Option(
        help="Numbers of codes, such as 1,2,8.  [default: 1, 2, 4, … and half the columns, 64 at most]")] = None,
    network: Annotated[Values, OptionsOf(("encoder_layers", "activation", "loss", "scale", "max_epochs"))],
    test_fraction: Annotated[float, typer.Option(help="Share of the rows that is set aside to score on.")] = 0.2,
    columns: Columns = None,
    exclude: Exclude = None,
    machine: Annotated[Values, OptionsOf(("device", "backend"))],
    seed: Annotated[int, typer.Option(help="Seed; the same one gives the same errors.")] = 0,
    format: Format = None,
    header: Header = None,
    no_limits: NoLimits = False,
    output_format: Annotated[str | None, typer.Option(autocompletion=lambda: RESULT_FORMATS,
        help="Print the figures as csv, json or md; with --output, the format of the file.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages.")] = False,
) -> None:  # fmt: skip
    """Compare PCA, a randomly initialised network and Isthmus on unseen rows.

    A share of the rows is set aside; all are fitted on the others, with each number of codes. The table shows the share
    of the variance of the rows set aside that each explains, its error, and the seconds to fit.
    """
    from isthmus.cli.whole_table import read_table

    sizes = None if code_sizes is None else _sizes(code_sizes)
    file = None if output is None or str(output) == "-" else output
    kind = _output_format(file, output_format)
    if plot is not None:
        from isthmus.comparison.plot import plot_format

        plot_format(plot)
    check_outputs(table, file, plot)
    DENSE.check("Autoencoder", network | machine)  # before a long table is read
    read = read_table(
        table, format, header, limits=not no_limits, columns=columns, exclude=exclude, at_least=3,
        purpose="a comparison",
    )  # fmt: skip

    from isthmus import comparison
    from isthmus.estimators.dense import Autoencoder

    with saying_warnings():
        found = comparison.compare(
            read.rows, estimator=Autoencoder().set_params(**network, **machine),
            feature_names=read.columns if read.named else None,
            code_sizes=sizes, test_fraction=test_fraction, random_state=seed, verbose=not quiet,
        )  # fmt: skip
    if file is not None:
        write_text(file, result_text(found, kind or "csv"))
    if plot is not None:
        from isthmus.comparison.plot import save_comparison

        save_comparison(found, plot)
    if file is None and kind is not None:
        print_text(result_text(found, kind), encoding="utf-8")
    else:
        _show(found)
    written = [str(path) for path in (file, plot) if path is not None]
    if written and not quiet:
        say(f"Written to {' and '.join(written)}.")


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise ParameterError(f"--code-sizes must be numbers of at least 1, separated by commas. Got {text!r} instead.")
    return sizes


def _output_format(file: Path | None, format: str | None) -> str | None:
    """Return the format that is asked for or that the name of the file says; None for the table that people read."""
    if format is not None:
        if format not in RESULT_FORMATS:
            raise ParameterError(f"--output-format must be one of {', '.join(RESULT_FORMATS)}. Got {format!r} instead.")
        return format
    if file is None:
        return None
    kind = file.suffix.lower().removeprefix(".")
    if kind not in RESULT_FORMATS:
        raise OutputError(
            f"{file}: its name does not tell the format; use one of the suffixes "
            f"{', '.join(f'.{name}' for name in RESULT_FORMATS)}, or give the format with --output-format."
        )
    return kind


def _show(found: "Comparison") -> None:
    """Print the table; on a terminal, with the lowest errors in colour."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(found.to_text(mark=lambda cell: f"[bold green]{cell}[/]"))
    else:
        print_lines(str(found))
