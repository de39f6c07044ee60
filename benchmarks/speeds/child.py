"""A process that prepares some work, and runs it once for every line on stdin.

It answers in lines of JSON on stdout: first that it is ready, then seconds, amount and peak memory of each run. What
libraries print goes to stderr.
"""

import json
import os
import sys
import warnings
from importlib import import_module
from typing import Any

from benchmarks.memory import most_memory


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    work = json.loads(sys.argv[1])
    if work["pinned"] and hasattr(os, "sched_setaffinity"):  # some take threads for all cores, whatever is asked
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: work["threads"]])
    warnings.simplefilter("ignore")  # the tables have the errors
    run = named(work["make"])(work)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for _ in sys.stdin:
        measured = run()
        print(json.dumps({"memory": most_memory(), **measured}), file=answers, flush=True)


def named(name: str) -> Any:
    """What "module:name" stands for."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


if __name__ == "__main__":
    main()
