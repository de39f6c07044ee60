"""The dense autoencoder: two stacks of fully connected layers around a small code.

With a linear path beside each stack (the PCA start) the network computes, for a row u of unit scale,

    z = W u + s ∘ e(u)            û = V z + b + d(z / s)

where e and d are the stacks, whose last layers start at zero, W holds the principal axes, V = Wᵀ, b = 0, and s is
the spread (standard deviation) of each code: at the start the network is PCA. Without linear paths it is the
classic stacked autoencoder (Hinton & Salakhutdinov 2006), z = e(u) and û = d(z).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64
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
        z = self.linear(u)
        return z if self.stack is None else torch.addcmul(z, self.stack(u), spread)


class Decoder(DenseHalf):
    """û = V z + b + d(z / s)."""

    def forward(self, z: Float[Tensor, "rows code"], spread: Float[Tensor, " code"]) -> Float[Tensor, "rows features"]:
        if self.linear is None:
            assert self.stack is not None
            return self.stack(z)  # type: ignore[no-any-return]
        out = self.linear(z)
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
        self.register_buffer("code_unit", torch.ones((), dtype=torch.float64))
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
        """Set the centre and the divisor of each column, and the unit of the codes."""
        self.shift.copy_(torch.from_numpy(shift))
        self.scale.copy_(torch.from_numpy(scale))
        self.code_unit.fill_(code_unit)
        self.spread.fill_(1.0)

    def encode(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows code"]:
        """Codes of rows, in the data's units."""
        z = self.encoder(self.normalise(x), self.spread)
        return (z * self.code_unit).to(x.dtype)

    def decode(self, z: Float[Tensor, "rows code"]) -> Float[Tensor, "rows features"]:
        """Rows in the data's units, from codes."""
        out = self.decoder((z / self.code_unit).to(self.spread.dtype), self.spread)
        if self.output == "sigmoid":
            return torch.sigmoid(out).to(z.dtype)
        return (out * self.scale + self.shift).to(z.dtype)

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstructions of rows, in the data's units."""
        return self.decode(self.encode(x))

    def normalise(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Rows of unit scale, as the encoder takes them."""
        return ((x - self.shift) / self.scale).to(self.spread.dtype)

    def output_of(self, u: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """What the losses compare, from rows of unit scale: rows of unit scale, or logits for "sigmoid"."""
        return self.decoder(self.encoder(u, self.spread), self.spread)  # type: ignore[no-any-return]


def _stack(widths: Sequence[int], activation: str) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_inputs, n_outputs in zip(widths[:-1], widths[1:], strict=True):
        layers += [nn.Linear(n_inputs, n_outputs), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])  # the last layer is linear
