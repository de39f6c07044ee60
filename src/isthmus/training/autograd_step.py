"""A step of training for any network: gradients by automatic differentiation, and AdamW."""

import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.networks import DenseAutoencoder, RowAutoencoder
from isthmus.training.adamw import AdamW
from isthmus.training.losses import Loss
from isthmus.training.nested_dropout import nested_loss


class AutogradStep:
    """Forward, backward and AdamW on one batch after the other.

    As a context it puts the network into training mode, and back into evaluation mode.
    """

    def __init__(self, network: RowAutoencoder, loss: Loss, weight_decay: float, generator: torch.Generator) -> None:
        self._network, self._loss, self._generator = network, loss, generator
        self._parameters = list(network.parameters())
        self._optimiser = AdamW(self._parameters, weight_decay)

    def __enter__(self) -> "AutogradStep":
        self._network.train()
        return self

    def __exit__(self, *_: object) -> None:
        self._network.eval()
        self._network.zero_grad()  # gradients are as large as the model

    def __call__(
        self,
        seen: Float[Tensor, "rows features"],
        targets: Float[Tensor, "rows features"],
        learning_rate: float,
        progress: float,
    ) -> Float[Tensor, ""]:
        """Make one step; return the mean squared error of the batch before it. ``progress`` is for ordered networks."""
        network = self._network
        if isinstance(network, DenseAutoencoder) and network.prefixes:
            codes = network.encoder(seen, network.spread)
            output = network.output_of_codes(codes)
            own = self._loss(output, targets)
            loss = own + nested_loss(network, codes, targets, self._loss, progress=progress, generator=self._generator)
        else:
            output = network.output_of(seen)
            loss = own = self._loss(output, targets)
        network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            self._optimiser.step([parameter.grad for parameter in self._parameters], learning_rate)
        if self._loss.name == "mse":
            return own.detach()
        return self._loss.squared_error(output.detach(), targets)
