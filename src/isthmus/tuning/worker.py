"""The program of a worker: ``python -m isthmus.tuning.worker FOLDER`` runs trials of the search in the folder.

Standard input has the name of the database, in which a password may be, and stays open while the parent lives.
"""

import json
import shutil
import sys
import warnings
from pathlib import Path

from isthmus.errors import IsthmusError
from isthmus.system.processes import end_with_standard_input
from isthmus.tuning.database import storage_errors
from isthmus.tuning.interrupts import defer_sigint
from isthmus.tuning.objective import Objective
from isthmus.tuning.opening import open_study
from isthmus.tuning.storage import quiet
from isthmus.tuning.study import run_trials
from isthmus.tuning.workers import INTERRUPTED, Job


def main(folder: str) -> int:
    """Run trials as one of the workers, and return its exit code; errors and warnings are lines on stderr."""
    warnings.formatwarning = lambda message, *_: f"{message}\n"
    try:
        database = json.loads(sys.stdin.buffer.readline() or "null")
        end_with_standard_input(lambda: shutil.rmtree(folder, ignore_errors=True))
        if database is None:  # the parent has ended before
            return INTERRUPTED
        job = Job.read(Path(folder), database)
        study = open_study(job.database, job.problem)
        with quiet(), storage_errors(job.database), defer_sigint():
            run_trials(study, Objective(job.problem, job.deadline), n_trials=job.n_trials, default_too=False)
    except IsthmusError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
