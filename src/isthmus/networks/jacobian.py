"""Which columns each code moves: the mean absolute Jacobian of the decoder."""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from isthmus.networks import RowAutoencoder


def mean_absolute_jacobian(
    network: RowAutoencoder, codes: Float[Tensor, "rows code"]
) -> Float64[Tensor, "code features"]:
    """How far the decoder moves each column for a small step along each code, on average over the rows.

    One derivative along a code after the other, so that nothing larger than the rows is ever held.
    """
    moved = []
    for j in range(codes.shape[1]):
        along = torch.zeros_like(codes)
        along[:, j] = 1
        derivative: Tensor = torch.autograd.functional.jvp(network.decode, codes, along)[1]  # type: ignore[no-untyped-call]
        moved.append(derivative.abs().mean(dim=0).double())
    return torch.stack(moved).detach()
