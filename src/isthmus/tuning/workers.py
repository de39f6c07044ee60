"""Several processes that search in one study; they get the table through files in a folder that they share."""

import json
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from scipy import sparse

from isthmus.errors import InputError, IsthmusError, MismatchError, MissingExtraError, OutputError
from isthmus.system.processes import child_environment, effective_n_jobs, python_command
from isthmus.system.threads import at_most_threads
from isthmus.tuning.interrupts import allow_sigint
from isthmus.tuning.plan import Plan
from isthmus.tuning.problem import Problem

INTERRUPTED = 130
_PATIENCE = 30  # seconds in which a worker that was interrupted must end


@dataclass(frozen=True)
class Job:
    """The search that processes share; its deadline is a time of ``time.monotonic``, which is the same in all."""

    problem: Problem
    database: str | None = field(repr=False)  # None: in memory, which cannot be shared
    n_trials: int | None
    deadline: float

    def write(self, folder: Path) -> None:
        """Write the table and the rest into a folder, where ``read`` finds it; all but the database."""
        X, rest = self.problem.X, {name: getattr(self, name) for name in ("n_trials", "deadline")}
        if sparse.issparse(X):
            sparse.save_npz(folder / "X.npz", X, compressed=False)
        else:
            np.save(folder / "X.npy", X)
        (folder / "job.json").write_text(json.dumps({"plan": self.problem.plan.to_json(), **rest}))

    @classmethod
    def read(cls, folder: Path, database: str) -> "Job":
        """Read the search that another process has written."""
        job, path = json.loads((folder / "job.json").read_text()), folder / "X.npy"
        X = np.load(path, mmap_mode="r") if path.exists() else sparse.load_npz(folder / "X.npz").tocsr()
        return cls(Problem.of(Plan.from_json(job.pop("plan")), X), database, **job)


class Workers:
    """Processes that run trials of a study while this one does, too, and end when this one does."""

    def __init__(self, command: list[str], n_workers: int, n_threads: int, first_line: bytes = b"") -> None:
        limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(n_threads))
        nothing, pipe, env = subprocess.DEVNULL, subprocess.PIPE, child_environment(**limits)
        self.processes: list[subprocess.Popen[bytes]] = []
        self._open_pipes: list[IO[bytes]] = []  # the system closes them if this process is killed
        for _ in range(n_workers):
            process = subprocess.Popen(command, env=env, stdin=pipe, stdout=nothing, stderr=pipe)
            self.processes.append(process)
            assert process.stdin is not None
            self._open_pipes.append(process.stdin)
            process.stdin = None  # or ``communicate`` would close it
            with suppress(BrokenPipeError):  # a worker that has failed; ``check`` tells
                self._open_pipes[-1].write(first_line)
                self._open_pipes[-1].flush()

    def check(self, on_check: Callable[[], None]) -> bool:
        """Call ``on_check``, and return whether some still run; ``_FailedError`` is raised if one has failed."""
        on_check()
        codes = [process.poll() for process in self.processes]
        if not set(codes) <= {None, 0}:
            raise _FailedError
        return None in codes

    def wait(self, on_wait: Callable[[], None], deadline: float) -> None:
        """Wait until all have ended, or until the deadline, and call ``on_wait`` again and again meanwhile."""
        while self.check(on_wait) and time.monotonic() < deadline:
            with allow_sigint():
                time.sleep(0.2)

    def end(self) -> list[str]:
        """Interrupt the processes that still run, and return the messages of all."""
        for process in self.processes:
            with suppress(OSError):
                process.send_signal(signal.SIGINT)
        messages = []
        for process in self.processes:
            try:
                _, message = process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                _, message = process.communicate()
            messages.append(message.decode(errors="replace"))
        for each in self._open_pipes:
            with suppress(BrokenPipeError):
                each.close()
        return messages


class _FailedError(Exception):
    """A worker has failed; its message is read when all have ended."""


@contextmanager
def start_workers(n_workers: int, folder: Path, job: Job) -> Iterator[Workers]:
    """Start workers, which share the threads with this process during the block.

    At its end, those that still run are interrupted, and the error of one is raised. What one that did not fail has to
    say, about a trial that it lost, becomes a warning.
    """
    if job.database is None or not n_workers:
        yield Workers([], 0, 1)
        return
    job.write(folder)
    n_threads = max(1, effective_n_jobs(-1) // (n_workers + 1))
    command, first_line = python_command("isthmus.tuning.worker", str(folder)), f"{json.dumps(job.database)}\n"
    workers = Workers(command, n_workers, n_threads, first_line.encode())
    try:
        with suppress(_FailedError), at_most_threads(n_threads):
            yield workers
    finally:
        messages = workers.end()
    for process, message in zip(workers.processes, messages, strict=True):
        if process.returncode in (0, INTERRUPTED):
            for line in message.splitlines():
                warnings.warn(line, stacklevel=2)
        elif process.returncode != -signal.SIGINT:  # interrupted before it began
            raise _error(process.returncode, message)


def _error(code: int, message: str) -> IsthmusError:
    lines = message.strip().splitlines() or [f"a worker of the search ended with exit code {code}."]
    kinds = {kind.exit_code: kind for kind in (InputError, OutputError, MismatchError, MissingExtraError)}
    return kinds.get(code, IsthmusError)(lines[-1])
