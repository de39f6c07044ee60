"""From one table to another, batch by batch: what encode, decode and reconstruct have in common."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from isthmus.atomic import refuse_same_file
from isthmus.cli.frames import frame
from isthmus.cli.memory import give_back_freed_memory
from isthmus.cli.options import checked_format
from isthmus.data import open_table, write_table


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
