"""The learner of networks that are torch modules."""

from functools import partial
from typing import TypeVar

import numpy as np
import torch

from isthmus.fitting.fitted import Columns
from isthmus.networks import RowAutoencoder
from isthmus.training import corruption
from isthmus.training.loop import Trainer
from isthmus.training.losses import Loss
from isthmus.training.recipe import Recipe

NetworkT = TypeVar("NetworkT", bound=RowAutoencoder)


def torch_learner(network: NetworkT, columns: Columns, loss: str, recipe: Recipe, seed: int) -> Trainer[NetworkT]:
    """Make the trainer of a torch module; all randomness comes from the seed."""
    corrupt = None
    if recipe.noise is not None:

        def unit_scale(values: np.ndarray) -> torch.Tensor:
            row = network.per_column(torch.from_numpy(values).to(network.device))
            return network.normalise(row[None])[0]

        statistics = columns.statistics
        zero = np.zeros_like(statistics.mean) if (columns.scale == 1).all() else statistics.mean
        corrupt = partial(
            corruption.Noise(*recipe.noise).corruption,
            zero=unit_scale(zero),
            low=unit_scale(statistics.minimum),
            high=unit_scale(statistics.maximum),
        )
    generator = torch.Generator().manual_seed(seed)
    return Trainer(network, loss_of(network, loss), recipe, generator, corruption=corrupt)


def loss_of(network: RowAutoencoder, name: str) -> Loss:
    """Return the loss of this name for a network's rows."""
    shift, scale = (network.per_column(values).to(network.dtype) for values in (network.shift, network.scale))
    return Loss(name, shift, scale)
