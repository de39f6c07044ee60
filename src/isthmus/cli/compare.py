"""isthmus compare: a table through PCA, a randomly started network and Isthmus."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.cli.fit import ACTIVATIONS, DEVICES, LOSSES, SCALES, _layers
from isthmus.cli.options import Format, Table, checked_format, names
from isthmus.errors import InputError, OutputError, ParameterError

OUTPUT_FORMATS = ("csv", "json", "md")


def compare(
    table: Table,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File to write the figures to: .csv, .json or .md.", show_default=False),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Plot to write: .svg, .png or .pdf.", show_default=False)] = None,
    code_sizes: Annotated[
        str | None,
        typer.Option(help="Numbers of codes, such as 1,2,8.  [default: 1, 2, 4, … and half the columns, 64 at most]"),
    ] = None,
    encoder_layers: Annotated[
        str, typer.Option("--encoder-layers", "--layers", help="Hidden layers: a number, or nodes such as 256,128.")
    ] = "2",
    activation: Annotated[
        str, typer.Option(help=f"{', '.join(ACTIVATIONS)}.", autocompletion=lambda: ACTIVATIONS)
    ] = "relu",
    loss: Annotated[
        str, typer.Option(help="auto, mse or bce (for values in [0, 1]).", autocompletion=lambda: LOSSES)
    ] = "auto",
    scale: Annotated[
        str,
        typer.Option(
            help="standard (each column by its deviation), global, none or auto.", autocompletion=lambda: SCALES
        ),
    ] = "standard",
    max_epochs: Annotated[int, typer.Option(help="Epochs at most.")] = 200,
    test_fraction: Annotated[float, typer.Option(help="Share of the rows that is set aside to score on.")] = 0.2,
    columns: Annotated[
        list[str] | None, typer.Option(help="Columns to use (repeat, or separate by commas).  [default: all]")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Columns to leave out.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, …", autocompletion=lambda: DEVICES)] = "auto",
    seed: Annotated[int, typer.Option(help="Seed; the same one gives the same errors.")] = 0,
    format: Format = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            help="Print the figures as csv, json or md; with --output, the format of the file.",
            autocompletion=lambda: OUTPUT_FORMATS,
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages.")] = False,
) -> None:
    """Compare PCA, a randomly started network and Isthmus on rows of a table that none of them has seen.

    A share of the rows is set aside; all are fitted on the others, with each number of codes. The table shows the share
    of the variance of the rows set aside that each explains, its error, and the seconds to fit.
    """
    from isthmus.atomic import check_writable, refuse_same_file
    from isthmus.data import open_table

    sizes = None if code_sizes is None else _sizes(code_sizes)
    layers = _layers("--encoder-layers", encoder_layers)
    to_stdout = output is None or str(output) == "-"
    kind = _output_format(output, output_format)
    if plot is not None:
        from isthmus.report.comparison_plot import plot_format

        plot_format(plot)
    for file in (None if to_stdout else output, plot):
        if file is not None:
            if table != "-":
                refuse_same_file(table, file)
            check_writable(file)  # sooner than after an hour of training
    with open_table(
        table, format=checked_format(format), columns=names(columns) or None, exclude=names(exclude)
    ) as reader:
        from isthmus.dense import Autoencoder

        estimator = Autoencoder(
            encoder_layers=layers,
            activation=activation,
            loss=loss,
            scale=scale,
            max_epochs=max_epochs,
            device=device,
        )
        estimator._check_parameters()  # sooner than after the last row of a long table
        rows, column_names, named = reader.read(), reader.columns, reader.named
    if len(rows) < 3:
        name = "standard input" if table == "-" else table
        raise InputError(f"{name}: has too few rows, and a comparison needs at least three. Got {len(rows)} instead.")

    from isthmus import comparison
    from isthmus.cli.frames import frame

    found = _speaking(
        lambda: comparison.compare(
            frame(rows, column_names) if named else rows,
            estimator=estimator,
            code_sizes=sizes,
            test_fraction=test_fraction,
            random_state=seed,
            verbose=not quiet,
        )
    )
    written = []
    if output is not None and not to_stdout:
        _write(output, _text(found, kind))
        written.append(str(output))
    if plot is not None:
        from isthmus.report.comparison_plot import save_comparison

        save_comparison(found, plot)
        written.append(str(plot))
    if to_stdout and kind is not None:
        _print(_text(found, kind))
    else:
        _show(found)
    if written and not quiet:
        print(f"Written to {' and '.join(written)}.", file=sys.stderr)


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise ParameterError(f"--code-sizes must be numbers of at least 1, separated by commas. Got {text!r} instead.")
    return sizes


def _output_format(output: Path | None, format: str | None) -> str | None:
    """The format that is asked for or that the name of the file says; None for the table that people read."""
    if format is not None:
        if format not in OUTPUT_FORMATS:
            raise ParameterError(f"--output-format must be one of {', '.join(OUTPUT_FORMATS)}. Got {format!r} instead.")
        return format
    if output is None or str(output) == "-":
        return None
    kind = output.suffix.lower().removeprefix(".")
    if kind not in OUTPUT_FORMATS:
        raise OutputError(
            f"{output}: its name does not tell the format; use one of the suffixes "
            f"{', '.join(f'.{name}' for name in OUTPUT_FORMATS)}, or give the format with --output-format."
        )
    return kind


def _speaking(work: Callable[[], Any]) -> Any:
    """Do the work, and say in a sentence, once, what a Python user is warned of."""
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = work()
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        print(f"isthmus: {message}", file=sys.stderr)
    return result


def _text(found: Any, kind: str | None) -> str:
    return str({"csv": found.to_csv, "json": found.to_json, "md": found.to_markdown}[kind or "csv"]())


def _write(path: Path, text: str) -> None:
    from isthmus.atomic import atomic_write

    with atomic_write(path) as file:
        file.write(text.encode())


def _print(text: str) -> None:
    from isthmus.standard_output import standard_output

    with standard_output() as stream:
        stream.write(text.encode())


def _show(found: Any) -> None:
    """The table; on a terminal with the lowest errors in colour."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(found.to_text(mark=lambda cell: f"[bold green]{cell}[/]"))
    else:
        encoding = sys.stdout.encoding or "utf-8"
        _print(f"{found}\n".encode(encoding, "replace").decode(encoding))
