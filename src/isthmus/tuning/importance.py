"""How much each hyperparameter mattered to what the trials of a search were worth."""

import math
from typing import TYPE_CHECKING

from isthmus.tuning.storage import let_go, quiet

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

# Of fewer trials a forest says nothing.
FEWEST = 8


def importances(study: "Study") -> dict[str, float]:
    """The share of the variance of trials' results that each hyperparameter accounts for; the largest first.

    By functional ANOVA (Hutter, Hoos & Leyton-Brown 2014) of the merits, of which the worst tenth counts no more than
    the best of it: a network that diverged says little of the others. Empty where there are too few trials, or where
    all have the same merit.
    """
    import optuna  # noqa: PLC0415 — optional

    done = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
        if trial.value is not None and math.isfinite(trial.value)
    ]
    if len(done) < FEWEST or not done[0].params:
        return {}
    merits = sorted(float(trial.value or 0.0) for trial in done)
    floor = merits[len(merits) // 10]
    if floor == merits[-1]:
        return {}

    def merit(trial: "FrozenTrial") -> float:
        return max(float(trial.value or 0.0), floor)

    with quiet():
        try:
            evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
            return optuna.importance.get_param_importances(study, evaluator=evaluator, target=merit)
        except (RuntimeError, ValueError):  # where no tree of the forest could be split
            return {}
        finally:
            let_go(study, keep=True)
