"""Initial weights: PCA, or random."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from isthmus.networks.convolutional import ConvolutionalAutoencoder
from isthmus.networks.two_paths import TwoPathAutoencoder


@torch.no_grad()
def start_at_random(network: nn.Module, generator: torch.Generator) -> None:
    """Random initialisation of every layer, from ``generator`` only.

    Weights and biases are uniform in ±1/√(inputs of a node), PyTorch's default for dense layers and convolutions. Batch
    norms are reset.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()


def start_convolutional(network: ConvolutionalAutoencoder, generator: torch.Generator) -> None:
    """Random initialisation; the last layer is zero for "identity" and "affine", whose first output is the image."""
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
    """Initialise the linear paths with PCA, and the last layers of the stacks with zero.

    Parameters
    ----------
    axes, spread : Tensor
        The principal axes of rows of unit scale, and the standard deviations along them. With fewer axes than codes,
        the other codes start at zero.
    readout : tuple of Tensor
        The decoder's linear map and its intercept.
    """
    n = len(axes)
    encoder, decoders = network.encoder, (network.decoder, *network.prefix_decoders)
    assert encoder.linear is not None
    encoder.linear.weight.zero_()[:n] = axes
    for decoder in decoders:
        # Principal components are uncorrelated, so the best map from the first few is the first part of the whole map.
        weight = decoder.linear.weight.zero_()
        weight[:, :n] = readout[0][:, : weight.shape[1]]
        decoder.linear.bias.copy_(readout[1])
    # A direction without variance holds only rounding errors and must not be divided up to unit scale.
    largest = float(spread.max()) if n else 0.0
    network.spread.fill_(largest or 1.0)[:n] = spread.clamp(min=largest * 1e-3) if largest else 1.0
    for half in (encoder, *decoders):
        if half.stack is not None:
            _set_to_zero(half.stack.last)


def _set_to_zero(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
