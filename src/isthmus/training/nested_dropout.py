"""Nested dropout: only the first few codes of a row are kept, so that codes become ordered by importance.

O. Rippel, M. Gelbart, R. Adams (2014). Learning ordered representations with nested dropout. ICML, §3. Unlike there,
every decoder of an ordered network is trained in each step, as in A. Kusupati et al. (2022), Matryoshka representation
learning, §3; docs/notes/ordered-codes.md compares them.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.networks import DenseAutoencoder

# The weight of a decoder's loss beside that of the whole code, at the start of training and at its end, and the power
# of the decoder's share of the codes in it.
_START, _END = 0.07, 0.35
_POWER = 0.3


def nested_loss(
    network: DenseAutoencoder,
    codes: Float[Tensor, "rows code"],
    targets: Float[Tensor, "rows features"],
    loss: Callable[[Float[Tensor, "some features"], Float[Tensor, "some features"]], Float[Tensor, ""]],
    *,
    progress: float,
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Return the losses of an ordered network with fewer codes, to be added to that of the whole code.

    Each decoder for a prefix sees for half of the rows as many codes as it takes, and for the others a random number of
    them, more than the next smaller decoder takes. That of the whole code sees for half of the rows fewer than all.
    ``progress`` goes from 0 to 1 in training, and the weights rise with it.
    """
    weight = _START + (_END - _START) * progress
    total = torch.zeros((), dtype=codes.dtype, device=codes.device)
    fewer, code_size = 0, codes.shape[1]
    for i, size in enumerate(network.prefixes):
        kept = torch.randint(fewer + 1, size + 1, (len(codes), 1), generator=generator)
        kept = torch.where(torch.rand((len(codes), 1), generator=generator) < 0.5, size, kept)
        output = network.output_of_decoder(i, codes, kept)
        total = total + weight * (size / code_size) ** _POWER * loss(output, targets)
        fewer = size
    if code_size - fewer > 1:
        codes, targets = codes[::2], targets[::2]
        kept = torch.randint(fewer + 1, code_size, (len(codes), 1), generator=generator)
        output = network.output_of_decoder(len(network.prefixes), codes, kept)
        total = total + weight / 2 * loss(output, targets)
    return total
