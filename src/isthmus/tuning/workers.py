"""Several processes on one study, with one thread each: the table goes to them through a file that they share.

    python -m isthmus.tuning.workers FOLDER URL DEADLINE

is what each of them runs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from scipy import sparse

from isthmus.errors import InputError, IsthmusError, MismatchError, MissingExtraError, OutputError
from isthmus.tuning.interrupts import held, released
from isthmus.tuning.plan import carry_out
from isthmus.tuning.portfolio import portfolio
from isthmus.tuning.storage import quiet, storage_errors
from isthmus.tuning.study import RESERVE, open_study, run_trials

Result = TypeVar("Result")
INTERRUPTED = 130
_PATIENCE = 30  # seconds in which a worker that was interrupted must end


@dataclass(frozen=True)
class Work:
    """What workers need to know.

    Attributes
    ----------
    folder : Path
        A folder of their own, for the table.
    url : str
        Of the database.
    job : dict
        The plan and the number of trials, in plain values.
    X : array, images or CSR matrix
    deadline : float
        Of ``time.monotonic``, which is the same for all processes of a machine.
    """

    folder: Path
    url: str
    job: dict[str, Any]
    X: Any
    deadline: float


def run_workers(n_workers: int, work: Work, on_wait: Callable[[], None], beside: Callable[..., Result]) -> Result:
    """Start workers and wait until all have ended; Ctrl-C, or an error of one, ends the others.

    The last worker starts when this process has done its own work, ``beside``, whose result is returned. It takes a
    function to be called after every epoch, and ``on_wait`` is called again and again all the time.

    Raises
    ------
    IsthmusError
        What one of them ended with.
    """
    folder, X = work.folder, work.X
    if sparse.issparse(X):
        sparse.save_npz(folder / "X.npz", X, compressed=False)
    else:
        np.save(folder / "X.npy", X)
    (folder / "job.json").write_text(json.dumps(work.job))
    threads = str(max(1, (os.cpu_count() or 1) // n_workers))
    environment = {
        **os.environ,
        **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads),
    }
    command = [sys.executable, "-m", "isthmus.tuning.workers", str(folder), work.url, repr(work.deadline)]

    def start() -> "subprocess.Popen[bytes]":
        nothing = subprocess.DEVNULL
        return subprocess.Popen(command, env=environment, stdin=nothing, stdout=nothing, stderr=subprocess.PIPE)

    workers = [start() for _ in range(n_workers - 1)]
    try:
        result = beside(lambda _: on_wait())
        workers.append(start())
        while any(worker.poll() is None for worker in workers):
            if any(worker.poll() not in (None, 0) for worker in workers):
                break
            on_wait()
            with released():
                time.sleep(0.2)
    finally:
        said = _end(workers)
    for worker, text in zip(workers, said, strict=True):
        if worker.returncode not in (0, -signal.SIGINT, INTERRUPTED):
            raise _error(worker.returncode, text)
    return result


def _end(workers: "list[subprocess.Popen[bytes]]") -> list[str]:
    """Interrupt those that still run, and give what each of them said."""
    for worker in workers:
        if worker.poll() is None:
            with suppress(OSError):
                worker.send_signal(signal.SIGINT)
    said = []
    for worker in workers:
        try:
            _, text = worker.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            worker.kill()
            _, text = worker.communicate()
        said.append(text.decode(errors="replace"))
    return said


def _error(code: int, text: str) -> IsthmusError:
    last = text.strip().splitlines()[-1] if text.strip() else f"a worker of the search ended with exit code {code}."
    kinds = {kind.exit_code: kind for kind in (InputError, OutputError, MismatchError, MissingExtraError)}
    return kinds.get(code, IsthmusError)(last)


def run(folder: Path, url: str, deadline: float) -> None:
    """What one worker does: trials, until there are enough of them or no time is left."""
    job = json.loads((folder / "job.json").read_text())
    path = folder / "X.npy"
    X = np.load(path, mmap_mode="r") if path.exists() else sparse.load_npz(folder / "X.npz").tocsr()
    objective, first, _ = carry_out(job["plan"], X)
    objective.deadline = deadline
    study = open_study(url, job["plan"], seed=job["plan"]["seed"], portfolio=portfolio(objective.space, first))
    with quiet(), storage_errors(url), held():
        run_trials(study, objective, n_trials=job["n_trials"], reserve=RESERVE, default_too=False)


def main(arguments: list[str]) -> int:
    """Run a worker and give its exit code; what went wrong is said on stderr in one line."""
    try:
        run(Path(arguments[0]), arguments[1], float(arguments[2]))
    except IsthmusError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
