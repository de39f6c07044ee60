"""The sampler of a search: Optuna's TPE, whose draws repeat in any process and after any interruption."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from isthmus.tuning.domains import Value

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import TPESampler
    from optuna.trial import FrozenTrial


def default_sampler() -> "TPESampler":
    """Optuna's own sampler, for a study that the search is done with."""
    import optuna  # noqa: PLC0415 — optional

    return optuna.samplers.TPESampler()


def seeded_sampler(seed: int, portfolio: Sequence[Mapping[str, Value]]) -> "TPESampler":
    """Optuna's TPE, seeded anew for each trial; trials 1, 2, … take the values of the portfolio.

    A sampler with a single seed draws the same first trials in every process, and again whenever a search goes on. The
    study gives each trial a number of its own, so here no two draw the same, and a search that goes on draws what it
    would have drawn without the interruption.
    """
    import optuna  # noqa: PLC0415 — optional

    class Seeded(optuna.samplers.TPESampler):
        def before_trial(self, study: optuna.Study, trial: "FrozenTrial") -> None:
            state = np.random.SeedSequence([seed, trial.number]).generate_state(1)
            self.__init__(seed=int(state[0]), multivariate=True, constant_liar=True)  # type: ignore[misc]
            super().before_trial(study, trial)

        def infer_relative_search_space(
            self, study: optuna.Study, trial: "FrozenTrial"
        ) -> "dict[str, BaseDistribution]":
            return {} if given(trial) else super().infer_relative_search_space(study, trial)

        def sample_independent(
            self, study: optuna.Study, trial: "FrozenTrial", param_name: str, param_distribution: "BaseDistribution"
        ) -> object:
            values = given(trial)
            if param_name in values:
                return values[param_name]
            return super().sample_independent(study, trial, param_name, param_distribution)

    def given(trial: "FrozenTrial") -> Mapping[str, Value]:
        return portfolio[trial.number - 1] if 0 < trial.number <= len(portfolio) else {}

    return Seeded(seed=seed, multivariate=True, constant_liar=True)
