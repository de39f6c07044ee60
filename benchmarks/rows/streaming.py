"""Peak memory of `isthmus encode` for tables of different length, which does not grow with the number of rows.

    python -m benchmarks.rows.streaming [--rows 100000 1000000] [--columns 20] [--codes 5] [--commands encode decode …]
                                        [--formats csv csv.gz parquet …]

The installed program is run on tables that are made for it in a temporary folder, each of which is read and written in
the same format. Peak memory is the largest resident set of its process, as the kernel counts it (wait4); mapped files
are in it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from benchmarks.machine import heading
from benchmarks.speeds.data import rows_of
from isthmus.tables import FORMATS, write_table

ISTHMUS = Path(sys.executable).with_name("isthmus")
# A small process starts the program: Linux counts what the parent of a process holds as the first memory of the child.
WATCH = """
import os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--codes", type=int, default=5)
    parser.add_argument("--commands", nargs="+", default=["encode"], choices=["encode", "decode", "reconstruct"])
    parser.add_argument("--formats", nargs="+", default=["csv"], choices=FORMATS)
    arguments = parser.parse_args()
    print(heading() + "\n")
    print(f"{arguments.columns} columns, {arguments.codes} codes\n")
    print(
        "| command | format | rows | input, MB | seconds | rows per second | peak memory, MB | against the shortest |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        names = fit(Path(folder), arguments.columns, arguments.codes)
        for command, format in product(arguments.commands, arguments.formats):
            shortest = None
            for n_rows in sorted(arguments.rows):
                table = Path(folder, f"table.{format}")
                make(table, n_rows, names["codes" if command == "decode" else "columns"])
                megabytes = table.stat().st_size / 1e6
                began = time.perf_counter()
                peak = run([ISTHMUS, command, f"{folder}/model", table, "-o", f"{folder}/output.{format}"])
                seconds = time.perf_counter() - began
                shortest = peak if shortest is None else shortest
                print(
                    f"| {command} | {format} | {n_rows:,} | {megabytes:,.0f} | {seconds:.1f} | "
                    f"{n_rows / seconds:,.0f} | {peak / 2**20:.0f} | {peak / shortest:.3f} |",
                    flush=True,
                )


def make(path: Path, n_rows: int, names: Sequence[str]) -> None:
    with write_table(path, names) as writer:
        for part in rows_of(n_rows, len(names)):
            writer.write(part)


def fit(folder: Path, n_columns: int, n_codes: int) -> dict[str, list[str]]:
    """Fit a model, and give the names of its columns and of its codes."""
    columns = [f"c{i}" for i in range(n_columns)]
    make(folder / "sample.csv", 2_000, columns)
    options = ["--code-size", str(n_codes), "--max-epochs", "2", "--quiet"]
    subprocess.run([ISTHMUS, "fit", folder / "sample.csv", "-o", folder / "model", *options], check=True)
    return {"columns": columns, "codes": [f"autoencoder{i}" for i in range(n_codes)]}


def run(command: Sequence[str | Path]) -> int:
    """Run a program, and give the peak of its resident memory in bytes."""
    result = subprocess.run([sys.executable, "-S", "-c", WATCH, *command], capture_output=True, text=True, check=True)
    return int(result.stdout) * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
