"""isthmus encode: from rows to codes."""

from isthmus.cli.options import Format, Header, Keep, Model, NoLimits, Output, OutputFormat, Table


def encode(
    model: Model,
    table: Table,
    output: Output,
    keep: Keep = None,
    format: Format = None,
    header: Header = None,
    output_format: OutputFormat = None,
    no_limits: NoLimits = False,
) -> None:
    """Write the codes of each row of a table."""
    from isthmus.cli.stream import stream
    from isthmus.estimators.loading import load

    fitted = load(model, limits=not no_limits)
    stream(
        model, table, output, fitted.transform,
        require=fitted.feature_names,
        columns=list(map(str, fitted.get_feature_names_out())),
        keep=keep, source_format=format, header=header, output_format=output_format, limits=not no_limits,
    )  # fmt: skip
