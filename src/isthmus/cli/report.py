"""isthmus report: a model and some rows on one page."""

from pathlib import Path
from typing import Annotated, SupportsFloat, cast

import typer

from isthmus.cli.options import Format, Header, Model, NoLimits, Table
from isthmus.cli.outputs import print_text, say
from isthmus.errors import ParameterError
from isthmus.words import counted


def report(
    model: Model,
    table: Table,
    output: Annotated[str, typer.Option("-o", "--output", help="HTML file to write; '-' is standard output.")],
    image_shape: Annotated[str | None, typer.Option(
        help="Height and width, such as 28x28 (or 32x32x3), where each row is an image.")] = None,
    colour: Annotated[str | None, typer.Option("--colour", "--color",
        help="Column to colour the map of the codes by.  [default: the error of the row]")] = None,
    title: Annotated[str | None, typer.Option(help="Heading of the page.")] = None,
    format: Format = None,
    header: Header = None,
    no_limits: NoLimits = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No message.")] = False,
) -> None:  # fmt: skip
    """Write one page about a model and what it does to the rows of a table.

    The table is read whole. Give rows that the model was not fitted on: on training rows, errors are optimistic.
    """
    from isthmus.cli.whole_table import read_table, rows_in_order
    from isthmus.estimators.loading import load
    from isthmus.report import report as make
    from isthmus.report.images import ImageShape
    from isthmus.system.extras import require
    from isthmus.system.files import check_writable, refuse_same_file
    from isthmus.system.suffixes import PAGE, check_suffix

    require("report")
    shape = None if image_shape is None else _shape(image_shape)
    fitted = load(model, limits=not no_limits)
    ImageShape.of(shape, fitted.n_features_in_)  # before a long table is read
    if output != "-":
        refuse_same_file(model, output)
        if table != "-":
            refuse_same_file(table, output)
        check_suffix(output, PAGE, "is to be an HTML page")
        check_writable(output)
    columns = fitted.feature_names
    label = [] if colour is None or colour in columns else [colour]
    read = read_table(
        table, format, header, limits=not no_limits, require=columns, keep=label
    )  # fmt: skip
    source = "standard input" if table == "-" else Path(table).name
    with rows_in_order():
        made = make(
            fitted,
            read.rows,
            image_shape=shape,
            colour=colour if read.kept is None else _numbers(next(iter(read.kept.values())).tolist()),
            colour_name=colour,
            title=title or f"{source} in {counted(fitted.code_size_, 'code')}",
            command=_command(
                model, table, output, image_shape=image_shape, colour=colour, title=title, format=format, header=header
            ),
        )
    if output == "-":
        print_text(made.html, encoding="utf-8")
        return
    made.save(output)
    if not quiet:
        say(f"Written to {output}.")


def _numbers(labels: list[object]) -> list[object]:
    """Return labels as numbers if all of them are; text files do not tell."""
    try:
        return [float(cast(SupportsFloat, label)) for label in labels]
    except (TypeError, ValueError):
        return labels


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.lower().replace("×", "x").split("x"))
    except ValueError:
        rule = "height and width such as 28x28, or 32x32x3"
        raise ParameterError(f"--image-shape must be {rule}. Got {text!r} instead.") from None


def _command(model: Path, table: str, output: str, **options: str | None) -> str:
    """Return the command as it can be repeated beside the files; folders stay private."""
    import shlex

    words = ["isthmus", "report", model.name, table if table == "-" else Path(table).name]
    for name, value in options.items():
        words += [] if value is None else ["--" + name.replace("_", "-"), value]
    return shlex.join([*words, "-o", output if output == "-" else Path(output).name])
