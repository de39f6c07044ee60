"""isthmus encode: from rows to codes."""

from typing import Annotated

import typer

from isthmus.cli.options import Format, Keep, Model, Output, Table, names


def encode(
    model: Model,
    table: Table,
    output: Output,
    keep: Keep = None,
    format: Format = None,
    output_format: Annotated[
        str | None, typer.Option(help="Format of the output, where its name does not tell.")
    ] = None,
) -> None:
    """Write the codes of each row of a table."""
    from isthmus.base import load
    from isthmus.cli.frames import columns_of
    from isthmus.cli.stream import stream

    fitted = load(model)
    stream(
        table,
        output,
        fitted.transform,
        require=columns_of(fitted),
        named=hasattr(fitted, "feature_names_in_"),
        columns=fitted.get_feature_names_out(),
        keep=names(keep),
        source_format=format,
        output_format=output_format,
    )
