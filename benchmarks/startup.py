"""How long `isthmus --help` and `isthmus --version` take, and what they import.

    python benchmarks/startup.py [--runs 20]

Ends with exit code 1 if a median is 0.3 s or more, or if torch, scikit-learn, numpy or pyarrow was imported.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import heading

ISTHMUS = Path(sys.executable).with_name("isthmus")
HEAVY = {"torch", "sklearn", "scipy", "numpy", "pyarrow", "pandas", "rich"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    print(heading() + "\n")
    print("| command | runs | median, s | slowest, s | modules | heavy ones |")
    print("|---|---|---|---|---|---|")
    failed = False
    for option in ("--help", "--version"):
        seconds = sorted(timed([ISTHMUS, option]) for _ in range(runs))
        modules = imported(option)
        heavy = sorted(HEAVY & modules)
        median = statistics.median(seconds)
        failed |= median >= 0.3 or bool(heavy)
        print(
            f"| isthmus {option} | {runs} | {median:.3f} | {seconds[-1]:.3f} | {len(modules)} | "
            f"{', '.join(heavy) or 'none'} |"
        )
    return int(failed)


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
    sys.exit(main())
