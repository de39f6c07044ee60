"""Columns that never vary: the encoder ignores them, and the decoder leaves them at their value.

A weight on an input that is always zero is never trained: it would stay as it was drawn, and move every code once the
column varies. At zero it stays zero. ``constant`` has a value for each of the network's units: a column, or a channel.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Bool
from torch import Tensor

from isthmus.networks.convolutional import ConvolutionalLayer
from isthmus.networks.images import ImageAutoencoder
from isthmus.networks.rows import RowAutoencoder
from isthmus.networks.two_paths import TwoPathAutoencoder

Units = Bool[Tensor, " units"]


@torch.no_grad()
def ignore_constant(network: RowAutoencoder, constant: Units) -> None:
    """Set the encoder's weights on constant units to zero; convolutions before a dense code keep theirs."""
    for weight in _encoder_weights(network):
        weight[constant] = 0


@torch.no_grad()
def leave_constant(network: TwoPathAutoencoder, constant: Units) -> None:
    """Set the linear path's weights for constant columns to zero; at a start it alone decides what is decoded."""
    linear = network.decoder.linear
    if linear is not None:
        linear.weight[constant] = 0
        linear.bias[constant] = 0


@torch.no_grad()
def ignored_columns(network: RowAutoencoder) -> Bool[Tensor, " features"]:
    """Return which columns the encoder ignores altogether."""
    ignored = torch.ones_like(network.shift, dtype=torch.bool)
    if isinstance(network, TwoPathAutoencoder):
        ignored[:] = False  # its convolutions see every column
    for weight in _encoder_weights(network):
        ignored &= (weight == 0).flatten(1).all(dim=1)
    return network.per_column(ignored)


def _encoder_weights(network: RowAutoencoder) -> Iterator[Tensor]:
    """Yield the weights of the encoder's first layers, with the units as their first dimension."""
    if isinstance(network, TwoPathAutoencoder):
        if network.encoder.linear is not None:
            yield network.encoder.linear.weight.T
    elif isinstance(network, ImageAutoencoder):
        first = network.convolutional.encoder[0]
        assert isinstance(first, ConvolutionalLayer)
        weight = first.convolution.weight
        yield weight.view(len(weight), len(network.shift), -1, *weight.shape[2:]).transpose(0, 1)
