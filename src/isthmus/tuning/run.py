"""The run of a search: trials in one or several processes, and then the choice of a network."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from isthmus.tuning.architectures import Model
from isthmus.tuning.choice import choose, default_network, figures_on_test_rows
from isthmus.tuning.interrupts import defer_sigint
from isthmus.tuning.objective import Objective
from isthmus.tuning.problem import Problem
from isthmus.tuning.progress import live_table
from isthmus.tuning.record import completed
from isthmus.tuning.result import Result, pareto_table, trials_table
from isthmus.tuning.storage import close, database_url, fail_lost_trials, in_memory, quiet, storage_errors
from isthmus.tuning.study import enqueue_default, open_study, run_trials
from isthmus.tuning.workers import run_workers, write_job

if TYPE_CHECKING:
    from optuna import Study


def search(
    problem: Problem, X: object, *, study: str | os.PathLike[str] | None, n_trials: int | None, deadline: float,
    n_jobs: int, verbose: bool, began: float,
) -> tuple["Study", Model, Result]:  # fmt: skip
    """Run the trials that a study lacks, and choose a network; Ctrl-C ends only the trials.

    ``X`` is what the networks are fitted on at the end; the other parameters are those of ``AutoencoderSearch``, with
    times of ``time.monotonic``. With several processes, this one trains the default network while others run trials.
    """
    objective, train_default = Objective(problem, deadline), partial(default_network, problem, X)
    plain, interrupted = None, False
    with _places(study, n_jobs) as (database, folder):
        opened = open_study(database, problem)
        try:
            with (
                quiet(),
                storage_errors(database),
                defer_sigint(),
                live_table(opened, problem.pca_explained, n_trials, deadline, shown=verbose) as refresh,
            ):
                fail_lost_trials(opened)
                enqueue_default(opened, problem.default)
                if folder is None or database is None:
                    run_trials(opened, objective, n_trials=n_trials, on_trial=refresh)
                else:
                    write_job(folder, problem, n_trials)
                    url = database_url(database)
                    plain = run_workers(n_jobs, folder, url, deadline, on_wait=refresh, beside=train_default)
        except KeyboardInterrupt:
            interrupted = True
        with quiet(), storage_errors(database):
            kept = in_memory(opened) if study is None and database is not None else opened
            everything = kept.get_trials(deepcopy=False)
            close(opened)
            trials = completed(everything)
            default = next((trial for trial in trials if trial.is_default), None)
            plain = train_default() if plain is None else plain
            model, chosen = choose(problem, trials, default, plain, X)
            test = figures_on_test_rows(model, plain, problem)
    result = Result(
        trials=tuple(trials), table=trials_table(everything), pareto=pareto_table(trials, problem.pca_unexplained),
        test=test, chosen=chosen, default=default, pca_unexplained=problem.pca_unexplained, pca_merit=problem.pca_merit,
        objective=problem.goal.objective, target_variance=problem.goal.target_variance, n_search=len(problem.search),
        n_folds=len(problem.splits), seconds=time.monotonic() - began, interrupted=interrupted,
    )  # fmt: skip
    return kept, model, result


@contextmanager
def _places(study: str | os.PathLike[str] | None, n_jobs: int) -> Iterator[tuple[str | None, Path | None]]:
    """The database that keeps the trials, None for memory, and a folder for the workers, None without workers."""
    name = None if study is None else os.fspath(study)
    if n_jobs == 1:
        yield name, None
        return
    with tempfile.TemporaryDirectory(prefix="isthmus-") as folder:
        yield str(Path(folder) / "study.sqlite") if name is None else name, Path(folder)
