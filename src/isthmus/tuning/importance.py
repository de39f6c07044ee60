"""Importance of each hyperparameter for the results of the trials."""

from typing import TYPE_CHECKING

from isthmus.tuning.record import completed
from isthmus.tuning.storage import close, quiet

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

# A forest learns nothing from fewer trials.
FEWEST = 8


def importances(study: "Study") -> dict[str, float]:
    """The share of the variance of the trials' merits that each hyperparameter accounts for, the largest first.

    By functional ANOVA (Hutter, Hoos & Leyton-Brown 2014). The worst tenth of the merits is raised to the best of that
    tenth, because a network that diverged says little about the others. Empty if there are too few trials, or if all
    have the same merit.
    """
    import optuna  # noqa: PLC0415 — optional

    done = completed(study.get_trials(deepcopy=False))
    if len(done) < FEWEST or not done[0].values:
        return {}
    merits = sorted(trial.merit for trial in done)
    floor = merits[len(merits) // 10]
    if floor == merits[-1]:
        return {}

    def merit(trial: "FrozenTrial") -> float:
        return max(float(trial.value or 0.0), floor)

    with quiet():
        try:
            evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
            return optuna.importance.get_param_importances(study, evaluator=evaluator, target=merit)
        except (RuntimeError, ValueError):  # no tree of the forest could be split
            return {}
        finally:
            close(study)
