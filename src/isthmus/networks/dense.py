"""The dense autoencoder as a torch module: stacks of fully connected layers, with linear paths beside them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from isthmus.dense.arrays import DenseArrays
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
    """Two-path autoencoder whose stacks are dense layers, made of the arrays of a dense network.

    The weights are the arrays themselves, not copies. The decoders of an ordered network for its first codes are in
    ``prefix_decoders``; ``forward`` uses that of the whole code.
    """

    @classmethod
    def of(cls, network: DenseArrays) -> "DenseAutoencoder":
        """Make the torch module of a dense network."""
        with torch.device("meta"):
            module = cls(network)
        arrays = {name: torch.from_numpy(np.require(value, requirements="W")) for name, value in network.arrays.items()}
        module.load_state_dict(arrays, assign=True)
        return module.eval()

    def __init__(self, network: DenseArrays) -> None:
        n, activation = network.n_features, network.activation
        super().__init__(
            n, network.code_size,
            lambda size: DenseStack((n, *network.encoder_layers, size), activation),
            lambda size: DenseStack((size, *network.decoder_layers, n), activation),
            linear_paths=network.linear_paths, output=network.output, stacks=network.stacks, prefixes=network.prefixes,
        )  # fmt: skip
        self.encoder_layers, self.decoder_layers = network.encoder_layers, network.decoder_layers
