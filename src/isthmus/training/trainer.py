"""A network with its optimiser: Adam over shuffled batches, and the errors of rows."""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from isthmus.networks import DenseAutoencoder, RowAutoencoder
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import Columns
from isthmus.system.threads import suited_threads
from isthmus.training.autograd_step import AutogradStep
from isthmus.training.batches import Batches, batches_for, unseen_columns
from isthmus.training.corruption import corruption_for
from isthmus.training.dense_step import DenseStep
from isthmus.training.limit import check_time
from isthmus.training.losses import loss_of
from isthmus.training.recipe import Recipe
from isthmus.training.scoring import network_errors, pca_errors, row_errors

NetworkT = TypeVar("NetworkT", bound=RowAutoencoder)


class Trainer(Generic[NetworkT]):
    """A network with its optimiser; training can go on from where it is.

    Parameters
    ----------
    network : RowAutoencoder
        In training mode while it is trained on an epoch, and otherwise in evaluation mode.
    columns : Columns
        Of the training rows, for the noise.
    loss : {"mse", "bce"}
    recipe : Recipe
        With a batch size.
    seed : int
        All randomness comes from it: the order of the rows and the noise.

    Attributes
    ----------
    scored_sizes : tuple of int
        The code sizes that epochs are compared by; the last is that of the whole code.
    """

    def __init__(self, network: NetworkT, columns: Columns, loss: str, recipe: Recipe, seed: int) -> None:
        network.eval()
        self.network, self.loss, self.recipe = network, loss_of(network, loss), recipe
        self.generator = torch.Generator().manual_seed(seed)
        self._make_corruption = None if recipe.noise is None else corruption_for(recipe.noise, network, columns)
        self._corruption = self._make_corruption and self._make_corruption(self.generator)
        self._batch_size, self.scored_sizes = int(recipe.batch_size), (*network.prefixes, network.code_size)
        self._step = (
            DenseStep(network, self.loss, recipe.weight_decay)
            if DenseStep.fits(network)
            else AutogradStep(network, self.loss, recipe.weight_decay, self.generator)
        )

    def batches(self, X: Rows, target: Rows | None) -> Batches:
        """Prepare rows for training and scoring."""
        batches = batches_for(self.network, X, target)
        if self.recipe.noise is not None or target is not None:
            batches.unseen = unseen_columns(self.network, X)
        return batches

    def train_an_epoch(self, rows: Batches) -> tuple[float, float]:
        """Train once on every row at a constant learning rate; return the training error and the error after it."""
        with self.suited_threads():
            return self.epoch(rows), self.error(rows)

    def n_steps(self, rows: Batches) -> int:
        """Return the number of steps of an epoch."""
        return math.ceil(len(rows) / self._batch_size)

    def epoch(self, rows: Batches, schedule: Iterator[float] | None = None) -> float:
        """Train once on every row; return the mean squared error of the batches while they were trained on.

        ``schedule`` has a share for each step: the learning rate falls with it, while the weights of smaller code sizes
        rise. Without it both are constant, the weights as in the middle of training.
        """
        order = torch.randperm(len(rows), generator=self.generator)
        total: float | Tensor = 0.0
        with self._step as step:
            for inputs, targets in rows.batches(order, self._batch_size):
                check_time()
                share = 0.5 if schedule is None else next(schedule)
                learning_rate = self.recipe.learning_rate * (1.0 if schedule is None else share)
                seen = inputs if self._corruption is None else self._corruption(inputs)
                seen = seen if rows.unseen is None else seen.masked_fill(rows.unseen, 0)
                total = total + step(seen, targets, learning_rate, 1 - share) * len(inputs)
        return float(total) / len(rows)

    def error(self, rows: Batches) -> float:
        """Return the mean squared error of rows, in unit scale."""
        return float(network_errors(self.network, self.loss, self.scored(rows), self.scored_sizes[-1:])[0])

    def row_errors(self, rows: Batches, sizes: Sequence[int]) -> Float64[np.ndarray, "sizes rows"]:
        """Return the mean squared error of each row, in unit scale, with the first codes only, for each size."""
        return row_errors(self.network, self.loss, self.scored(rows), sizes)

    def pca_errors(
        self,
        axes: Float64[np.ndarray, "components features"],
        mean: Float64[np.ndarray, " columns"],
        rows: Batches,
    ) -> Float64[np.ndarray, " sizes"]:
        """Score PCA with 0, 1, … and all components on rows, in unit scale."""
        return pca_errors(axes, self.network, mean, self.scored(rows))

    def use_decoders(self, first_sizes: Sequence[int] | None) -> None:
        """Use each decoder of an ordered network from these code sizes on; from the first that it has, if None."""
        assert isinstance(self.network, DenseAutoencoder)
        natural = tuple(size + 1 for size in (0, *self.network.prefixes))
        self.network.first_sizes = natural if first_sizes is None else tuple(first_sizes)

    def scored(self, rows: Batches) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield all rows in order for scoring; noise, if there is any, is the same every time."""
        corruption = self._make_corruption and self._make_corruption(torch.Generator().manual_seed(0))
        for index in rows.in_order():
            inputs, targets = rows[index]
            yield (inputs if corruption is None else corruption(inputs)), targets

    def suited_threads(self) -> AbstractContextManager[int]:
        """Return a context with as many threads as suit the network's steps."""
        return suited_threads(self.network.n_multiplications, self._batch_size)

    def is_finite(self) -> bool:
        """Return whether all weights are finite: an activation that saturates hides those that are not."""
        return all(bool(value.isfinite().all()) for value in self.network.state_dict().values())

    def copy_weights(self) -> dict[str, Tensor]:
        """Copy the weights and the running statistics of batch norms."""
        return {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def restore_weights(self, weights: dict[str, Tensor]) -> None:
        """Put copied weights back."""
        self.network.load_state_dict(weights)
