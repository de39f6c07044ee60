"""Noise that a denoising autoencoder has to undo (Vincent et al. 2010, §3.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.networks import RowAutoencoder
from isthmus.rows.scaling import Columns

Corruption = Callable[[Float[Tensor, "rows features"]], Float[Tensor, "rows features"]]


@dataclass(frozen=True)
class Noise:
    """A kind of noise and its strength.

    ``gaussian`` adds normal noise whose standard deviation is ``strength`` times the unit scale of the rows;
    ``masking`` replaces a share ``strength`` of the values by zero (of the scaled data: the mean where the scale
    centres it); ``salt_and_pepper`` replaces that share by the column's smallest or largest value, at random.
    """

    kind: str
    strength: float

    def corruption(
        self,
        generator: torch.Generator,
        *,
        zero: Float[Tensor, " features"],
        low: Float[Tensor, " features"],
        high: Float[Tensor, " features"],
    ) -> Corruption:
        """Return the noise as a function of a batch; ``zero``, ``low`` and ``high`` are rows of unit scale."""

        def draw(u: Tensor) -> Tensor:
            return torch.rand(u.shape, generator=generator).to(u.device)

        def gaussian(u: Tensor) -> Tensor:
            return u + self.strength * torch.randn(u.shape, generator=generator).to(u.device)

        def masking(u: Tensor) -> Tensor:
            return torch.where(draw(u) < self.strength, zero, u)

        def salt_and_pepper(u: Tensor) -> Tensor:
            extremes = torch.where(draw(u) < 0.5, low, high)
            return torch.where(draw(u) < self.strength, extremes, u)

        return {"gaussian": gaussian, "masking": masking, "salt_and_pepper": salt_and_pepper}[self.kind]


def corruption_for(
    noise: tuple[str, float], network: RowAutoencoder, columns: Columns
) -> Callable[[torch.Generator], Corruption]:
    """Return what makes the noise on a network's batches, from a generator."""

    def unit_scale(values: np.ndarray) -> Tensor:
        row = network.per_column(torch.from_numpy(values).to(network.device))
        return network.normalise(row[None])[0]

    statistics = columns.statistics
    zero = np.zeros_like(statistics.mean) if (columns.scale == 1).all() else statistics.mean
    low, high = unit_scale(statistics.minimum), unit_scale(statistics.maximum)
    return partial(Noise(*noise).corruption, zero=unit_scale(zero), low=low, high=high)
