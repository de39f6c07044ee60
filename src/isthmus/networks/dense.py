"""The dense autoencoder: stacks of fully connected layers around a small code, with linear paths beside them."""

import copy
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.two_paths import TwoPathAutoencoder


class DenseStack(nn.Sequential):
    """Dense layers of these widths, with an activation after each but the last."""

    def __init__(self, widths: Sequence[int], activation: str) -> None:
        layers: list[nn.Module] = []
        for n_inputs, n_outputs in pairwise(widths):
            layers += [nn.Linear(n_inputs, n_outputs), ACTIVATIONS[activation]()]
        super().__init__(*layers[:-1])

    @property
    def last(self) -> nn.Module:
        return self[-1]


class DenseAutoencoder(TwoPathAutoencoder):
    """Two-path autoencoder whose stacks are dense layers.

    Parameters
    ----------
    n_features, code_size : int
        Number of columns of a row, and of codes.
    encoder_layers, decoder_layers : sequence of int
        Widths of the hidden layers, first layer first.
    activation : str
        A key of ``ACTIVATIONS``.
    linear_paths, output, stacks, prefixes
        As for ``TwoPathAutoencoder``.
    """

    def __init__(
        self, n_features: int, code_size: int, encoder_layers: Sequence[int], decoder_layers: Sequence[int],
        activation: str, *, linear_paths: bool, output: str, stacks: bool = True, prefixes: Sequence[int] = (),
    ) -> None:  # fmt: skip
        super().__init__(
            n_features, code_size,
            lambda size: DenseStack((n_features, *encoder_layers, size), activation),
            lambda size: DenseStack((size, *decoder_layers, n_features), activation),
            linear_paths=linear_paths, output=output, stacks=stacks, prefixes=prefixes,
        )  # fmt: skip
        self.encoder_layers, self.decoder_layers = tuple(encoder_layers), tuple(decoder_layers)

    @property
    def n_values(self) -> int:
        return max((self.n_features, *self.encoder_layers, *self.decoder_layers))

    @torch.no_grad()
    def truncated(self, size: int) -> "DenseAutoencoder":
        """Copy the network with the first ``size`` codes only; it computes what this one does with that many."""
        network = copy.deepcopy(self)
        for name in ("code_unit", "spread"):
            setattr(network, name, getattr(network, name)[:size].clone())
        chosen = self._decoder_for(size)
        decoder, width = network._decoders()[chosen]
        network.prefixes, network.first_sizes = self.prefixes[:chosen], self.first_sizes[: chosen + 1]
        network.decoder, network.prefix_decoders = decoder, network.prefix_decoders[:chosen]
        encoder = network.encoder
        for layer in (encoder.linear, encoder.stack[-1] if isinstance(encoder.stack, DenseStack) else None):
            if isinstance(layer, nn.Linear):
                layer.out_features, layer.weight = size, nn.Parameter(layer.weight[:size].clone())
                layer.bias = None if layer.bias is None else nn.Parameter(layer.bias[:size].clone())
        for layer in (decoder.linear, decoder.stack[0] if isinstance(decoder.stack, DenseStack) else None):
            if isinstance(layer, nn.Linear):
                weight = nn.functional.pad(layer.weight, (0, max(0, size - width)))[:, :size]
                layer.in_features, layer.weight = size, nn.Parameter(weight.clone())
        return network
