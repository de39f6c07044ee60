"""From one table to another, batch by batch: what encode, decode and reconstruct have in common."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from isthmus.cli.options import checked_format, checked_header, names
from isthmus.cli.outputs import saying_warnings
from isthmus.cli.whole_table import rows_in_order
from isthmus.errors import InputError
from isthmus.system.files import refuse_same_file
from isthmus.system.memory import give_back_freed_memory
from isthmus.tables import open_table, write_table
from isthmus.words import printable


def stream(
    model: Path,
    source: str,
    output: str,
    function: Callable[[np.ndarray], np.ndarray],
    *,
    require: Sequence[str],
    columns: Sequence[str],
    keep: list[str] | None,
    source_format: str | None,
    header: str | None,
    output_format: str | None,
    limits: bool,
) -> None:
    """Apply a function to the required columns of a table, batch by batch, and write the result.

    ``model`` is the file that the function comes from; neither it nor the table can be the output.
    """
    give_back_freed_memory()
    source_format, output_format = checked_format(source_format), checked_format(output_format)
    if output != "-":
        refuse_same_file(model, output)
        if source != "-":
            refuse_same_file(source, output)
    with saying_warnings():
        opened = open_table(
            source, format=source_format, keep=names(keep), require=require, header=checked_header(header),
            limits=limits,
        )  # fmt: skip
    if output == "-" and output_format is None:
        output_format = opened.format
    with (
        opened as reader,
        write_table(output, columns, format=output_format, kept=reader.kept_schema()) as writer,
    ):
        for batch in reader.batches():
            with rows_in_order():
                values = function(batch.values)
            _check_finite(values, "standard input" if source == "-" else printable(source), batch.first_row)
            writer.write(values, batch.kept)


def _check_finite(values: np.ndarray, name: str, before: int) -> None:
    """Raise an InputError for the first row that a model makes NaN or infinite; ``before`` are the rows before."""
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        row = before + 1 + int(np.argmin(finite))
        raise InputError(
            f"{name}: row {row}: the model makes NaN or infinite numbers of it; its numbers are too large for it, "
            "or no fit gave the model file."
        )
