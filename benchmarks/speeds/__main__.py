"""How fast Isthmus is, and others at the same work, in turns: one run of everyone, then another of everyone.

    python -m benchmarks.speeds [FASHION] [--cases quality wide …] [--peers Keras torch …] [--repeats 5] [--threads 2]
                                [--quick] [--results FOLDER]

Each of them is written as its own documentation tells, gets the same rows, layers, batches, optimiser and number of
threads, and is warmed up before its first run; one that is not installed is named as such (benchmarks/peers.txt).
FASHION is the folder of Fashion-MNIST. The last results of this machine are kept in the folder of results; the change
to them is told on stderr. --quick tries everything on a small setting: its figures are of no use, and are not kept,
nor are those of some --peers alone.
"""

import argparse
import os
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.machine import heading, machine_name
from benchmarks.run import FASHION
from benchmarks.speeds.cases import Case, cases
from benchmarks.speeds.processes import FAILED, Subject, in_turns
from benchmarks.speeds.results import Result, changes, markdown, read, result_of, table, write

RESULTS = Path(__file__).parents[1] / "results"
PEERS = {"keras": "keras", "tensorflow": "tensorflow-cpu", "jax": "jax", "pyod": "pyod", "pythae": "pythae",
         "skorch": "skorch"}  # fmt: skip
NAMES = [case.name for case in cases(FASHION)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fashion", type=Path, nargs="?", default=FASHION)
    parser.add_argument("--cases", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--peers", nargs="+", help="only those whose name has one of these words, and Isthmus")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--threads", type=int, help="all cores by default, and one for a trial")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    arguments.repeats = arguments.repeats or (2 if arguments.quick else 5)
    arguments.threads = arguments.threads or (1 if arguments.quick else os.cpu_count())
    path = arguments.results / f"{machine_name()}.json"
    before, now, keeps = read(path), {}, not arguments.quick and arguments.peers is None
    for case in cases(arguments.fashion, quick=arguments.quick):
        if case.name not in arguments.cases:
            continue
        if case.data is not None and not case.data.is_dir():
            print(f"{case.name}: there is no folder {case.data}.", file=sys.stderr)
            continue
        now[case.name] = measured(case, arguments)
        print(f"{case.name}:\n{table(now[case.name])}\n", file=sys.stderr, flush=True)
        if keeps:  # what is measured stays, however this ends
            write(path, in_order(before | now))
    if not now:
        return 1
    if not arguments.quick:
        print(changes(before, now), file=sys.stderr)
    print(markdown(in_order(before | now) if keeps else now))
    failed = {label for result in now.values() for label, found in result["subjects"].items() if FAILED in str(found)}
    return int(any(arguments.quick or "Isthmus" in label for label in failed))


def measured(case: Case, arguments: argparse.Namespace) -> Result:
    """Everyone's runs of a case."""
    threads = 1 if case.one_thread else arguments.threads
    subjects = wanted(case, arguments.peers)
    works = {
        subject.label: (merged(case.work, subject.work) | {"threads": threads}, subject.environment)
        for subject in subjects
        if subject.is_installed
    }
    runs = {subject.label: "not installed" for subject in subjects}
    runs |= in_turns(works, min(arguments.repeats, case.most_repeats), at_once=arguments.quick)
    others = [f", {name} {version(name)}" for module, name in PEERS.items() if find_spec(module)]
    return result_of(case, runs, heading() + "".join(others), threads)


def in_order(results: dict[str, Result]) -> dict[str, Result]:
    return {name: results[name] for name in NAMES if name in results}


def wanted(case: Case, words: list[str] | None) -> list[Subject]:
    if words is None or not case.compares:
        return case.subjects
    return [subject for subject in case.subjects if any(word in subject.label for word in ["Isthmus", *words])]


def merged(work: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Both; settings of a network are put together, too."""
    return work | {key: work[key] | value if isinstance(value, dict) else value for key, value in more.items()}


if __name__ == "__main__":
    sys.exit(main())
