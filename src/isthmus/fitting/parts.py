"""Fits to rows that come in parts: one epoch on each part."""

import math
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np

from isthmus.fitting.begin import ALL_ROWS, begin, recipe_for, seed_from
from isthmus.fitting.by_size import choose_decoders, errors_by_size
from isthmus.fitting.design import Design, ModuleT, NetworkT, TrainingSet
from isthmus.fitting.fit import measured
from isthmus.fitting.fitted import Fitted
from isthmus.pca.in_parts import axes_of_factor, factor_of, factor_with_part
from isthmus.rows.merging import merged
from isthmus.rows.scaling import Columns, column_statistics
from isthmus.rows.splits import random_state_of
from isthmus.training.history import History
from isthmus.training.learner import BatchesT, Fold, Learner
from isthmus.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class InParts(Generic[ModuleT, NetworkT, BatchesT]):
    """A network that is trained part by part, and what the parts so far have found.

    What it subtracts from the columns and divides them by stays that of the first part.
    """

    design: Design[ModuleT, NetworkT, BatchesT]
    learner: Learner[ModuleT, BatchesT]
    recipe: Recipe
    fitted: Fitted[NetworkT]

    @classmethod
    def begun(
        cls, part: TrainingSet, recipe: Recipe, design: Design[ModuleT, NetworkT, BatchesT]
    ) -> "InParts[ModuleT, NetworkT, BatchesT]":
        """Make the network from the first part, and train it one epoch."""
        start = begin(part, [ALL_ROWS], recipe, design, random_state_of(recipe.random_state))
        history = History([math.nan], [start.learner.error(start.own.rows)])
        fitted = replace(measured(start, design, history, None), in_parts=True)
        return cls(design, start.learner, recipe, fitted)._trained(start.own.rows, fitted)

    @classmethod
    def resumed(
        cls, fitted: Fitted[NetworkT], n_rows: int, recipe: Recipe, design: Design[ModuleT, NetworkT, BatchesT]
    ) -> "InParts[ModuleT, NetworkT, BatchesT]":
        """Go on with a fitted network."""
        network = design.revive(fitted.network)
        suited, rng = recipe_for(n_rows, recipe, design, network), random_state_of(recipe.random_state)
        learner = design.learner(network, fitted.columns, fitted.loss, suited, seed_from(rng))
        return cls(design, learner, recipe, fitted)

    def trained(self, part: TrainingSet) -> "InParts[ModuleT, NetworkT, BatchesT]":
        """Train one epoch on a further part; errors are those of its rows, before and after."""
        batches = self.learner.batches(part.inputs, part.target)
        return self._trained(batches, self._counted(part, batches))

    def _counted(self, part: TrainingSet, batches: BatchesT) -> Fitted[NetworkT]:
        """Count the rows of a part, and score the network and PCA of all rows so far on them."""
        fitted, so_far, learner = self.fitted, self.fitted.columns.statistics, self.learner
        n_rows, unit = fitted.n_samples, fitted.squared_unit
        columns = part.expected
        if columns.shape[1] != len(so_far.mean):  # the columns of images without a dense code are their channels
            columns = columns.reshape(-1, len(so_far.mean))
        statistics = merged(so_far, n_rows, column_statistics(columns), len(part))
        axes, by_size = fitted.axes, dict[str, np.ndarray]()
        if self.design.has_pca:
            n_codes, divisor = fitted.code_size, fitted.unit
            factor = factor_with_part(
                factor_of(axes, n_rows, divisor),
                n_rows, so_far.mean, part.expected, statistics.mean, most=n_codes, unit=divisor,
            )  # fmt: skip
            axes = axes_of_factor(factor, n_rows + len(part), n_codes, statistics.mean, divisor)
        pca_errors = learner.pca_errors(axes.axes, statistics.mean, batches) * unit
        variance = float(pca_errors[0])
        if self.design.has_sizes:
            by_size["pca"] = np.pad(pca_errors, (0, fitted.code_size + 1 - len(pca_errors)), mode="edge")
        if self.design.is_ordered:
            by_size["start"] = errors_by_size([Fold(learner, batches, None)], fitted.code_size, unit, variance)
        return replace(
            fitted,
            columns=Columns(statistics, fitted.columns.scale),
            axes=axes,
            variances=None,  # PCA that is trained on is PCA no longer
            n_samples=n_rows + len(part),
            held_out=False,
            start_error=learner.error(batches) * unit,
            validation_variance=variance,
            pca_error=float(pca_errors[-1]) if self.design.has_pca else None,
            errors_by_size=by_size,
            in_parts=True,
            factor=None,
        )

    def _trained(self, batches: BatchesT, fitted: Fitted[NetworkT]) -> "InParts[ModuleT, NetworkT, BatchesT]":
        """Train one epoch on the rows that were counted last; a network that diverges stays as it was."""
        unit, so_far = fitted.squared_unit, fitted.history
        training_error, error = (value * unit for value in self.learner.train_an_epoch(batches))
        if not (math.isfinite(training_error) and math.isfinite(error)):
            diverged = replace(fitted, validation_error=fitted.start_error, history=replace(so_far, stopped="diverged"))
            return type(self).resumed(diverged, fitted.n_samples, self.recipe, self.design)
        history = History(
            [*so_far.training_error, training_error], [*so_far.held_out_error, error], so_far.n_epochs + 1
        )
        by_size = dict(fitted.errors_by_size)
        if self.design.is_ordered:
            folds = [Fold(self.learner, batches, None)]
            choose_decoders(self.learner, folds, fitted.code_size)
            by_size["model"] = errors_by_size(folds, fitted.code_size, unit, fitted.validation_variance)
        fitted = replace(
            fitted,
            network=self.design.keep(self.learner.network),
            history=history,
            validation_error=error,
            errors_by_size=by_size,
        )
        return replace(self, fitted=fitted)
