"""How long `isthmus --help` and `isthmus --version` take, and how many modules they import.

python -m benchmarks.rows.startup [--runs 20]
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.machine import heading

ISTHMUS = Path(sys.executable).with_name("isthmus")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    print(heading() + "\n")
    print("| command | runs | median, s | slowest, s | modules |")
    print("|---|---|---|---|---|")
    for option in ("--help", "--version"):
        seconds = sorted(timed([ISTHMUS, option]) for _ in range(runs))
        median, n_modules = statistics.median(seconds), len(imported(option))
        print(f"| isthmus {option} | {runs} | {median:.3f} | {seconds[-1]:.3f} | {n_modules} |")


def timed(command: list[str | Path]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def imported(option: str) -> set[str]:
    """The names of the modules in memory after a run."""
    code = f"import sys; from isthmus.cli import main; main([{option!r}]); print(*sys.modules, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stderr.split())


if __name__ == "__main__":
    main()
