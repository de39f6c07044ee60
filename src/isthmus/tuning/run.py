"""The run of a search: trials in one or several processes, and then the choice of a network."""

import os
import time
import warnings
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from sklearn.exceptions import ConvergenceWarning

from isthmus.system.locks import temporary_folder
from isthmus.tuning.architectures import Model
from isthmus.tuning.choice import choose, default_network, figures_on_test_rows
from isthmus.tuning.database import storage_errors
from isthmus.tuning.interrupts import defer_sigint
from isthmus.tuning.objective import Objective, is_unfinished
from isthmus.tuning.opening import open_study
from isthmus.tuning.problem import Problem
from isthmus.tuning.progress import live_table
from isthmus.tuning.record import completed
from isthmus.tuning.result import Result, pareto_table, trials_table
from isthmus.tuning.sampling import default_sampler
from isthmus.tuning.storage import close, in_memory, quiet
from isthmus.tuning.study import run_trials
from isthmus.tuning.workers import Job, start_workers
from isthmus.words import counted, joined

if TYPE_CHECKING:
    from optuna import Study


def search(
    problem: Problem, X: object, *, study: str | os.PathLike[str] | None, n_trials: int | None, deadline: float,
    n_jobs: int, verbose: bool, began: float,
) -> tuple["Study", Model, Result]:  # fmt: skip
    """Run the trials that a study lacks, and choose a network; Ctrl-C ends only the trials.

    ``X`` is what the networks are fitted on at the end; the other parameters are those of ``AutoencoderSearch``, with
    times of ``time.monotonic``. Of several processes this one stops first, to train the default network meanwhile.
    """
    objective, plain, interrupted = Objective(problem, deadline), None, False
    with temporary_folder() as folder:
        name = None if study is None else os.fspath(study)
        database = f"{folder}/study.sqlite" if name is None and n_jobs > 1 else name
        opened = open_study(database, problem)
        try:
            with (
                quiet(),
                storage_errors(database),
                defer_sigint(),
                live_table(opened, problem.pca_explained, n_trials, deadline, shown=verbose) as refresh,
            ):
                job = Job(problem, database, n_trials, deadline)
                with start_workers(n_jobs - 1, folder, job) as workers:
                    run_trials(opened, objective, n_trials=n_trials, on_trial=partial(workers.check, refresh))
                    trials_ended = time.monotonic()
                    plain = default_network(problem, X, deadline, lambda _: refresh())
                    workers.wait(refresh, deadline)
        except KeyboardInterrupt:
            interrupted = True
        trials_ended = time.monotonic() if plain is None else trials_ended
        with quiet(), storage_errors(database):
            kept = in_memory(opened) if study is None and database is not None else opened
            everything = kept.get_trials(deepcopy=False)
            close(opened)
            kept.sampler = default_sampler()  # the search's own cannot be pickled
            trials = completed(everything)
            default = next((trial for trial in trials if trial.is_default), None)
            plain = default_network(problem, X, deadline) if plain is None else plain
            model, chosen = choose(problem, trials, default, plain, X, deadline=deadline)
            test = figures_on_test_rows(model, plain, problem)
    unfinished = _unfinished({"the network chosen": model, "the default network": plain})
    if unfinished:
        warnings.warn(unfinished, ConvergenceWarning, stacklevel=3)
    result = Result(
        trials=tuple(trials), table=trials_table(everything), pareto=pareto_table(trials, problem.pca_unexplained),
        test=test, chosen=chosen, default=default, pca_unexplained=problem.pca_unexplained, pca_merit=problem.pca_merit,
        objective=problem.goal.objective, target_variance=problem.goal.target_variance, n_search=len(problem.search),
        n_folds=len(problem.splits), search_seconds=trials_ended - began,
        fit_seconds=time.monotonic() - trials_ended, unfinished=unfinished, interrupted=interrupted,
    )  # fmt: skip
    return kept, model, result


def _unfinished(networks: Mapping[str, Model]) -> str:
    """A sentence about networks whose final training was stopped because time was up; empty if there is none."""
    stopped = {id(model): (name, model) for name, model in networks.items() if is_unfinished(model)}
    found = [
        f"{name} after {model.n_epochs_} of {counted(model.max_epochs, 'epoch')}" for name, model in stopped.values()
    ]
    return f"Time was up in the final training of {joined(found)}." if found else ""
