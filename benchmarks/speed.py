"""How fast Isthmus is, and others at the same work, in turns: one run of everyone, then another of everyone.

    python benchmarks/speed.py [FASHION] [--cases quality wide …] [--peers Keras torch …] [--repeats 5] [--threads 2]
                               [--quick] [--results FOLDER]

Each of them is written as its own documentation tells, gets the same rows, layers, batches, optimiser and number of
threads, and is warmed up before its first run; one that is not installed is named as such (benchmarks/peers.txt).
FASHION is the folder of Fashion-MNIST. The last results of this machine are kept in the folder of results; the change
to them is told on stderr. --quick tries everything on a small setting: its figures are of no use, and are not kept.
"""

import argparse
import os
import sys
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from machine import heading, machine_name
from run import FASHION
from speeds.cases import Case, cases
from speeds.processes import Child, ChildFailed, Subject
from speeds.results import changes, markdown, read, result_of, write

RESULTS = Path(__file__).parent / "results"
PEERS = {"keras": "keras", "tensorflow": "tensorflow-cpu", "jax": "jax", "pyod": "pyod", "pythae": "pythae",
         "skorch": "skorch"}  # fmt: skip
FAILED = "failed: "
REST = 0.3  # seconds between runs, in which threads of the last one come to rest


def main() -> int:
    names = [case.name for case in cases(FASHION)]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fashion", type=Path, nargs="?", default=FASHION)
    parser.add_argument("--cases", nargs="+", choices=names, default=names)
    parser.add_argument("--peers", nargs="+", help="only those whose name has one of these words, and Isthmus")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    arguments.repeats = arguments.repeats or (2 if arguments.quick else 5)
    told = heading() + "".join(f", {name} {version(name)}" for module, name in PEERS.items() if find_spec(module))
    now = {}
    for case in cases(arguments.fashion, quick=arguments.quick):
        if case.name not in arguments.cases:
            continue
        if case.data is not None and not case.data.is_dir():
            print(f"{case.name}: there is no folder {case.data}.", file=sys.stderr)
            continue
        threads = 1 if case.one_thread else arguments.threads
        runs = in_turns(case, wanted(case, arguments.peers), threads, min(arguments.repeats, case.most_repeats))
        now[case.name] = result_of(case, runs, told, threads)
        print(f"\n{markdown({case.name: now[case.name]})}\n", file=sys.stderr, flush=True)
    if arguments.quick:
        print(markdown(now))
    else:
        path = arguments.results / f"{machine_name()}.json"
        before = read(path)
        print(changes(before, now), file=sys.stderr)
        everything = before | now
        kept = {name: everything[name] for name in names if name in everything}
        write(path, kept)
        print(markdown(kept))
    return int(any(str(found).startswith(FAILED) for result in now.values() for found in result["subjects"].values()))


def wanted(case: Case, words: list[str] | None) -> list[Subject]:
    if words is None or not case.compares:
        return case.subjects
    return [subject for subject in case.subjects if any(word in subject.label for word in ["Isthmus", *words])]


def in_turns(case: Case, subjects: list[Subject], threads: int, repeats: int) -> dict[str, Any]:
    """The runs of everyone, or why there are none."""
    found: dict[str, Any] = {subject.label: [] if subject.is_installed else "not installed" for subject in subjects}
    children: dict[str, Child] = {}
    try:
        for subject in subjects:
            if found[subject.label] == "not installed":
                continue
            try:
                work = merged(case.work, subject.work) | {"threads": threads}
                children[subject.label] = Child(work, subject.environment)
            except ChildFailed as failure:
                found[subject.label] = f"{FAILED}{failure}"
        for _ in range(repeats):
            for label, child in list(children.items()):
                time.sleep(REST)
                try:
                    found[label].append(child.run())
                except ChildFailed as failure:
                    found[label] = f"{FAILED}{failure}"
                    del children[label]
    finally:
        for child in children.values():
            child.close()
    return found


def merged(work: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Both; settings of a network are put together, too."""
    return work | {key: work[key] | value if isinstance(value, dict) else value for key, value in more.items()}


if __name__ == "__main__":
    sys.exit(main())
