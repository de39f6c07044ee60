"""A network with its optimiser: Adam over shuffled batches, and the errors of rows."""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic

import numpy as np
from jaxtyping import Float64

from isthmus.dense.operations import ArrayT
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import Columns, column_range
from isthmus.training.batches import Batches
from isthmus.training.corruption import noise_for
from isthmus.training.limit import check_time
from isthmus.training.recipe import Recipe
from isthmus.training.scoring import as_float64, network_errors, pca_errors
from isthmus.training.trainable import ModuleT_co, Trainable


class Trainer(Generic[ModuleT_co, ArrayT]):
    """A network with its optimiser; training can go on from where it is.

    Parameters
    ----------
    trainable : Trainable
    columns : Columns
        Of the training rows, for the noise.
    recipe : Recipe
        With a batch size.
    rng : Generator
        All randomness comes from it: the order of the rows and the noise.

    Attributes
    ----------
    scored_sizes : tuple of int
        The code sizes that epochs are compared by; the last is that of the whole code.
    """

    def __init__(
        self, trainable: Trainable[ModuleT_co, ArrayT], columns: Columns, recipe: Recipe, rng: np.random.Generator
    ) -> None:
        self._trainable, self.recipe, self._rng = trainable, recipe, rng
        units = trainable.operations, trainable.shift, trainable.scale
        self._make_noise = None if recipe.noise is None else noise_for(recipe.noise, *units, columns)
        self._noise = None if self._make_noise is None else self._make_noise(rng)
        self._batch_size, self.scored_sizes = int(recipe.batch_size), (*trainable.prefixes, trainable.code_size)

    @property
    def network(self) -> ModuleT_co:
        """The network as it is: of a dense one, a copy."""
        return self._trainable.network

    def batches(self, X: Rows, target: Rows | None) -> Batches[ArrayT]:
        """Prepare rows for training and scoring."""
        of = self._trainable
        batches = Batches(X, target, of.operations, shift=of.shift, scale=of.scale, n_values=of.n_values)
        if self.recipe.noise is not None or target is not None:
            low, high = column_range(X)
            batches.unseen = np.flatnonzero(of.ignored & (low == high)).tolist() or None
        return batches

    def train_an_epoch(self, rows: Batches[ArrayT]) -> tuple[float, float]:
        """Train once on every row at a constant learning rate; return the training error and the error after it."""
        with self.running():
            return self.epoch(rows), self.error(rows)

    def n_steps(self, rows: Batches[ArrayT]) -> int:
        """Return the number of steps of an epoch."""
        return math.ceil(len(rows) / self._batch_size)

    def epoch(self, rows: Batches[ArrayT], schedule: Iterator[float] | None = None) -> float:
        """Train once on every row; return the mean squared error of the batches while they were trained on.

        ``schedule`` has a share for each step: the learning rate falls with it, while the weights of smaller code sizes
        rise. Without it both are constant, the weights as in the middle of training.
        """
        order, size = self._rng.permutation(len(rows)), self._batch_size
        total: Any = 0.0
        with self._trainable.steps() as step:
            for inputs, targets in rows.parts(order, size):
                seen = inputs if self._noise is None else self._noise(inputs)
                if rows.unseen is not None:
                    seen[:, rows.unseen] = 0  # type: ignore[index]  # a copy of the rows
                for start in range(0, inputs.shape[0], size):
                    check_time()
                    share = 0.5 if schedule is None else next(schedule)
                    rate = self.recipe.learning_rate * (1.0 if schedule is None else share)
                    batch = seen[start : start + size]
                    goal = batch if targets is seen else targets[start : start + size]
                    total = total + step(batch, goal, rate, 1 - share) * batch.shape[0]
        return float(total) / len(rows)

    def error(self, rows: Batches[ArrayT]) -> float:
        """Return the mean squared error of rows, in unit scale."""
        return float(network_errors(self._trainable.row_errors, self.scored(rows), self.scored_sizes[-1:])[0])

    def row_errors(self, rows: Batches[ArrayT], sizes: Sequence[int]) -> Float64[np.ndarray, "sizes rows"]:
        """Return the mean squared error of each row, in unit scale, with the first codes only, for each size."""
        parts = [self._trainable.row_errors(inputs, targets, sizes) for inputs, targets in self.scored(rows)]
        return np.concatenate(parts, axis=1)

    def pca_errors(
        self,
        axes: Float64[np.ndarray, "components features"],
        mean: Float64[np.ndarray, " columns"],
        rows: Batches[ArrayT],
    ) -> Float64[np.ndarray, " sizes"]:
        """Score PCA with 0, 1, … and all components on rows, in unit scale."""
        of = self._trainable
        centre = (np.tile(mean, len(of.shift) // len(mean)) - of.shift) / of.scale
        return pca_errors(axes, centre, (as_float64(of.operations, batch) for batch in self.scored(rows)))

    def use_decoders(self, first_sizes: Sequence[int] | None) -> None:
        """Use each decoder of an ordered network from these code sizes on; from the first that it has, if None."""
        self._trainable.use_decoders(first_sizes)

    def scored(self, rows: Batches[ArrayT]) -> Iterator[tuple[ArrayT, ArrayT]]:
        """Yield all rows in order for scoring; noise, if there is any, is the same every time."""
        noise = None if self._make_noise is None else self._make_noise(np.random.default_rng(0))
        for index in rows.in_order():
            inputs, targets = rows[index]
            yield (inputs if noise is None else noise(inputs)), targets

    def running(self) -> AbstractContextManager[object]:
        """Return a context for training."""
        return self._trainable.running()

    def is_finite(self) -> bool:
        """Return whether all weights are finite: an activation that saturates hides those that are not."""
        return self._trainable.is_finite()

    def copy_weights(self) -> Any:
        """Copy the weights and the running statistics of batch norms."""
        return self._trainable.copy_weights()

    def restore_weights(self, weights: Any) -> None:
        """Put copied weights back."""
        self._trainable.restore_weights(weights)
