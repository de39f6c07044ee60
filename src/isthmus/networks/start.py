"""Where a network starts from: at PCA, or at random weights."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from isthmus.networks.dense import DenseAutoencoder


@torch.no_grad()
def start_at_random(network: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights of every layer from ``generator`` alone.

    Weights and biases are uniform in ±1/√(inputs), PyTorch's own default for a dense layer.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            bound = 1 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            if layer.bias is not None:
                nn.init.uniform_(layer.bias, -bound, bound, generator=generator)


@torch.no_grad()
def start_at_pca(
    network: DenseAutoencoder,
    axes: Float[Tensor, "components features"],
    spread: Float[Tensor, " components"],
    readout: tuple[Float[Tensor, "features components"], Float[Tensor, " features"]],
) -> None:
    """Make the linear paths PCA and let the stacks add nothing yet.

    ``axes`` are the principal axes and ``spread`` the standard deviations along them, in rows of unit scale.
    ``readout`` is the decoder's linear map and its intercept. Codes beyond the number of components (the data
    has fewer dimensions than the code) start at zero.
    """
    n = len(axes)
    encoder, decoders = network.encoder, (network.decoder, *network.prefix_decoders)
    assert encoder.linear is not None
    encoder.linear.weight.zero_()[:n] = axes
    for decoder in decoders:
        # Principal components are not correlated, so the best readout of the first few is that part of the whole.
        weight = decoder.linear.weight.zero_()
        weight[:, :n] = readout[0][:, : weight.shape[1]]
        decoder.linear.bias.copy_(readout[1])
    # A direction without spread must not be blown up to unit scale: it holds rounding errors only.
    largest = float(spread.max()) if n else 0.0
    network.spread.fill_(largest or 1.0)[:n] = spread.clamp(min=largest * 1e-3) if largest else 1.0
    for half in (encoder, *decoders):
        if half.stack is not None:
            for parameter in half.stack[-1].parameters():
                nn.init.zeros_(parameter)
