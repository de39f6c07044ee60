"""Squared errors of rows by code size, of a network with its first codes only and of PCA."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from isthmus.networks import RowAutoencoder
from isthmus.training.losses import Loss

Scored = Iterable[tuple[Float[Tensor, "rows features"], Float[Tensor, "rows features"]]]
"""Batches in unit scale: the encoder's inputs, and the targets of the reconstructions."""


@torch.no_grad()
def row_errors(
    network: RowAutoencoder, loss: Loss, scored: Scored, sizes: Sequence[int]
) -> Float64[np.ndarray, "sizes rows"]:
    """Return the mean squared error of each row, in unit scale, with the first codes only, for each size."""
    parts = []
    for inputs, targets in scored:
        outputs = network.outputs_by_size(inputs, sizes)
        parts.append(torch.stack([loss.row_errors(output, targets) for output in outputs]).double().cpu())
    return torch.cat(parts, dim=1).numpy()


def network_errors(
    network: RowAutoencoder, loss: Loss, scored: Scored, sizes: Sequence[int]
) -> Float64[np.ndarray, " sizes"]:
    """Return mean squared errors, in unit scale, with the first codes only, for each size."""
    totals, n_rows = np.zeros(len(sizes)), 0
    for batch in scored:
        errors = row_errors(network, loss, [batch], sizes)
        totals += errors.sum(axis=1)
        n_rows += errors.shape[1]
    return totals / n_rows


@torch.no_grad()
def pca_errors(
    axes: Float64[np.ndarray, "components features"],
    network: RowAutoencoder,
    mean: Float64[np.ndarray, " columns"],
    scored: Scored,
) -> Float64[np.ndarray, " sizes"]:
    """Return mean squared errors, in a network's unit scale, of PCA with 0, 1, … and all components.

    The error with 0 components is the variance about ``mean``, which is in the data's units.
    """
    centre = (torch.from_numpy(mean).to(network.device) - network.shift) / network.scale
    centre = network.per_column(centre)
    columns = torch.from_numpy(axes.T.copy()).to(centre.device)
    total, removed, n_values = 0.0, torch.zeros(len(axes), dtype=torch.float64, device=centre.device), 0
    for inputs, targets in scored:
        expected = targets.double() - centre
        codes = (inputs.double() - centre) @ columns
        total += float(expected.square().sum())
        # ‖t − Σ z a‖² = ‖t‖² − Σ (2 z t·a − z²), since the axes are orthonormal.
        removed += (2 * codes * (expected @ columns) - codes.square()).sum(dim=0)
        n_values += expected.numel()
    errors = total - np.concatenate([[0.0], removed.cumsum(0).cpu().numpy()])
    # The difference of nearly equal numbers is rounding.
    return np.where(errors > 1e-13 * total, errors, 0.0) / n_values
