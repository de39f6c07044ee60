"""TPE whose chance depends on the seed and the number of the trial alone."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from optuna.samplers import TPESampler


def seeded_sampler(seed: int) -> "TPESampler":
    """Optuna's TPE, seeded anew for each trial.

    A sampler with one seed begins with the same trials in every process, and again whenever a search goes on. Trial
    numbers are given out by the study, so that no two are the same, and a search that goes on does what it would have
    done without the interruption.
    """
    import optuna  # noqa: PLC0415 — optional

    class Seeded(optuna.samplers.TPESampler):
        def before_trial(self, study: optuna.Study, trial: Any) -> None:
            chance = np.random.SeedSequence([seed, trial.number]).generate_state(1)
            self.__init__(seed=int(chance[0]), multivariate=True, constant_liar=True)  # type: ignore[misc]
            super().before_trial(study, trial)

    return Seeded(seed=seed, multivariate=True, constant_liar=True)
