"""TPE whose chance depends on the seed and the number of the trial alone, after a portfolio of settings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from optuna.samplers import TPESampler


def seeded_sampler(seed: int, portfolio: Sequence[Mapping[str, Any]] = ()) -> "TPESampler":
    """Optuna's TPE, seeded anew for each trial; trials 1, 2, … have the values of the portfolio.

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

        def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> dict[str, Any]:
            return {} if _given(trial) else super().infer_relative_search_space(study, trial)

        def sample_independent(self, study: optuna.Study, trial: Any, name: str, distribution: Any) -> Any:
            values = _given(trial)
            return values[name] if name in values else super().sample_independent(study, trial, name, distribution)

    def _given(trial: Any) -> Mapping[str, Any]:
        return portfolio[trial.number - 1] if 0 < trial.number <= len(portfolio) else {}

    return Seeded(seed=seed, multivariate=True, constant_liar=True)
