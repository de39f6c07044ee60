"""The dense autoencoder: two stacks of fully connected layers around a small code.

With a linear path beside each stack (the PCA start) the network computes, for a row u of unit scale,

    z = W u + s ∘ e(u)            û = V z + b + d(z / s)

where e and d are the stacks, whose last layers start at zero, W holds the principal axes, V = Wᵀ, b = 0, and s is
the spread (standard deviation) of each code: at the start the network is PCA. Without linear paths it is the
classic stacked autoencoder (Hinton & Salakhutdinov 2006), z = e(u) and û = d(z).
"""

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor, nn

from isthmus.networks.activations import ACTIVATIONS


class DenseHalf(nn.Module):
    """An encoder or a decoder: a stack of dense layers, a linear path beside it, or both."""

    def __init__(
        self,
        widths: Sequence[int],
        activation: str,
        *,
        linear_path: bool,
        stack: bool = True,
        linear_bias: bool = False,
    ) -> None:
        super().__init__()
        self.linear = nn.Linear(widths[0], widths[-1], bias=linear_bias) if linear_path else None
        self.stack = _stack(widths, activation) if stack else None


class Encoder(DenseHalf):
    """z = W u + s ∘ e(u)."""

    def forward(self, u: Float[Tensor, "rows features"], spread: Float[Tensor, " code"]) -> Float[Tensor, "rows code"]:
        if self.linear is None:
            assert self.stack is not None
            return self.stack(u)  # type: ignore[no-any-return]
        z: Tensor = self.linear(u)
        return z if self.stack is None else torch.addcmul(z, self.stack(u), spread)


class Decoder(DenseHalf):
    """û = V z + b + d(z / s)."""

    def forward(self, z: Float[Tensor, "rows code"], spread: Float[Tensor, " code"]) -> Float[Tensor, "rows features"]:
        if self.linear is None:
            assert self.stack is not None
            return self.stack(z)  # type: ignore[no-any-return]
        out: Tensor = self.linear(z)
        return out if self.stack is None else out + self.stack(z / spread)


class DenseAutoencoder(nn.Module):
    """The whole network, from a row of the data to its reconstruction.

    ``forward``, ``encode`` and ``decode`` speak the data's units and can be used without Isthmus. Inside, rows
    are centred and divided to unit scale (``normalise``), and codes are measured in the same unit.

    Parameters
    ----------
    n_features, code_size : int
        Width of a row and of its code.
    encoder_layers, decoder_layers : sequence of int
        Widths of the hidden layers, in the order that data meets them.
    activation : str
        A key of ``ACTIVATIONS``.
    linear_paths : bool
        Whether each half has a linear path (the PCA start).
    stacks : bool, default=True
        Whether each half has a stack; without, the network is a linear map.
    output : {"linear", "sigmoid"}
        "sigmoid" when the reconstruction is a share in [0, 1] (binary cross-entropy).
    """

    shift: Tensor
    scale: Tensor
    code_unit: Tensor
    spread: Tensor

    def __init__(
        self,
        n_features: int,
        code_size: int,
        encoder_layers: Sequence[int],
        decoder_layers: Sequence[int],
        activation: str,
        *,
        linear_paths: bool,
        output: str,
        stacks: bool = True,
    ) -> None:
        super().__init__()
        self.output = output
        # Kept in float64: the mean of a column can be millions of times its spread.
        self.register_buffer("shift", torch.zeros(n_features, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(n_features, dtype=torch.float64))
        self.register_buffer("code_unit", torch.ones(code_size, dtype=torch.float64))
        self.register_buffer("spread", torch.ones(code_size))
        paths = {"linear_path": linear_paths, "stack": stacks}
        self.encoder = Encoder((n_features, *encoder_layers, code_size), activation, **paths)
        self.decoder = Decoder((code_size, *decoder_layers, n_features), activation, **paths, linear_bias=True)

    @classmethod
    def on(cls, device: torch.device, *args: Any, **kwargs: Any) -> "DenseAutoencoder":
        """A network whose weights are not set yet; unlike the constructor it moves no global random state.

        On the "meta" device it has shapes and takes no memory.
        """
        with torch.device("meta"):
            network = cls(*args, **kwargs)
        return network if device.type == "meta" else network.to_empty(device=device)

    @torch.no_grad()
    def set_units(
        self, *, shift: Float64[np.ndarray, " features"], scale: Float64[np.ndarray, " features"], code_unit: float
    ) -> None:
        """Set the centre and the divisor of each column, and the unit of all codes."""
        self.shift.copy_(torch.from_numpy(shift))
        self.scale.copy_(torch.from_numpy(scale))
        self.code_unit.fill_(code_unit)
        self.spread.fill_(1.0)

    def encode(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows code"]:
        """Codes of rows, in the data's units."""
        z: Tensor = self.encoder(self.normalise(x), self.spread)
        return (z * self.code_unit).to(x.dtype)

    def decode(self, z: Float[Tensor, "rows code"]) -> Float[Tensor, "rows features"]:
        """Rows in the data's units, from codes."""
        out = self.output_of_codes((z / self.code_unit).to(self.spread.dtype))
        if self.output == "sigmoid":
            return out.sigmoid().to(z.dtype)
        return (out * self.scale + self.shift).to(z.dtype)

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstructions of rows, in the data's units."""
        return self.decode(self.encode(x))

    def normalise(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Rows of unit scale, as the encoder takes them."""
        return ((x - self.shift) / self.scale).to(self.spread.dtype)

    def output_of(
        self, u: Float[Tensor, "rows features"], kept: Bool[Tensor, "rows code"] | None = None
    ) -> Float[Tensor, "rows features"]:
        """What the losses compare, from rows of unit scale: rows of unit scale, or logits for "sigmoid".

        ``kept`` tells which codes of each row reach the decoder; the others are zero.
        """
        z: Tensor = self.encoder(u, self.spread)
        return self.output_of_codes(z if kept is None else z * kept)

    def output_of_codes(self, z: Float[Tensor, "rows code"]) -> Float[Tensor, "rows features"]:
        """The same, from codes of rows of unit scale."""
        out: Tensor = self.decoder(z, self.spread)
        return out

    @torch.no_grad()
    def truncated(self, size: int) -> "DenseAutoencoder":
        """A copy with the first codes alone, which computes what this network does when the others are zero."""
        network = copy.deepcopy(self)
        for name in ("code_unit", "spread"):
            setattr(network, name, getattr(network, name)[:size].clone())
        encoder, decoder = network.encoder, network.decoder
        for layer in (encoder.linear, encoder.stack and encoder.stack[-1]):
            if isinstance(layer, nn.Linear):
                layer.out_features, layer.weight = size, nn.Parameter(layer.weight[:size].clone())
                layer.bias = None if layer.bias is None else nn.Parameter(layer.bias[:size].clone())
        for layer in (decoder.linear, decoder.stack and decoder.stack[0]):
            if isinstance(layer, nn.Linear):
                layer.in_features, layer.weight = size, nn.Parameter(layer.weight[:, :size].clone())
        return network


def _stack(widths: Sequence[int], activation: str) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_inputs, n_outputs in pairwise(widths):
        layers += [nn.Linear(n_inputs, n_outputs), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])  # the last layer is linear
