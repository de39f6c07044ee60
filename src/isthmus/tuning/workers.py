"""Several processes that search in one study; they get the table through files in a folder that they share.

Each of them runs ``python -m isthmus.tuning.workers FOLDER URL DEADLINE``.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from scipy import sparse

from isthmus.errors import InputError, IsthmusError, MismatchError, MissingExtraError, OutputError
from isthmus.training.history import OnEpoch
from isthmus.tuning.architectures import Model
from isthmus.tuning.interrupts import allow_sigint, defer_sigint
from isthmus.tuning.objective import Objective
from isthmus.tuning.plan import Plan
from isthmus.tuning.problem import Problem
from isthmus.tuning.storage import quiet, storage_errors
from isthmus.tuning.study import open_study, run_trials

INTERRUPTED = 130
_PATIENCE = 30  # seconds in which a worker that was interrupted must end


def write_job(folder: Path, problem: Problem, n_trials: int | None) -> None:
    """Write the table and the plan for workers into a folder of their own."""
    if sparse.issparse(problem.X):
        sparse.save_npz(folder / "X.npz", problem.X, compressed=False)
    else:
        np.save(folder / "X.npy", problem.X)
    (folder / "job.json").write_text(json.dumps({"plan": problem.plan.to_json(), "n_trials": n_trials}))


def run_workers(
    n_workers: int, folder: Path, url: str, deadline: float, *, on_wait: Callable[[], None],
    beside: Callable[[OnEpoch], Model],
) -> Model:  # fmt: skip
    """Start workers and wait until all have ended; Ctrl-C, or an error of one, which is raised, ends the others.

    Meanwhile this process trains a network, ``beside``, and returns it; the last worker starts after that. ``on_wait``
    is called again and again all the time. The deadline is a time of ``time.monotonic``, which all processes share.
    """
    threads = str(max(1, (os.cpu_count() or 1) // n_workers))
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
    command = [sys.executable, "-m", "isthmus.tuning.workers", str(folder), url, repr(deadline)]

    def start() -> "subprocess.Popen[bytes]":
        nothing, env = subprocess.DEVNULL, {**os.environ, **limits}
        return subprocess.Popen(command, env=env, stdin=nothing, stdout=nothing, stderr=subprocess.PIPE)

    workers = [start() for _ in range(n_workers - 1)]
    try:
        model = beside(lambda _: on_wait())
        workers.append(start())
        while None in (codes := [worker.poll() for worker in workers]) and set(codes) <= {None, 0}:
            on_wait()
            with allow_sigint():
                time.sleep(0.2)
    finally:
        messages = _end(workers)
    for worker, message in zip(workers, messages, strict=True):
        if worker.returncode not in (0, -signal.SIGINT, INTERRUPTED):
            raise _error(worker.returncode, message)
    return model


def _end(workers: "list[subprocess.Popen[bytes]]") -> list[str]:
    """Interrupt the workers that still run; the messages of all."""
    for worker in workers:
        with suppress(OSError):
            worker.send_signal(signal.SIGINT)
    messages = []
    for worker in workers:
        try:
            _, message = worker.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            worker.kill()
            _, message = worker.communicate()
        messages.append(message.decode(errors="replace"))
    return messages


def _error(code: int, message: str) -> IsthmusError:
    lines = message.strip().splitlines() or [f"a worker of the search ended with exit code {code}."]
    kinds = {kind.exit_code: kind for kind in (InputError, OutputError, MismatchError, MissingExtraError)}
    return kinds.get(code, IsthmusError)(lines[-1])


def main(folder: Path, url: str, deadline: float) -> int:
    """Run trials as one of the workers, and return its exit code; an error is one line on stderr."""
    try:
        job, path = json.loads((folder / "job.json").read_text()), folder / "X.npy"
        X = np.load(path, mmap_mode="r") if path.exists() else sparse.load_npz(folder / "X.npz").tocsr()
        problem = Problem.of(Plan.from_json(job["plan"]), X)
        study = open_study(url, problem)
        with quiet(), storage_errors(url), defer_sigint():
            run_trials(study, Objective(problem, deadline), n_trials=job["n_trials"], default_too=False)
    except IsthmusError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
