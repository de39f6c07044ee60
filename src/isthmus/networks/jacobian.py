"""The mean absolute Jacobian of the decoder: how strongly each code moves each column."""

import copy

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from isthmus.networks.rows import RowAutoencoder


def mean_absolute_jacobian(
    network: RowAutoencoder, codes: Float64[np.ndarray, "rows code"], *, standardise: bool = False
) -> Float64[np.ndarray, "code features"]:
    """Mean absolute derivative of each decoded column with respect to each code, over the rows.

    Codes are differentiated one at a time, so memory stays that of the rows. With ``standardise`` the derivatives are
    with respect to codes divided by their standard deviations.
    """
    network, points = copy.deepcopy(network).double(), torch.from_numpy(codes).to(network.device)
    rows = []
    for j in range(points.shape[1]):
        direction = torch.zeros_like(points)
        direction[:, j] = 1
        derivative: Tensor = torch.autograd.functional.jvp(network.decode, points, direction)[1]  # type: ignore[no-untyped-call]
        rows.append(derivative.abs().mean(dim=0).double())
    influence = torch.stack(rows).detach()
    if standardise:
        influence *= points.std(dim=0, correction=0)[:, None]
    return influence.cpu().numpy()
