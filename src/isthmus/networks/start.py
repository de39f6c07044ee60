"""Initial weights: PCA, or random."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

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
def start_two_paths_at(
    network: TwoPathAutoencoder, values: Mapping[str, np.ndarray], generator: torch.Generator
) -> None:
    """Initialise units and linear paths with arrays by name, and the stacks at random.

    Where there are linear paths, the last layers of the stacks are zero.
    """
    start_at_random(network, generator)
    state = network.state_dict()
    for name, value in values.items():
        state[name].copy_(torch.from_numpy(np.ascontiguousarray(value)))
    if network.encoder.linear is not None:
        for half in (network.encoder, network.decoder):
            if half.stack is not None:
                last = half.stack.last
                assert isinstance(last, nn.Module)
                _set_to_zero(last)


def _set_to_zero(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
