"""From one table to another, batch by batch: what encode, decode and reconstruct have in common."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.cli.options import checked_format
from isthmus.system.files import refuse_same_file
from isthmus.system.memory import give_back_freed_memory
from isthmus.tables import open_table, write_table
from isthmus.words import generic_names

if TYPE_CHECKING:
    import pyarrow as pa


def stream(
    model: Path,
    source: str,
    output: str,
    function: Callable[[Any], Any],
    *,
    require: Sequence[str],
    named: bool,
    columns: Sequence[str],
    keep: Sequence[str],
    source_format: str | None,
    output_format: str | None,
) -> None:
    """Put the required columns of a table through a function of rows, and write the result.

    ``model`` is the file that the function comes from; neither it nor the table can be the output.
    ``named`` tells whether the function knows its columns by name.
    """
    give_back_freed_memory()
    source_format, output_format = checked_format(source_format), checked_format(output_format)
    if output != "-":
        for file in (model, *(() if source == "-" else (source,))):
            refuse_same_file(file, output)
    with (
        open_table(source, format=source_format, keep=keep, require=require) as reader,
        write_table(
            output,
            columns,
            format=output_format or (source_format if output == "-" else None),
            kept=reader.kept_schema(),
        ) as writer,
    ):
        for batch in reader.batches():
            rows = frame(batch.values, require) if named else batch.values
            result = function(rows)
            writer.write(result, batch.kept)


def frame(rows: np.ndarray, columns: Sequence[str]) -> "pa.Table":
    """A table of named columns."""
    import pyarrow as pa

    return pa.table([pa.array(np.ascontiguousarray(column)) for column in rows.T], names=list(columns))


def columns_of(model: Any) -> list[str]:
    """The columns that a model was fitted on; x0, x1, … where they had no names."""
    names = getattr(model, "feature_names_in_", None)
    return list(generic_names(model.n_features_in_) if names is None else names)


def codes_of(model: Any) -> list[str]:
    """The names of a model's codes."""
    return list(map(str, model.get_feature_names_out()))
