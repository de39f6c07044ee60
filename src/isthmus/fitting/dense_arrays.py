"""Dense networks as plain arrays, the form in which they are kept and saved."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from isthmus.networks import DenseAutoencoder

_CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class DenseArrays:
    """A dense network: its layers, and its weights by the names that its torch module gives them.

    Layers are in the order that data meets them. ``prefixes`` are the code sizes with decoders of their own, and
    ``first_sizes`` the smallest code size that each decoder is used for. ``arrays["spread"]`` has one number for each
    code.
    """

    n_features: int
    encoder_layers: tuple[int, ...]
    decoder_layers: tuple[int, ...]
    activation: str
    linear_paths: bool
    stacks: bool
    output: str
    prefixes: tuple[int, ...]
    first_sizes: tuple[int, ...]
    arrays: Mapping[str, np.ndarray]

    @property
    def code_size(self) -> int:
        return len(self.arrays["spread"])

    @property
    def precision(self) -> str:
        """Data type of the weights: "float32" or "float64"."""
        return self.arrays["spread"].dtype.name


def arrays_of(module: DenseAutoencoder, activation: str) -> DenseArrays:
    """Copy a torch module into plain arrays."""
    encoder = module.encoder
    return DenseArrays(
        module.n_features,
        module.encoder_layers,
        module.decoder_layers,
        activation,
        linear_paths=encoder.linear is not None,
        stacks=encoder.stack is not None,
        output=module.output,
        prefixes=module.prefixes,
        first_sizes=module.first_sizes,
        arrays={name: value.cpu().numpy().copy() for name, value in module.state_dict().items()},
    )


def module_of(network: DenseArrays, device: torch.device = _CPU) -> DenseAutoencoder:
    """Make the torch module of a dense network; on the CPU, its weights are the arrays themselves, not copies."""
    module = DenseAutoencoder.on(
        torch.device("meta"),
        network.n_features,
        network.code_size,
        network.encoder_layers,
        network.decoder_layers,
        network.activation,
        linear_paths=network.linear_paths,
        stacks=network.stacks,
        prefixes=network.prefixes,
        output=network.output,
    )
    module.first_sizes = network.first_sizes
    module.load_state_dict({name: torch.from_numpy(value) for name, value in network.arrays.items()}, assign=True)
    return module.eval().to(device)
