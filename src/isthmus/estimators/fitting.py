"""What the estimators' ``fit`` has in common, whatever the network: rows held out, epochs, history, the best kept."""

import math
import warnings
from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from isthmus.errors import WorseThanPCAWarning
from isthmus.estimators.base import BaseAutoencoder
from isthmus.estimators.parameters import check_bool, check_choice, check_int, check_real, checked_noise
from isthmus.networks import RowAutoencoder
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import SCALES, ColumnStatistics, column_range, refuse_too_large
from isthmus.rows.splits import held_out_rows, random_state_of
from isthmus.system.threads import suited_threads
from isthmus.training.batches import Batches, Normaliser
from isthmus.training.history import History, OnEpoch
from isthmus.training.loop import Trainer
from isthmus.training.losses import LOSSES, Loss
from isthmus.training.progress import epoch_bar
from isthmus.training.recipe import Recipe, suited_batch_size

# From here on squared error ends lower, on 21 tables brought to [0, 1] (docs/training.md).
_NEAR_PCA = 1.1


class TrainedAutoencoder(BaseAutoencoder):
    """An estimator whose network is trained; subclasses say what it is and where it starts."""

    module_: RowAutoencoder
    loss: str
    start: str
    noise: Any
    scale: str
    max_epochs: int
    batch_size: int | str
    learning_rate: float
    weight_decay: float
    validation_fraction: float
    patience: int | None
    device: Any
    random_state: Any
    verbose: bool

    loss_: str
    n_epochs_: int
    best_epoch_: int
    history_: dict[str, list[Any]]
    start_error_: float
    validation_error_: float
    validation_variance_: float
    pca_error_: float
    _statistics: ColumnStatistics
    _trainer: Trainer

    def partial_fit(self, X: Any, y: Any = None, *, target: Any = None) -> Any:
        """Train one epoch on rows that come in parts.

        The first call settles the scale, the code size and the start on its rows, unless the model is fitted
        already. No rows are held out, the learning rate stays the same, and errors are those of the rows given.

        Parameters
        ----------
        X, y, target
            As for ``fit``.

        Returns
        -------
        self : estimator
        """
        first = not hasattr(self, "module_")
        X, target = self._checked_input(X, target, reset=first)
        rng = random_state_of(self.random_state)
        if first:
            expected = X if target is None else target
            self._trainer = self._begin(expected, self._resolve_loss(expected), rng, (X, target))
        self._leave_start()
        if not hasattr(self, "_trainer"):
            self._trainer = self._new_trainer(X.shape[0], rng)
        trainer, rows = self._trainer, self._batches(X, target)
        if first:
            self._publish(History([math.nan], [trainer.error(rows)]))
        with suited_threads(trainer.network.n_multiplications, trainer.recipe.batch_size):
            training_error, error = trainer.epoch(rows), trainer.error(rows)
        unit = self._squared_unit
        self.n_epochs_ = self.best_epoch_ = len(self.history_["epoch"])
        self.validation_error_ = error * unit
        self.history_["epoch"].append(self.n_epochs_)
        self.history_["training_error"].append(training_error * unit)
        self.history_["validation_error"].append(self.validation_error_)
        self._measure_sizes(trainer, rows)
        return self

    def _fit(self, X: Any, target: Any, on_epoch: OnEpoch | None = None, names: Sequence[str] | None = None) -> None:
        """``fit``, with a function that is called after every epoch, and names for the columns of an array."""
        X, target = self._checked_input(X, target, reset=True)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        loss = self._resolve_loss(X if target is None else target)
        is_linear = self._is_linear(loss, target)
        rng = random_state_of(self.random_state)
        train, held = held_out_rows(X.shape[0], 0.0 if is_linear else self.validation_fraction, rng)
        X_train, target_train = X[train], None if target is None else target[train]
        measured = X_train, target_train
        if held is not None:
            measured = X[held], None if target is None else target[held]
        expected = X_train if target is None else target_train
        trainer = self._begin(expected, loss, rng, measured, is_linear=is_linear)
        rows, scored = self._batches(X_train, target_train), self._batches(*measured)
        pca_error = self.pca_error_ if self._has_pca else None
        with epoch_bar(self.max_epochs, self._squared_unit, pca_error, shown=self.verbose) as show:
            held_out = None if held is None else scored
            history = self._optimise(X_train, rng, trainer, rows, held_out, on_epoch=on_epoch or show)
        self.__dict__.pop("_trainer", None)
        self._publish(history)
        self._measure_sizes(trainer, scored)
        self._complete(X if target is None else target, rng, held_out=held is not None)
        self._warn_if_worse_than_pca()

    def _begin(
        self,
        expected: Rows,
        loss: str,
        rng: np.random.RandomState,
        measured: tuple[Rows, Rows | None],
        *,
        is_linear: bool = False,
    ) -> Trainer:
        """Make the network and its trainer, and measure the start on rows and what is expected of them.

        With squared error where cross-entropy was chosen automatically and cannot start near PCA.
        """
        for chosen in (loss, "mse"):
            self._start(expected, chosen, rng, is_linear=is_linear)
            trainer = self._new_trainer(expected.shape[0], rng, max_epochs=0 if is_linear else self.max_epochs)
            scored = self._batches(*measured)
            self._measure_start(trainer, scored)
            if not self._is_far_from_pca(trainer, scored):
                break
        return trainer

    def _is_linear(self, loss: str, target: Any) -> bool:
        """Whether the network is linear, and can be solved for on all rows."""
        return False

    @property
    @abstractmethod
    def _has_pca(self) -> bool:
        """Whether the network has a code to compare with PCA's."""

    @property
    @abstractmethod
    def _starts_at_pca(self) -> bool:
        """Whether the network is PCA, or near it, before it is trained."""

    @property
    def _is_pca(self) -> bool:
        """Whether the network still is PCA, and no comparison with it is due."""
        return False

    def _checked_input(self, X: Any, target: Any, *, reset: bool) -> tuple[Rows, Rows | None]:
        """``_check_input``, and no number whose square is none; in rows that are held out it would end training."""
        X, target = self._check_input(X, target, reset=reset)
        for rows in (X, target):
            if rows is not None:
                refuse_too_large(*column_range(rows))
        return X, target

    @abstractmethod
    def _check_input(self, X: Any, target: Any, *, reset: bool) -> tuple[Rows, Rows | None]:
        """Rows as the network takes them, after everything about them and the parameters has been checked."""

    @abstractmethod
    def _resolve_loss(self, expected: Rows) -> str:
        """The loss that ``loss`` stands for on these rows."""

    @abstractmethod
    def _start(
        self,
        expected: Rows,
        loss: str,
        rng: np.random.RandomState,
        *,
        is_linear: bool = False,
        code_size: int | None = None,
    ) -> None:
        """Make the network from the training rows; ``code_size`` overrules the parameter."""

    @abstractmethod
    def _measure_start(self, trainer: Trainer, scored: Batches) -> None:
        """Score PCA, the mean alone and the network as it starts on the rows that it will be scored on."""

    def _measure_sizes(self, trainer: Trainer, scored: Batches) -> None:
        """Score the trained network by how many of its codes are kept, where that means something."""

    def _leave_start(self) -> None:
        """Training goes on from wherever the network is."""

    def _optimise(
        self,
        X: Rows,
        rng: np.random.RandomState,
        trainer: Trainer,
        rows: Batches,
        held_out: Batches | None,
        *,
        on_epoch: OnEpoch | None,
    ) -> History:
        with suited_threads(trainer.network.n_multiplications, trainer.recipe.batch_size):
            return trainer.fit(rows, held_out, on_epoch)

    def _complete(self, expected: Rows, rng: np.random.RandomState, *, held_out: bool) -> None:
        """What is left to do when the best epoch is known; ``expected`` are all rows."""
        if held_out and self.best_epoch_ == 0 and self._starts_at_pca:
            # Nothing is better than the start, which is better still when it is made from all rows.
            self._start(expected, self.loss_, rng, code_size=self.code_size_)

    def _check_training_parameters(self) -> None:
        check_choice(self, "loss", ("auto", *LOSSES))
        checked_noise(self, self.noise)
        check_choice(self, "scale", SCALES)
        check_int(self, "max_epochs", 1)
        check_int(self, "batch_size", 1, or_else=("auto",))
        check_real(self, "learning_rate", "a number above 0", 0, math.inf, open_low=True, open_high=True)
        check_real(self, "weight_decay", "a number of at least 0", 0, math.inf, open_high=True)
        check_real(self, "validation_fraction", "a number in [0, 1)", 0, 1, open_high=True)
        check_int(self, "patience", 1, or_else=(None,))
        check_bool(self, "verbose")

    def _is_far_from_pca(self, trainer: Trainer, scored: Batches) -> bool:
        """Whether cross-entropy was chosen automatically and cannot start near PCA."""
        if self.loss != "auto" or self.loss_ != "bce" or not self._starts_at_pca:
            return False
        return trainer.error(scored) * self._squared_unit > _NEAR_PCA * self.pca_error_

    def _warn_if_worse_than_pca(self) -> None:
        if self._is_pca or not self._has_pca:
            return
        excess = self.validation_error_ - self.pca_error_
        if excess > 1e-6 * self.validation_variance_ > 0:
            rows = "held-out rows" if self.validation_fraction else "training rows"
            warnings.warn(
                f"On the {rows} the mean squared error is {self.validation_error_:.4g}, and that of PCA with as many "
                f"codes {self.pca_error_:.4g}. More epochs, loss='mse' or start='pca' may help; PCA itself may do.",
                WorseThanPCAWarning,
                stacklevel=4,
            )

    def _new_trainer(self, n_rows: int, rng: np.random.RandomState, max_epochs: int | None = None) -> Trainer:
        recipe = Recipe(
            max_epochs=self.max_epochs if max_epochs is None else max_epochs,
            batch_size=self._suited_batch_size(n_rows) if isinstance(self.batch_size, str) else self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            patience=self.patience,
        )
        network, noise = self.module_, checked_noise(self, self.noise)

        def unit_scale(values: np.ndarray) -> torch.Tensor:
            row = network.per_column(torch.from_numpy(values).to(network.device))
            return network.normalise(row[None])[0]

        zero = np.zeros_like(self.mean_) if (self.scale_ == 1).all() else self.mean_
        corruption = None
        if noise is not None:
            corruption = partial(
                noise.corruption,
                zero=unit_scale(zero),
                low=unit_scale(self._statistics.minimum),
                high=unit_scale(self._statistics.maximum),
            )
        return Trainer(network, self._loss(), recipe, generator_from(rng), corruption=corruption)

    def _suited_batch_size(self, n_rows: int) -> int:
        return suited_batch_size(n_rows)

    def _loss(self) -> Loss:
        network = self.module_
        shift, scale = (network.per_column(values).to(network.dtype) for values in (network.shift, network.scale))
        return Loss(self.loss_, shift, scale)

    def _batches(self, X: Rows, target: Rows | None) -> Batches:
        network = self.module_
        shift, scale = (network.per_column(values).cpu().numpy() for values in (network.shift, network.scale))
        return Batches(X, target, Normaliser(shift, scale, network.dtype, network.device), network.n_values)

    @property
    def _squared_unit(self) -> float:
        """From squared errors of rows of unit scale to the units that errors are published in."""
        return 1.0 if self.scale == "standard" else float(self.module_.scale[0]) ** 2

    def _publish(self, history: History) -> None:
        unit = self._squared_unit
        self.n_epochs_, self.best_epoch_ = history.n_epochs, history.best_epoch
        training, held_out = ([error * unit for error in s] for s in (history.training_error, history.held_out_error))
        self.history_ = {
            "epoch": list(range(history.n_epochs + 1)),
            "training_error": training,
            "validation_error": held_out,
        }
        self.start_error_, self.validation_error_ = held_out[0], held_out[history.best_epoch]
        if self._starts_at_pca and self.loss_ == "mse":
            self.pca_error_ = self.start_error_  # the same number, without other rounding

    def _centre(self) -> torch.Tensor:
        """The training mean in unit scale."""
        network = self.module_
        mean = torch.from_numpy(self.mean_).to(network.device)
        return network.per_column((mean - network.shift) / network.scale)

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: everything but the optimiser, which the next ``partial_fit`` makes anew."""
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_trainer"}


def generator_from(rng: np.random.RandomState) -> torch.Generator:
    """A torch source of chance whose seed is drawn from another."""
    return torch.Generator().manual_seed(int(rng.randint(2**31 - 1)))
