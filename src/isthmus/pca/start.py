"""From training rows to a network of two paths that is ready to be trained: scale, code size and start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64

from isthmus.errors import InputError
from isthmus.networks import TwoPathAutoencoder, start_at_pca, start_at_random
from isthmus.pca.axes import PrincipalAxes, logit_readout, principal_axes
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import ColumnStatistics, column_range, scale_of

Build = Callable[..., TwoPathAutoencoder]
"""Makes a network of two paths, without weights: ``build(code_size, linear_paths=…, output=…)``."""


@dataclass(frozen=True)
class Design:
    """What the user gave (see ``Autoencoder``) and how a network is made of it."""

    code_size: int | float
    start: str
    scale: str
    build: Build


@dataclass(frozen=True)
class Prepared:
    """A network at its start, and what it was made from."""

    network: TwoPathAutoencoder
    scale: Float64[np.ndarray, " features"]
    axes: PrincipalAxes


def resolve_loss(loss: str, scale: str, activation: str, X: Rows, names: Sequence[str]) -> str:
    """The loss that ``loss`` stands for on these rows; an error if they do not suit it.

    ``names`` says of each column what it is.
    """
    low, high = column_range(X)
    outside = np.flatnonzero((low < 0) | (high > 1))
    if loss == "bce" and len(outside):
        j = outside[0]
        raise InputError(
            f"loss='bce' needs values in [0, 1], but {names[j]} ranges from {low[j]:g} to {high[j]:g}; use "
            "loss='mse', or bring it to [0, 1]."
        )
    if loss != "auto":
        return loss
    rescaled = scale in ("standard", "global")
    return "mse" if len(outside) or rescaled or activation == "identity" else "bce"


def prepare(X: Rows, design: Design, loss: str, statistics: ColumnStatistics, rng: np.random.RandomState) -> Prepared:
    """Make the network for the training rows X (what is to be reconstructed) and start it.

    The network sees rows of unit scale: centred, and divided by each column's own scale (``scale="standard"``) or
    by one number. So its weights are of the size that training is tuned for, whatever the data's units; since one
    number for all columns changes no objective, codes are measured in the data's units again.
    """
    scale = scale_of(design.scale, statistics)
    from_pca = design.start == "pca"
    shift, unit, code_unit = statistics.mean, scale, 1.0
    if design.scale != "standard":
        if from_pca:
            unit = np.full_like(scale, statistics.spread)
        elif (scale == 1).all():
            shift = np.zeros_like(shift)  # the classic network, on the data as it is
        code_unit = float(unit[0])
    if statistics.deviation.any():
        axes = principal_axes(X, statistics.mean, unit, design.code_size, rng)
    else:  # all rows are equal: one code, of no use, holds all of the variance
        axes = PrincipalAxes(np.eye(1, X.shape[1]), np.zeros(1))
    code_size = design.code_size if isinstance(design.code_size, int) else len(axes.spread)

    network = design.build(code_size, linear_paths=from_pca, output="sigmoid" if loss == "bce" else "linear")
    network.set_units(shift=shift, scale=unit, code_unit=code_unit)
    start_at_random(network, torch.Generator().manual_seed(int(rng.randint(2**31 - 1))))
    if from_pca:
        if network.encoder.stack is None and loss == "mse":
            network.double()  # PCA, as exact as PCA
        start_at_principal_axes(network, axes, logit_readout(X, shift, unit, axes.axes) if loss == "bce" else None)
    return Prepared(network, scale, axes)


def start_at_principal_axes(
    network: TwoPathAutoencoder,
    axes: PrincipalAxes,
    readout: tuple[Float64[np.ndarray, "features components"], Float64[np.ndarray, " features"]] | None = None,
) -> None:
    """Make the network PCA; its decoder ends in ``readout``, or in the axes themselves."""
    weights, intercept = (axes.axes.T, np.zeros(axes.axes.shape[1])) if readout is None else readout
    start_at_pca(network, _tensor(axes.axes), _tensor(axes.spread), (_tensor(weights), _tensor(intercept)))


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))
