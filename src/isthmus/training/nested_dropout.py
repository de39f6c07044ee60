"""Nested dropout: of each row's code only the first few numbers are kept, so that codes come in order of use.

O. Rippel, M. Gelbart, R. Adams (2014). Learning ordered representations with nested dropout. ICML, §3. Kept are not
sizes drawn at random over the whole code, one a row, but every decoder of an ordered network is trained in each step,
as in A. Kusupati et al. (2022), Matryoshka representation learning, §3; docs/ordered-codes.md has what was compared.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from isthmus.networks import DenseAutoencoder

# The weight of a decoder's loss beside that of the whole code, and the power of its share of the codes in it.
_WEIGHT = 0.2
_POWER = 0.3


def nested_loss(
    network: DenseAutoencoder,
    codes: Float[Tensor, "rows code"],
    loss: Callable[[Float[Tensor, "rows features"]], Float[Tensor, ""]],
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """The losses of all decoders of an ordered network together, which are to be added to that of the whole code.

    Each decoder sees for half of the rows as many codes as it takes, and for the others a random number of them, more
    than the next smaller decoder takes.
    """
    total = torch.zeros((), dtype=codes.dtype, device=codes.device)
    fewer = 0
    for i, size in enumerate((*network.prefixes, codes.shape[1])):
        output = network.output_of_decoder(i, codes, _drawn(fewer + 1, size, len(codes), generator))
        total = total + _WEIGHT * (size / codes.shape[1]) ** _POWER * loss(output)
        fewer = size
    return total


def _drawn(low: int, high: int, n_rows: int, generator: torch.Generator) -> Int[Tensor, "rows 1"]:
    """For half of the rows ``high``, for the others a number from ``low`` to ``high``."""
    sizes = torch.randint(low, high + 1, (n_rows, 1), generator=generator)
    return torch.where(torch.rand((n_rows, 1), generator=generator) < 0.5, high, sizes)
