"""The problem that a plan poses on a table: splits, space, default network, errors of networks, PCA's results."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64, Int64
from sklearn.base import clone

from isthmus.rows.batches import Rows, dense_rows
from isthmus.rows.splits import set_aside
from isthmus.tuning.architectures import Model
from isthmus.tuning.domains import Value
from isthmus.tuning.folds import Split, as_rows, splits_of
from isthmus.tuning.goal import Goal
from isthmus.tuning.plan import Plan
from isthmus.tuning.space import SearchSpace, own_values

_ROWS_AT_ONCE = 1024  # rows that are reconstructed together


@dataclass(frozen=True)
class Problem:
    """Everything that trials need to know."""

    plan: Plan
    X: Rows  # as networks take it, rows or images
    rows: Rows  # X as rows
    search: Int64[np.ndarray, " search"]  # positions of the rows that are searched on
    test: Int64[np.ndarray, " test"]  # positions of the rows set aside to test
    splits: list[Split]
    estimator: Model
    space: SearchSpace
    default: Mapping[str, Value]  # the values of the default network
    has_own_layers: bool  # whether the default network has the estimator's own layers, or the nearest in the space
    goal: Goal

    @classmethod
    def of(cls, plan: Plan, X: Rows) -> "Problem":
        """The problem that a plan stands for, the same in every process."""
        rows = as_rows(X)
        rng = np.random.RandomState(plan.seed)
        search, test = set_aside(rows.shape[0], plan.test_fraction, rng)
        smallest, largest = plan.code_size
        estimator = plan.make_estimator()
        own = own_values(estimator, rows.shape[1], largest, plan.loss)
        space = SearchSpace.of(estimator, plan.space, own, unit_interval=True)
        splits = splits_of(rows, search, plan.folds, standardise=estimator.scale == "standard", rng=rng)
        goal = Goal(plan.objective, plan.target_variance, smallest)
        return cls(plan, X, rows, search, test, splits, estimator, space, *space.nearest(own), goal)

    def network(self, values: Mapping[str, object], *, default: bool = False, split: int = 0) -> Model:
        """The estimator for a choice of values, unfitted; each split has a seed of its own."""
        parameters = self.space.parameters(values, own_layers=default and self.has_own_layers)
        if self.goal.is_ordered:
            parameters["ordered"] = True
        parameters |= {"random_state": self.plan.seed + split, "verbose": False}
        model: Model = clone(self.estimator).set_params(**parameters)
        return model

    def group_errors(self, model: Model, split: Split) -> Float64[np.ndarray, " groups"]:
        """The squared errors of a fitted network, summed over each group of the scored rows."""
        errors = self.row_errors(model, np.concatenate(split.groups), split.unit)
        ends = np.cumsum([len(group) for group in split.groups])
        return np.array([part.sum() for part in np.split(errors, ends[:-1])])

    def row_errors(
        self, model: Model, rows: np.ndarray, unit: Float64[np.ndarray, " features"]
    ) -> Float64[np.ndarray, " rows"]:
        """The squared error of each of some rows, summed over its columns."""
        errors = []
        for part in np.array_split(rows, -(-len(rows) // _ROWS_AT_ONCE)):
            reconstructed = np.asarray(model.reconstruct(self.X[part]), dtype=np.float64).reshape(len(part), -1)
            errors.append((((reconstructed - dense_rows(self.rows, part)) / unit) ** 2).sum(axis=1))
        return np.concatenate(errors)

    @property
    def portfolio(self) -> list[dict[str, Value]]:
        """The settings that are tried after the default network."""
        return self.space.portfolio(self.default)

    @cached_property
    def variance(self) -> float:
        """The squares of all scored rows about the mean of the training rows, summed; 1 if they are 0."""
        return float(sum(split.variances.sum() for split in self.splits)) or 1.0

    @cached_property
    def pca_unexplained(self) -> Float64[np.ndarray, " sizes"]:
        """The share of variance that PCA loses with 0, 1, 2, … components."""
        shortest = min(len(split.pca_errors) for split in self.splits)
        total: np.ndarray = np.sum([split.pca_errors[:shortest] for split in self.splits], axis=0)
        return total / self.variance

    @property
    def pca_explained(self) -> float:
        """The share of variance that PCA explains with as many components as networks have codes."""
        return float(1 - self.pca_unexplained[min(self.plan.code_size[1], len(self.pca_unexplained) - 1)])

    @property
    def pca_merit(self) -> float:
        """The merit of PCA with as many components as networks have codes."""
        lost, most = self.pca_unexplained, self.plan.code_size[1]
        sizes = [size for size in self.goal.sizes(most) if size < len(lost)] or [len(lost) - 1]
        return self.goal.merit(sizes, lost[sizes])
