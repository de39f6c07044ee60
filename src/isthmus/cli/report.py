"""isthmus report: a model and some rows on one page."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.cli.options import Format, Model, Table, checked_format
from isthmus.cli.outputs import say
from isthmus.errors import ParameterError


def report(
    model: Model,
    table: Table,
    output: Annotated[
        str,
        typer.Option("-o", "--output", help="HTML file to write; '-' is standard output.", show_default=False),
    ],
    image_shape: Annotated[
        str | None, typer.Option(help="Height and width, such as 28x28 (or 32x32x3), where each row is an image.")
    ] = None,
    colour: Annotated[
        str | None,
        typer.Option(
            "--colour", "--color", help="Column to colour the map of the codes by.  [default: the error of the row]"
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Heading of the page.")] = None,
    format: Format = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No message.")] = False,
) -> None:
    """Write one page about a model and what it does to the rows of a table.

    The table is read whole. Its rows are best such that the model was not fitted on.
    """
    from isthmus.cli.stream import columns_of, frame
    from isthmus.estimators.loading import load
    from isthmus.report import report as make
    from isthmus.report.images import ImageShape
    from isthmus.system.extras import require
    from isthmus.system.files import check_writable, refuse_same_file

    require("report")
    shape = None if image_shape is None else _shape(image_shape)
    fitted = load(model)
    ImageShape.of(shape, fitted.n_features_in_)  # sooner than after the last row of a long table
    if output != "-":
        refuse_same_file(model, output)
        if table != "-":
            refuse_same_file(table, output)
        check_writable(output)
    columns = columns_of(fitted)
    rows, labels = _read(table, columns, None if colour in columns else colour, format)
    source = "standard input" if table == "-" else Path(table).name
    made = make(
        fitted,
        frame(rows, columns) if hasattr(fitted, "feature_names_in_") else rows,
        image_shape=shape,
        colour=colour if labels is None else labels,
        colour_name=colour,
        title=title or f"{source} in {fitted.code_size_} {'code' if fitted.code_size_ == 1 else 'codes'}",
        command=_command(model, table, output, image_shape=image_shape, colour=colour, title=title, format=format),
    )
    if output == "-":
        from isthmus.system.standard_output import standard_output

        with standard_output() as stream:
            stream.write(made.html.encode())
        return
    made.save(output)
    if not quiet:
        say(f"Written to {output}.")


def _read(table: str, columns: list[str], label: str | None, format: str | None) -> tuple[Any, list[Any] | None]:
    """The model's columns of a table, and a column beside them."""
    import numpy as np

    from isthmus.tables import open_table

    keep = [] if label is None else [label]
    parts, labels = [], []
    with open_table(table, format=checked_format(format), keep=keep, require=columns) as reader:
        for batch in reader.batches():
            parts.append(batch.values)
            if batch.kept is not None:
                labels += batch.kept.column(0).to_pylist()
    return np.concatenate(parts), None if label is None else _numbers(labels)


def _numbers(labels: list[Any]) -> list[Any]:
    """Labels as numbers, if all of them are such; text files do not tell."""
    try:
        return [float(label) for label in labels]
    except (TypeError, ValueError):
        return labels


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.lower().replace("×", "x").split("x"))
    except ValueError:
        raise ParameterError(
            f"--image-shape must be height and width such as 28x28, or 32x32x3. Got {text!r} instead."
        ) from None


def _command(model: Path, table: str, output: str, **options: str | None) -> str:
    """The command as it can be repeated beside the files, whose folders are nobody's business."""
    words = ["isthmus", "report", model.name, table if table == "-" else Path(table).name]
    for name, value in options.items():
        words += [] if value is None else ["--" + name.replace("_", "-"), value]
    return shlex.join([*words, "-o", output if output == "-" else Path(output).name])
