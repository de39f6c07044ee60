"""Torch modules for the trainer: gradients by automatic differentiation."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor
from torch.nn import functional

from isthmus.dense.torch_operations import TorchAdamW, TorchOperations, suited_torch_threads
from isthmus.networks import RowAutoencoder, ignored_columns
from isthmus.training.trainable import Step

NetworkT = TypeVar("NetworkT", bound=RowAutoencoder)


class ModuleTraining(Generic[NetworkT]):
    """A torch module with its loss and optimiser; see ``Trainable``.

    The module is in training mode while steps are made, and otherwise in evaluation mode.
    """

    prefixes: Sequence[int] = ()

    def __init__(self, network: NetworkT, loss: str, weight_decay: float, batch_size: int) -> None:
        self.network, self._loss, self._batch_size = network.eval(), loss, batch_size
        self.operations = TorchOperations(network.device)
        shift, scale = (network.per_column(values) for values in (network.shift, network.scale))
        self.shift, self.scale = shift.cpu().numpy(), scale.cpu().numpy()
        self._shift, self._scale = shift.to(network.dtype), scale.to(network.dtype)
        self._parameters = list(network.parameters())
        self._optimiser = TorchAdamW(self._parameters, weight_decay)

    @property
    def ignored(self) -> Bool[np.ndarray, " features"]:
        """The columns that the encoder ignores altogether."""
        return ignored_columns(self.network).cpu().numpy()

    @property
    def n_values(self) -> int:
        return self.network.n_values

    @property
    def code_size(self) -> int:
        return self.network.code_size

    def running(self) -> AbstractContextManager[None]:
        """Return a context for training."""
        return suited_torch_threads(self.network.n_multiplications * self._batch_size)

    @contextmanager
    def steps(self) -> Iterator[Step[Tensor]]:
        """Give the function that makes a step."""
        self.network.train()
        try:
            yield self._step
        finally:
            self.network.eval()
            self.network.zero_grad()  # gradients are as large as the model

    def _step(
        self,
        seen: Float[Tensor, "rows features"],
        targets: Float[Tensor, "rows features"],
        learning_rate: float,
        progress: float,
    ) -> Tensor:
        output = self.network.output_of(seen)
        loss = self._loss_of(output, targets)
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            self._optimiser.step([parameter.grad for parameter in self._parameters], learning_rate)
        return loss.detach() if self._loss == "mse" else self._squares(output.detach(), targets).mean()

    @torch.no_grad()
    def row_errors(
        self, inputs: Float[Tensor, "rows features"], targets: Float[Tensor, "rows features"], sizes: Sequence[int]
    ) -> Float64[np.ndarray, "sizes rows"]:
        """Return the mean squared error of each row, in unit scale; there is the whole code only."""
        assert all(size == self.code_size for size in sizes)
        errors = self._squares(self.network.output_of(inputs), targets).mean(dim=1)
        return np.repeat(errors.double().cpu().numpy()[np.newaxis], len(sizes), axis=0)

    def use_decoders(self, first_sizes: Sequence[int] | None) -> None:
        """There is one decoder."""

    def is_finite(self) -> bool:
        return all(bool(value.isfinite().all()) for value in self.network.state_dict().values())

    def copy_weights(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def restore_weights(self, weights: dict[str, Tensor]) -> None:
        self.network.load_state_dict(weights)

    def _loss_of(self, output: Tensor, targets: Tensor) -> Tensor:
        if self._loss == "mse":
            return functional.mse_loss(output, targets)
        expected = torch.addcmul(self._shift, targets, self._scale).clamp_(0, 1)
        return functional.binary_cross_entropy_with_logits(output, expected)

    def _squares(self, output: Tensor, targets: Tensor) -> Tensor:
        if self._loss == "bce":
            output = (torch.sigmoid(output) - self._shift) / self._scale
        return (output - targets).square()
