"""The training loop: Adam over shuffled batches, held-out rows scored every epoch, the best epoch restored."""

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
from isthmus.training.batches import Batches, batches_for
from isthmus.training.corruption import corruption_for
from isthmus.training.dense_step import DenseStep
from isthmus.training.history import History, OnEpoch
from isthmus.training.limit import TimeIsUpError, check_time
from isthmus.training.losses import loss_of
from isthmus.training.recipe import Recipe
from isthmus.training.scoring import choose_decoders, network_errors, pca_errors

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
    """

    def __init__(self, network: NetworkT, columns: Columns, loss: str, recipe: Recipe, seed: int) -> None:
        network.eval()
        self.network, self.loss, self.recipe = network, loss_of(network, loss), recipe
        self.generator = torch.Generator().manual_seed(seed)
        self._make_corruption = None if recipe.noise is None else corruption_for(recipe.noise, network, columns)
        self._corruption = self._make_corruption and self._make_corruption(self.generator)
        self._batch_size, self._scored_sizes = int(recipe.batch_size), (*network.prefixes, network.code_size)
        self._step = (
            DenseStep(network, self.loss, recipe.weight_decay)
            if DenseStep.fits(network)
            else AutogradStep(network, self.loss, recipe.weight_decay, self.generator)
        )

    def batches(self, X: Rows, target: Rows | None) -> Batches:
        """Prepare rows for training and scoring."""
        return batches_for(self.network, X, target)

    def fit(self, rows: Batches, held_out: Batches | None, on_epoch: OnEpoch | None = None) -> History:
        """Train for ``max_epochs`` or until ``patience`` epochs in a row bring no improvement.

        The held-out rows (with noise, if there is any) are scored before the first epoch and after each; the weights
        of the best epoch, the start included, are restored. For an ordered network that is the epoch with the lowest
        errors, as shares of those at the start, on average over code sizes, of those that the full code's error is not
        above the start's in. Without held-out rows the last epoch is kept unless it is worse on the
        training rows than the start. Ctrl-C ends training; so do ``training_until`` and a loss that is not finite.
        """
        with self._suited_threads():
            return self._fit(rows, held_out, on_epoch)

    def train_an_epoch(self, rows: Batches) -> tuple[float, float]:
        """Train once on every row at a constant learning rate; return the training error and the error after it."""
        with self._suited_threads():
            return self.epoch(rows), self.error(rows)

    def _fit(self, rows: Batches, held_out: Batches | None, on_epoch: OnEpoch | None) -> History:
        scored = rows if held_out is None else held_out
        start = self.errors(scored, self._scored_sizes)
        history = History([math.nan], [float(start[-1])])
        best, best_weights = 1.0, self._copy_weights()
        n_steps = self.recipe.max_epochs * math.ceil(len(rows) / self._batch_size)
        schedule = _cosine(n_steps)
        try:
            for epoch in range(1, self.recipe.max_epochs + 1):
                training_error = self.epoch(rows, schedule)
                last = epoch == self.recipe.max_epochs
                # Without held-out rows no epoch is chosen, so only the last is scored.
                error, merit = training_error, 0.0
                if held_out is not None or last:
                    errors = self.errors(scored, self._scored_sizes)
                    error, merit = float(errors[-1]), _relative(errors, start)
                if not (math.isfinite(training_error) and math.isfinite(error)):
                    history.stopped = "diverged"
                    break
                history.training_error.append(training_error)
                history.held_out_error.append(error)
                if (merit < best and error <= start[-1]) or (held_out is None and not last):
                    history.best_epoch, best_weights = epoch, self._copy_weights()
                    best = merit if held_out is not None else best
                if on_epoch is not None:
                    on_epoch(history)
                patience = self.recipe.patience
                if patience is not None and held_out is not None and epoch - history.best_epoch >= patience:
                    history.stopped = "patience"
                    break
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        except StopIteration:
            history.stopped = "callback"
        except TimeIsUpError:
            history.stopped = "time"
        self._restore_weights(best_weights)
        return history

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
                total = total + step(seen, targets, learning_rate, 1 - share) * len(inputs)
        return float(total) / len(rows)

    def error(self, rows: Batches) -> float:
        """Return the mean squared error of rows, in unit scale."""
        return float(self.errors(rows, self._scored_sizes[-1:])[0])

    def errors(self, rows: Batches, sizes: Sequence[int]) -> Float64[np.ndarray, " sizes"]:
        """Return the mean squared errors of rows, in unit scale, with the first codes only, for each size."""
        return network_errors(self.network, self.loss, self.scored(rows), sizes)

    def pca_errors(
        self,
        axes: Float64[np.ndarray, "components features"],
        mean: Float64[np.ndarray, " columns"],
        rows: Batches,
    ) -> Float64[np.ndarray, " sizes"]:
        """Score PCA with 0, 1, … and all components on rows, in unit scale."""
        return pca_errors(axes, self.network, mean, self.scored(rows))

    def choose_decoders(self, rows: Batches) -> None:
        """Choose the code size from which each decoder of an ordered network is used."""
        assert isinstance(self.network, DenseAutoencoder)
        choose_decoders(self.network, self.loss, self.scored(rows))

    def scored(self, rows: Batches) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield all rows in order for scoring; noise, if there is any, is the same every time."""
        corruption = self._make_corruption and self._make_corruption(torch.Generator().manual_seed(0))
        for index in rows.in_order():
            inputs, targets = rows[index]
            yield (inputs if corruption is None else corruption(inputs)), targets

    def _suited_threads(self) -> AbstractContextManager[int]:
        return suited_threads(self.network.n_multiplications, self._batch_size)

    def _copy_weights(self) -> dict[str, Tensor]:
        """Copy the weights and the running statistics of batch norms."""
        return {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def _restore_weights(self, weights: dict[str, Tensor]) -> None:
        self.network.load_state_dict(weights)


def _relative(errors: Float64[np.ndarray, " sizes"], start: Float64[np.ndarray, " sizes"]) -> float:
    """Return errors as shares of those at the start, on average; a start of zero cannot be improved on."""
    return float(np.mean(np.where(start > 0, errors / np.where(start > 0, start, 1), 1 + errors)))


def _cosine(n_steps: int) -> Iterator[float]:
    """Yield a share for each step, from 1 to 0 along half a cosine (Loshchilov & Hutter 2017, §3)."""
    return (0.5 * (1 + math.cos(math.pi * step / n_steps)) for step in range(n_steps))
