"""isthmus encode: from rows to codes."""

from isthmus.cli.options import Format, Keep, Model, Output, OutputFormat, Table, names


def encode(
    model: Model,
    table: Table,
    output: Output,
    keep: Keep = None,
    format: Format = None,
    output_format: OutputFormat = None,
) -> None:
    """Write the codes of each row of a table."""
    from isthmus.cli.stream import codes_of, columns_of, stream
    from isthmus.estimators.loading import load

    fitted = load(model)
    stream(
        model,
        table,
        output,
        fitted.transform,
        require=columns_of(fitted),
        named=hasattr(fitted, "feature_names_in_"),
        columns=codes_of(fitted),
        keep=names(keep),
        source_format=format,
        output_format=output_format,
    )
