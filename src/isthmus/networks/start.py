"""Where a network starts from: at PCA, or at random weights."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from isthmus.networks.convolutional import ConvolutionalAutoencoder
from isthmus.networks.two_paths import TwoPathAutoencoder


@torch.no_grad()
def start_at_random(network: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights of every layer from ``generator`` alone.

    Weights and biases are uniform in ±1/√(inputs of a node), PyTorch's own default for dense layers and convolutions.
    Batch norms start with nothing seen, and change nothing but the mean and the spread.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()


def start_convolutional(network: ConvolutionalAutoencoder, generator: torch.Generator) -> None:
    """Draw the weights from ``generator`` alone; the last layer is zero where the image is to be the start."""
    start_at_random(network, generator)
    if network.start != "random":
        _set_to_zero(network.last)


@torch.no_grad()
def start_at_pca(
    network: TwoPathAutoencoder,
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
            _set_to_zero(half.stack.last)


def _set_to_zero(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
