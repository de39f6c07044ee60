"""isthmus export: a model as one ONNX file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import Format, Header, Model, NoLimits, checked_format, checked_header
from isthmus.cli.outputs import say, saying_warnings
from isthmus.errors import InputError, ParameterError
from isthmus.words import printable

if TYPE_CHECKING:
    import numpy as np


def export(
    model: Model,
    output: Annotated[Path, typer.Option("-o", "--output", help="ONNX file to write.")],
    part: Annotated[str, typer.Option(
        help="What it computes: encode, decode, reconstruct, or score (the error of each row).")] = "encode",
    dtype: Annotated[str, typer.Option(
        help="Type of the numbers that it takes and gives: float32 or float64.")] = "float32",
    check: Annotated[str | None, typer.Option(
        metavar="TABLE", help="Table whose first 1,000 rows the file is checked with too, best held-out ones.")] = None,
    format: Format = None,
    header: Header = None,
    no_limits: NoLimits = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No message.")] = False,
) -> None:  # fmt: skip
    """Write a model as one ONNX file, which other programs compute without Isthmus.

    The file takes rows as they are, in the units of the table; scaling is inside. onnxruntime computes it, and the
    results are compared with the model's, before it gets its name.
    """
    from isthmus.cli.whole_table import rows_in_order
    from isthmus.estimators.loading import load
    from isthmus.export.parts import checked_part
    from isthmus.system.extras import require
    from isthmus.system.files import refuse_same_file

    require("onnx")
    if str(output) == "-":
        raise ParameterError("--output must be the name of a file. Got '-' instead.")
    for read in (model, check):
        if read not in (None, "-"):
            refuse_same_file(read, output)
    fitted, rows = load(model, limits=not no_limits), None
    chosen = checked_part(part, dtype, fitted.row_kind)  # before the table is read
    if check is not None:
        rows = _first_rows(check, fitted.feature_names, format, header, limits=not no_limits)
    with saying_warnings(), rows_in_order():
        fitted.export(output, part, dtype=dtype, X=rows)
    if not quiet:
        say(f'Written to {output}: it takes "{chosen.inputs}" and gives "{chosen.output}".')


def _first_rows(
    table: str, columns: list[str], format: str | None, header: str | None, *, limits: bool
) -> "np.ndarray":
    """Read the first rows of a table, with the model's columns."""
    import numpy as np

    from isthmus.export.samples import CHECKED_ROWS
    from isthmus.tables import open_table

    batches, n_rows = [], 0
    with saying_warnings():
        opened = open_table(
            table, format=checked_format(format), header=checked_header(header), require=columns, limits=limits
        )
    with opened as reader:
        for batch in reader.batches():
            batches.append(batch.values)
            n_rows += len(batch.values)
            if n_rows >= CHECKED_ROWS:
                break
    if not n_rows:
        raise InputError(
            f"{'standard input' if table == '-' else printable(table)}: has no rows to check the file with."
        )
    return np.concatenate(batches)
