"""The loss that training minimises, and the squared error that epochs are compared by."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from isthmus.networks import RowAutoencoder


@dataclass(frozen=True)
class Loss:
    """Mean squared error, or binary cross-entropy of rows in [0, 1] whose reconstructions are logits.

    Rows come in unit scale; ``shift`` and ``scale`` lead back to the data's units, which ``bce`` needs.
    """

    name: str
    shift: Float[Tensor, " features"]
    scale: Float[Tensor, " features"]

    def __call__(self, output: Float[Tensor, "rows features"], u: Float[Tensor, "rows features"]) -> Float[Tensor, ""]:
        """Return the mean loss of a batch."""
        if self.name == "mse":
            return functional.mse_loss(output, u)
        target = torch.addcmul(self.shift, u, self.scale).clamp_(0, 1)
        return functional.binary_cross_entropy_with_logits(output, target)

    def with_gradient(
        self, output: Float[Tensor, "rows features"], u: Float[Tensor, "rows features"]
    ) -> tuple[float, Float[Tensor, "rows features"]]:
        """Return the mean squared error of a batch, and the gradient of its mean loss with respect to the output."""
        n = output.numel()
        if self.name == "mse":
            difference = (output - u).view(-1)
            return float(difference.dot(difference)) / n, difference.view_as(output).mul_(2 / n)
        share = output.sigmoid()
        target = torch.addcmul(self.shift, u, self.scale).clamp_(0, 1)
        squared_error = functional.mse_loss((share - self.shift) / self.scale, u)
        return float(squared_error), share.sub_(target).div_(n)

    def squared_error(
        self, output: Float[Tensor, "rows features"], u: Float[Tensor, "rows features"]
    ) -> Float[Tensor, ""]:
        """Return the mean squared error of a batch, in unit scale."""
        return self.row_errors(output, u).mean()

    def row_errors(
        self, output: Float[Tensor, "rows features"], u: Float[Tensor, "rows features"]
    ) -> Float[Tensor, " rows"]:
        """Return the mean squared error of each row of a batch, in unit scale."""
        if self.name == "bce":
            output = (torch.sigmoid(output) - self.shift) / self.scale
        return (output - u).square().mean(dim=1)


def loss_of(network: RowAutoencoder, name: str) -> Loss:
    """Return the loss of this name for a network's rows."""
    shift, scale = (network.per_column(values).to(network.dtype) for values in (network.shift, network.scale))
    return Loss(name, shift, scale)
