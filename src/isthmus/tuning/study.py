"""How the trials of a study are run."""

import math
import time
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from isthmus.tuning import storage
from isthmus.tuning.interrupts import allow_sigint, raise_deferred
from isthmus.tuning.objective import Objective, TrialLostError
from isthmus.tuning.record import TrialRecord, completed

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial, TrialState

# Time is kept for training the best network and the default after the search: this many times what it took in a trial.
RESERVE = 1.5


def run_trials(
    study: "Study", objective: Objective, *, n_trials: int | None, default_too: bool = True,
    on_trial: Callable[[], object] = lambda: None,
) -> None:  # fmt: skip
    """Run trials until ``n_trials`` are finished, by this or other processes, or until the deadline of the objective.

    The last trials may be in the hands of other processes. They are waited for, because a process that is killed leaves
    its trial to the others. ``default_too`` says whether this process trains the default network after the search.
    """
    began, end = time.monotonic(), objective.deadline
    while True:
        storage.fail_lost_trials(study)
        trials = study.get_trials(deepcopy=False)
        states = [trial.state.name for trial in trials]
        finished, running = states.count("COMPLETE") + states.count("PRUNED"), states.count("RUNNING")
        objective.deadline = _end_of_trials(
            completed(trials), began, end, len(objective.problem.splits), default_too=default_too
        )
        if (n_trials is not None and finished >= n_trials) or time.monotonic() >= objective.deadline:
            return
        if n_trials is not None and finished + running >= n_trials:
            with allow_sigint():
                time.sleep(0.2)
        else:
            _run_trial(study, objective)
        on_trial()
        raise_deferred()


def _end_of_trials(
    done: Sequence[TrialRecord], began: float, end: float, n_splits: int, *, default_too: bool
) -> float:  # fmt: skip
    """The time at which trials must end, so that the networks that are chosen from can be trained until ``end``.

    Before the default network has been scored, it may take the time of its splits and the final training.
    """
    defaults = [trial.seconds for trial in done if trial.is_default]
    if not defaults:
        return math.inf if end == math.inf else began + (end - began) * n_splits / (n_splits + RESERVE)
    training = done[0].seconds + (max(defaults) if default_too else 0.0)
    return end - RESERVE * training / n_splits


def _run_trial(study: "Study", objective: Objective) -> None:
    """Run a trial; one that another process has declared lost is dropped with a warning."""
    import optuna  # noqa: PLC0415 — optional
    from optuna.trial import TrialState  # noqa: PLC0415

    trial, value = study.ask(), None
    try:
        with storage.heartbeats(study, trial) as is_lost:
            value = objective(trial, is_lost)
        state = TrialState.COMPLETE if math.isfinite(value) else TrialState.PRUNED
    except optuna.TrialPruned:
        state = TrialState.PRUNED
    except (TrialLostError, optuna.exceptions.UpdateFinishedTrialError):
        state = None
    except BaseException:
        _tell(study, trial, TrialState.FAIL)
        raise
    if state is None or not _tell(study, trial, state, value):
        warnings.warn(
            f"Trial {trial.number} is dropped: this process gave no sign of life for more than {storage.GRACE} s, so "
            "the trial was left to other processes.",
            stacklevel=2,
        )


def _tell(study: "Study", trial: "Trial", state: "TrialState", value: float | None = None) -> bool:
    """Finish a trial; False if another process has declared it lost before."""
    import optuna  # noqa: PLC0415 — optional

    values = value if state is optuna.trial.TrialState.COMPLETE else None
    try:
        return bool(study.tell(trial, values, state, skip_if_finished=True).state == state)
    except optuna.exceptions.UpdateFinishedTrialError:
        return False
