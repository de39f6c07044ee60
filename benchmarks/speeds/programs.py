"""Programs, from their start to their end."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.rows import streaming
from benchmarks.rows.startup import timed
from benchmarks.speeds.works import Run, seconds_of


def start(work: dict[str, Any]) -> Run:
    """A program that has little to do; "python" and "isthmus" are those that are installed here."""
    program = [Path(sys.executable).with_name(work["program"][0]), *work["program"][1:]]
    timed(program)
    return lambda: {
        "seconds": sum(timed(program) for _ in range(work["times"])), "amount": work["times"], "memory": None,
    }  # fmt: skip


def table(work: dict[str, Any]) -> Run:
    """`isthmus fit` (one epoch) or `isthmus encode` of a Parquet file; memory is that of the command."""
    holder = tempfile.TemporaryDirectory()
    folder = Path(holder.name)
    columns = streaming.fit(folder, work["columns"], work["codes"])["columns"]
    streaming.make(folder / "table.parquet", work["rows"], columns)
    options = {
        "fit": ["fit", folder / "table.parquet", "-o", folder / "fitted", "--max-epochs", "1", "--quiet",
                "--code-size", str(work["codes"])],
        "encode": ["encode", folder / "model", folder / "table.parquet", "-o", folder / "codes.parquet"],
    }  # fmt: skip
    command = [streaming.ISTHMUS, *options[work["command"]]]

    def run() -> dict[str, Any]:
        peak = 0

        def watched() -> None:
            nonlocal peak
            peak = streaming.run(command)

        seconds = seconds_of(watched)
        assert holder  # the folder lasts as long as this function
        return {"seconds": seconds, "amount": work["rows"], "memory": peak / 1e6}

    return run
