"""Those who are compared, each in a process of its own.

Backends would get in each other's way in one process, and peaks of memory would be everybody's.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
FAILED = "failed: "
REST = 0.3  # seconds between runs, in which threads of the last one come to rest
QUIET_CPU = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}


@dataclass(frozen=True)
class Subject:
    """One of those who are compared: what it is called, what it needs, and what its work has beside the case's."""

    label: str
    work: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_installed(self) -> bool:
        return all(find_spec(package) for package in self.needs)


class ChildFailed(Exception):
    """A process ended before it had answered; the last that it said."""


class Child:
    """A process that has prepared its work, and runs it when asked."""

    def __init__(self, work: dict[str, Any], environment: dict[str, str]) -> None:
        threads = dict.fromkeys(THREAD_SETTINGS, str(work["threads"]))
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._talk = tempfile.TemporaryFile("w+")  # noqa: SIM115 — close closes it
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.speeds.child", json.dumps(work)],
            env=os.environ | QUIET_CPU | threads | environment | {"PYTHONPATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._talk, text=True,
        )  # fmt: skip

    def wait(self) -> None:
        """Until its work is prepared."""
        self._answer()

    def run(self) -> dict[str, Any]:
        with suppress(BrokenPipeError):  # the answer tells that it has ended
            print("run", file=self._process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._talk.close()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._talk.seek(0)
        last = self._talk.read().strip().splitlines()[-1:] or [f"exit code {self._process.wait()}"]
        self.close()
        raise ChildFailed(last[0])


def in_turns(
    works: dict[str, tuple[dict[str, Any], dict[str, str]]], repeats: int, *, at_once: bool = False
) -> dict[str, list[dict[str, Any]] | str]:
    """The runs of every work (given with its environment), or why there are none.

    They are prepared one after the other and kept to as many cores as they have threads; for trials neither, but all
    ``at_once``.
    """
    runs: dict[str, Any] = {label: [] for label in works}
    children: dict[str, Child] = {}

    def ask(label: str, question: Callable[[Child], Any]) -> Any:
        try:
            return question(children[label])
        except ChildFailed as failure:
            runs[label] = f"{FAILED}{failure}"
            del children[label]

    try:
        for label, (work, environment) in works.items():
            children[label] = Child(work | {"pinned": not at_once}, environment)
            if not at_once:
                ask(label, Child.wait)
        if at_once:
            for label in works:
                ask(label, Child.wait)
        for _ in range(repeats):
            for label in list(children):
                time.sleep(REST)
                measured = ask(label, Child.run)
                if measured is not None:
                    runs[label].append(measured)
    finally:
        for child in children.values():
            child.close()
    return runs
