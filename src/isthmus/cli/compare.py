"""isthmus compare: a table through PCA, a randomly started network and Isthmus."""

from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.cli.network_options import (
    Activation,
    Columns,
    Device,
    EncoderLayers,
    Exclude,
    Loss,
    MaxEpochs,
    Scale,
    layers,
    speaking,
)
from isthmus.cli.options import Format, Table, checked_format, names
from isthmus.cli.outputs import check_outputs, print_text, say, write_text
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
    encoder_layers: EncoderLayers = "2",
    activation: Activation = "relu",
    loss: Loss = "auto",
    scale: Scale = "standard",
    max_epochs: MaxEpochs = 200,
    test_fraction: Annotated[float, typer.Option(help="Share of the rows that is set aside to score on.")] = 0.2,
    columns: Columns = None,
    exclude: Exclude = None,
    device: Device = "auto",
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
    """Compare PCA, a randomly started network and Isthmus on unseen rows.

    A share of the rows is set aside; all are fitted on the others, with each number of codes. The table shows the share
    of the variance of the rows set aside that each explains, its error, and the seconds to fit.
    """
    from isthmus.tables import open_table

    sizes = None if code_sizes is None else _sizes(code_sizes)
    widths = layers("--encoder-layers", encoder_layers)
    to_stdout = output is None or str(output) == "-"
    kind = _output_format(output, output_format)
    if plot is not None:
        from isthmus.comparison.plot import plot_format

        plot_format(plot)
    check_outputs(table, None if to_stdout else output, plot)
    with open_table(
        table, format=checked_format(format), columns=names(columns) or None, exclude=names(exclude)
    ) as reader:
        from isthmus.estimators.dense import Autoencoder

        estimator = Autoencoder(
            encoder_layers=widths,
            activation=activation,
            loss=loss,
            scale=scale,
            max_epochs=max_epochs,
            device=device,
        )
        estimator.validate_parameters()  # sooner than after the last row of a long table
        rows, column_names, named = reader.read(), reader.columns, reader.named
    if len(rows) < 3:
        name = "standard input" if table == "-" else table
        raise InputError(f"{name}: has too few rows, and a comparison needs at least three. Got {len(rows)} instead.")

    from isthmus import comparison
    from isthmus.cli.stream import frame

    found = speaking(
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
        write_text(output, _text(found, kind))
        written.append(str(output))
    if plot is not None:
        from isthmus.comparison.plot import save_comparison

        save_comparison(found, plot)
        written.append(str(plot))
    if to_stdout and kind is not None:
        _print(_text(found, kind))
    else:
        _show(found)
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


def _text(found: Any, kind: str | None) -> str:
    return str({"csv": found.to_csv, "json": found.to_json, "md": found.to_markdown}[kind or "csv"]())


def _print(text: str) -> None:
    from isthmus.system.standard_output import standard_output

    with standard_output() as stream:
        stream.write(text.encode())


def _show(found: Any) -> None:
    """The table; on a terminal with the lowest errors in colour."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(found.to_text(mark=lambda cell: f"[bold green]{cell}[/]"))
    else:
        print_text(f"{found}\n")
