"""isthmus reconstruct: from rows to their reconstructions."""

from typing import Annotated

import typer

from isthmus.cli.options import Format, Header, Keep, Model, NoLimits, Output, OutputFormat, Table


def reconstruct(
    model: Model,
    table: Table,
    output: Output,
    keep: Keep = None,
    errors: Annotated[bool, typer.Option(
        "--errors", help="Add a column 'reconstruction_error': mean squared error of the row; with the scale "
        "'standard', of its standardised columns.")] = False,
    format: Format = None,
    header: Header = None,
    output_format: OutputFormat = None,
    no_limits: NoLimits = False,
) -> None:  # fmt: skip
    """Write the reconstruction of each row of a table."""
    import numpy as np

    from isthmus.cli.stream import stream
    from isthmus.estimators.loading import load

    fitted = load(model, limits=not no_limits)

    def with_errors(rows: np.ndarray) -> np.ndarray:
        values = np.asarray(fitted.reconstruct(rows))
        return np.column_stack([values, fitted.reconstruction_error(rows)]) if errors else values

    stream(
        model, table, output, with_errors,
        require=fitted.feature_names,
        columns=[*fitted.feature_names, *(["reconstruction_error"] if errors else [])],
        keep=keep, source_format=format, header=header, output_format=output_format, limits=not no_limits,
    )  # fmt: skip
