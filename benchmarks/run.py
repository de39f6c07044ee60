"""Run the benchmarks and write their figures into docs/notes/benchmarks.md, and the tables in README.md from there.

    python -m benchmarks.run [--adbench FOLDER] [--fashion FOLDER] [--only NAME …] [--quick] [--docs FILE]
                             [--readme FILE]

Each benchmark has a part of docs/notes/benchmarks.md between two markers; one that cannot run here, or is not asked
for, leaves its part as it is. --quick tries every script on a small setting: its figures are of no use, so it needs
--docs (and leaves README.md alone, unless --readme names another file).
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quotes import figures, part, speeds

ROOT = Path(__file__).parents[1]
DOCS, README = ROOT / "docs" / "notes" / "benchmarks.md", ROOT / "README.md"
FASHION = Path("/usr/share/datasets/fashion-mnist")  # where Debian's package dataset-fashion-mnist puts it


@dataclass(frozen=True)
class Benchmark:
    """A module, its arguments, and those for a trial."""

    module: str
    arguments: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    data: str | None = None  # the option that names its folder, which is its first argument
    needs_data: bool = True  # or it leaves out a part without


BENCHMARKS = {
    "tables": Benchmark("rows.tables", ("--seeds", "1"), ("--set", "max_epochs=2"), "adbench"),
    "fashion-mnist": Benchmark("rows.fashion_mnist", ("--seeds", "1"), ("--seeds", "1", "--epochs", "1"), "fashion"),
    "peers": Benchmark("rows.peers", (), ("--repeats", "1", "--epochs", "2", "--tables", "breast_cancer")),
    "never-worse": Benchmark("rows.never_worse", (), ("--max-epochs", "1"), "adbench"),
    "streaming": Benchmark("rows.streaming", (), ("--rows", "1000", "2000")),
    "startup": Benchmark("rows.startup", (), ("--runs", "3")),
    "exported": Benchmark("rows.exported", (), ("--repeats", "1")),
    "speed": Benchmark("speeds", (), ("--quick",), "fashion", needs_data=False),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adbench", type=Path, help="folder of ADBench's .npz files")
    parser.add_argument("--fashion", type=Path, default=FASHION, help="folder of Fashion-MNIST's .gz files")
    parser.add_argument("--only", nargs="+", choices=list(BENCHMARKS), default=list(BENCHMARKS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--docs", type=Path, default=DOCS)
    parser.add_argument("--readme", type=Path, default=None)
    arguments = parser.parse_args()
    if arguments.quick and arguments.docs == DOCS:
        parser.error("--quick gives figures that are of no use; name another file with --docs.")
    if arguments.docs != DOCS:
        arguments.docs.write_text(DOCS.read_text())
    if arguments.readme is not None:
        arguments.readme.write_text(README.read_text())
    failed = False
    for name in arguments.only:
        benchmark = BENCHMARKS[name]
        folder = None if benchmark.data is None else getattr(arguments, benchmark.data)
        why_not = reason_to_skip(benchmark, folder)
        if why_not:
            print(f"{name}: {why_not}, so its figures stay as they are.", file=sys.stderr)
            continue
        command = [sys.executable, "-m", f"benchmarks.{benchmark.module}", *([] if folder is None else [folder])]
        print(f"{name}: running {benchmark.module} …", file=sys.stderr, flush=True)
        done = subprocess.run(
            [*command, *(benchmark.quick if arguments.quick else benchmark.arguments)],
            stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            print(f"{name}: {benchmark.module} ended with {done.returncode}; its figures stay.", file=sys.stderr)
            failed = True
            continue
        put(arguments.docs, name, re.sub(r"^## ", "### ", done.stdout.strip(), flags=re.MULTILINE))
    readme = arguments.readme or (None if arguments.docs != DOCS else README)
    if readme is not None:
        put(readme, "figures", figures(arguments.docs.read_text()))
        put(readme, "speeds", speeds(arguments.docs.read_text()))
    return int(failed)


def reason_to_skip(benchmark: Benchmark, folder: Path | None) -> str | None:
    if benchmark.data is None or not benchmark.needs_data:
        return None
    if folder is None:
        return f"--{benchmark.data} FOLDER was not given"
    return None if folder.is_dir() else f"there is no folder {folder}"


def put(path: Path, name: str, content: str) -> None:
    """Replace what stands between the markers of a benchmark, which keep lines of their own."""
    text = path.read_text()
    part(text, name)  # says which markers are missing
    before, _, rest = text.partition(f"<!-- {name} -->\n")
    end = f"<!-- end of {name} -->"
    path.write_text(f"{before}<!-- {name} -->\n{content.strip()}\n{end}{rest.partition(end)[2]}")


if __name__ == "__main__":
    sys.exit(main())
