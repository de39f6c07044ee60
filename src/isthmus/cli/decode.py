"""isthmus decode: from codes to rows."""

from typing import Annotated

import typer

from isthmus.cli.options import Format, Header, Keep, Model, NoLimits, Output, OutputFormat


def decode(
    model: Model,
    codes: Annotated[str, typer.Argument(
        metavar="CODES", help="Codes, as 'isthmus encode' writes them; '-' is standard input.")],
    output: Output,
    keep: Keep = None,
    format: Format = None,
    header: Header = None,
    output_format: OutputFormat = None,
    no_limits: NoLimits = False,
) -> None:  # fmt: skip
    """Write the row that each code decodes to."""
    import numpy as np

    from isthmus.cli.stream import stream
    from isthmus.estimators.loading import load

    fitted = load(model, limits=not no_limits)

    def rows(codes: object) -> np.ndarray:
        decoded = np.asarray(fitted.inverse_transform(codes))
        return decoded.reshape(len(decoded), -1)  # a model of images gives images

    stream(
        model, codes, output, rows,
        require=list(map(str, fitted.get_feature_names_out())), columns=fitted.feature_names,
        keep=keep, source_format=format, header=header, output_format=output_format, limits=not no_limits,
    )  # fmt: skip
