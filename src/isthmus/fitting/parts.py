"""Fits to rows that come in parts: one epoch on each part."""

import math
from dataclasses import dataclass, replace
from typing import Generic

from isthmus.fitting.design import BatchesT, Design, Learner, ModuleT, NetworkT, TrainingSet
from isthmus.fitting.fit import begin, errors_by_size, measured, recipe_for, seed_from
from isthmus.fitting.fitted import Fitted
from isthmus.rows.splits import random_state_of
from isthmus.training.history import History
from isthmus.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class InParts(Generic[ModuleT, NetworkT, BatchesT]):
    """A network that is trained part by part, and what the parts so far have found."""

    design: Design[ModuleT, NetworkT, BatchesT]
    learner: Learner[ModuleT, BatchesT]
    fitted: Fitted[NetworkT]

    @classmethod
    def begun(
        cls, part: TrainingSet, recipe: Recipe, design: Design[ModuleT, NetworkT, BatchesT]
    ) -> "InParts[ModuleT, NetworkT, BatchesT]":
        """Make the network from the first part."""
        start = begin(part, part, recipe, design, random_state_of(recipe.random_state))
        history = History([math.nan], [start.learner.error(start.scored)])
        return cls(design, start.learner, measured(start, design, history, None))

    @classmethod
    def resumed(
        cls, fitted: Fitted[NetworkT], n_rows: int, recipe: Recipe, design: Design[ModuleT, NetworkT, BatchesT]
    ) -> "InParts[ModuleT, NetworkT, BatchesT]":
        """Go on with a fitted network."""
        network = design.revive(fitted.network)
        suited, rng = recipe_for(n_rows, recipe, design, network), random_state_of(recipe.random_state)
        learner = design.learner(network, fitted.columns, fitted.loss, suited, seed_from(rng))
        return cls(design, learner, fitted)

    def trained(self, part: TrainingSet) -> "InParts[ModuleT, NetworkT, BatchesT]":
        """Train one epoch on a part; errors are those of its rows."""
        fitted, unit = self.fitted, self.fitted.squared_unit
        batches = self.learner.batches(part.inputs, part.target)
        training_error, error = (value * unit for value in self.learner.train_an_epoch(batches))
        so_far = fitted.history
        history = History(
            [*so_far.training_error, training_error], [*so_far.held_out_error, error], so_far.n_epochs + 1
        )
        by_size = {name: errors for name, errors in fitted.errors_by_size.items() if name != "model"}
        if self.design.is_ordered:
            self.learner.choose_decoders(batches)
            variance = fitted.validation_variance
            by_size["model"] = errors_by_size(self.learner, batches, fitted.code_size, unit, variance)
        fitted = replace(
            fitted,
            network=self.design.keep(self.learner.network),
            variances=None,  # PCA that is trained on is PCA no longer
            held_out=False,
            history=history,
            validation_error=error,
            errors_by_size=by_size,
        )
        return replace(self, fitted=fitted)
