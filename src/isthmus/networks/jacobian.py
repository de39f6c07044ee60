"""The mean absolute Jacobian of the decoder: how strongly each code moves each column."""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from isthmus.networks.rows import RowAutoencoder


def mean_absolute_jacobian(
    network: RowAutoencoder, codes: Float[Tensor, "rows code"]
) -> Float64[Tensor, "code features"]:
    """Mean absolute derivative of each decoded column with respect to each code, over the rows.

    Codes are differentiated one at a time, so memory stays that of the rows.
    """
    rows = []
    for j in range(codes.shape[1]):
        direction = torch.zeros_like(codes)
        direction[:, j] = 1
        derivative: Tensor = torch.autograd.functional.jvp(network.decode, codes, direction)[1]  # type: ignore[no-untyped-call]
        rows.append(derivative.abs().mean(dim=0).double())
    return torch.stack(rows).detach()
