"""The two-path autoencoder: a linear path, initialised with PCA, and a stack of non-linear layers beside it.

For a row u of unit scale it computes

    z = W u + s ∘ e(u)            û = V z + b + d(z / s)

where e and d are the stacks and s is the spread (standard deviation) of each code. At the start W holds the principal
axes, V = Wᵀ, b = 0 and the last layers of e and d are zero: the network is PCA. Without linear paths it is the classic
stacked autoencoder (Hinton & Salakhutdinov 2006), z = e(u) and û = d(z). An ordered network has one encoder and several
decoders: for the first code, the first two, four, eight, … and all codes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn

from isthmus.networks.rows import RowAutoencoder


class Half(nn.Module):
    """An encoder or decoder: a linear path, a stack of layers, or both.

    ``stack.last`` is the last layer of the stack; where its weights are zero, so is the stack's output.
    """

    def __init__(self, linear: nn.Linear | None, stack: nn.Module | None) -> None:
        super().__init__()
        self.linear = linear
        self.stack = stack


class Encoder(Half):
    """z = W u + s ∘ e(u)."""

    def forward(self, u: Float[Tensor, "rows features"], spread: Float[Tensor, " code"]) -> Float[Tensor, "rows code"]:
        if self.linear is None:
            assert self.stack is not None
            return self.stack(u)  # type: ignore[no-any-return]
        z: Tensor = self.linear(u)
        return z if self.stack is None else torch.addcmul(z, self.stack(u), spread)


class Decoder(Half):
    """û = V z + b + d(z / s)."""

    def forward(self, z: Float[Tensor, "rows code"], spread: Float[Tensor, " code"]) -> Float[Tensor, "rows features"]:
        if self.linear is None:
            assert self.stack is not None
            return self.stack(z)  # type: ignore[no-any-return]
        out: Tensor = self.linear(z)
        return out if self.stack is None else out + self.stack(z / spread)


class TwoPathAutoencoder(RowAutoencoder):
    """Two-path autoencoder for rows of the data.

    ``forward``, ``encode`` and ``decode`` take and return the data's units and work without Isthmus. Inside, rows are
    centred and divided to unit scale (``normalise``), and codes have the same unit.

    Parameters
    ----------
    n_features, code_size : int
        Number of columns of a row, and of codes.
    encoder_stack, decoder_stack : callable
        Return a stack of layers for a code size.
    linear_paths : bool
        Whether each half has a linear path (the PCA start).
    output : {"linear", "sigmoid"}
        "sigmoid" for values in [0, 1] (binary cross-entropy).
    stacks : bool, default=True
        Whether each half has a stack; without stacks the network is linear.
    prefixes : sequence of int, default=()
        Smaller code sizes, rising; each has a decoder that takes this many of the first codes.

    Attributes
    ----------
    first_sizes : tuple of int
        The smallest code size that each decoder is used for, in the order of ``prefixes``, then the whole code's. A
        decoder that lacks many of its codes can be worse than the next smaller one, which lacks none.
    """

    code_unit: Tensor
    spread: Tensor

    def __init__(
        self,
        n_features: int,
        code_size: int,
        encoder_stack: Callable[[int], nn.Module],
        decoder_stack: Callable[[int], nn.Module],
        *,
        linear_paths: bool,
        output: str,
        stacks: bool = True,
        prefixes: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.n_features = n_features
        self.output = output
        self.prefixes = tuple(prefixes)
        self.first_sizes = tuple(size + 1 for size in (0, *prefixes))
        self.register_buffer("shift", torch.zeros(n_features, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(n_features, dtype=torch.float64))
        self.register_buffer("code_unit", torch.ones(code_size, dtype=torch.float64))
        self.register_buffer("spread", torch.ones(code_size))
        self.encoder = Encoder(
            nn.Linear(n_features, code_size, bias=False) if linear_paths else None,
            encoder_stack(code_size) if stacks else None,
        )
        self.decoder, *smaller = (
            Decoder(
                nn.Linear(size, n_features) if linear_paths else None,
                decoder_stack(size) if stacks else None,
            )
            for size in (code_size, *prefixes)
        )
        self.prefix_decoders = nn.ModuleList(smaller)

    @torch.no_grad()
    def set_units(
        self, *, shift: Float64[np.ndarray, " features"], scale: Float64[np.ndarray, " features"], code_unit: float
    ) -> None:
        """Set the centre and divisor of each column, and the unit of all codes."""
        self.shift.copy_(torch.from_numpy(shift))
        self.scale.copy_(torch.from_numpy(scale))
        self.code_unit.fill_(code_unit)
        self.spread.fill_(1.0)

    @property
    def code_size(self) -> int:
        return len(self.spread)

    @property
    def dtype(self) -> torch.dtype:
        return self.spread.dtype

    def encode(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows code"]:
        """Encode rows in the data's units."""
        z: Tensor = self.encoder(self.normalise(x), self.spread)
        return (z * self.code_unit).to(x.dtype)

    def decode(self, z: Float[Tensor, "rows code"]) -> Float[Tensor, "rows features"]:
        """Decode codes to rows in the data's units."""
        return self.in_units(self.output_of_codes((z / self.code_unit).to(self.dtype))).to(z.dtype)

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstruct rows, in the data's units."""
        return self.decode(self.encode(x))

    def output_of(self, u: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstruct rows of unit scale, as logits for "sigmoid": the input of the losses."""
        return self.output_of_codes(self.encoder(u, self.spread))

    def output_of_codes(self, z: Float[Tensor, "rows code"]) -> Float[Tensor, "rows features"]:
        """``output_of`` from the codes of rows of unit scale."""
        out: Tensor = self.decoder(z, self.spread)
        return out

    def outputs_by_size(
        self, u: Float[Tensor, "rows features"], sizes: Sequence[int]
    ) -> Iterator[Float[Tensor, "rows features"]]:
        """``output_of`` from the first codes only, for each size."""
        z = self.encoder(u, self.spread)
        return (self.output_of_prefix(z, size) for size in sizes)

    def output_of_prefix(self, z: Float[Tensor, "rows code"], size: int) -> Float[Tensor, "rows features"]:
        """``output_of`` from the first ``size`` codes, by the decoder that is used for this size."""
        return self.output_of_decoder(self._decoder_for(size), z, torch.full((1, 1), size))

    def output_of_decoder(
        self, i: int, z: Float[Tensor, "rows code"], kept: Int[Tensor, "some 1"]
    ) -> Float[Tensor, "rows features"]:
        """``output_of`` from the first ``kept`` codes, by decoder ``i``: those of ``prefixes``, then the whole one."""
        decoder, width = self._decoders()[i]
        z = z[:, :width] * (torch.arange(width) < kept).to(z.device)
        out: Tensor = decoder(z, self.spread[:width])
        return out

    def _decoders(self) -> list[tuple[Decoder, int]]:
        """Every decoder with its number of codes, the smallest first."""
        smaller = zip(cast(Iterable[Decoder], self.prefix_decoders), self.prefixes, strict=True)
        return [*smaller, (self.decoder, len(self.spread))]

    def _decoder_for(self, size: int) -> int:
        """Index of the decoder that is used for a code size."""
        return max(i for i, first in enumerate(self.first_sizes) if first <= size)
