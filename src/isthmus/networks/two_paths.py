"""The two-path autoencoder: a linear path, initialised with PCA, and a stack of non-linear layers beside it.

For a row u of unit scale it computes

    z = W u + s ∘ e(u)            û = V z + b + d(z / s)

where e and d are the stacks and s is the spread (standard deviation) of each code. At the start W holds the principal
axes, V = Wᵀ, b = 0 and the last layers of e and d are zero: the network is PCA. Without linear paths it is the classic
stacked autoencoder (Hinton & Salakhutdinov 2006), z = e(u) and û = d(z). An ordered network has one encoder and several
decoders: for the first code, the first two, four, eight, … and all codes.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from isthmus.networks.rows import Codes, RowAutoencoder, Rows


class Half(nn.Module):
    """An encoder or decoder: a linear path, a stack of layers, or both.

    ``stack.last`` is the last layer of the stack; where its weights are zero, so is the stack's output.
    """

    def __init__(self, linear: nn.Linear | None, stack: nn.Module | None) -> None:
        super().__init__()
        self.linear, self.stack = linear, stack


class Encoder(Half):
    """z = W u + s ∘ e(u)."""

    def forward(self, u: Rows, spread: Float[Tensor, " code"]) -> Codes:
        if self.linear is None:
            assert self.stack is not None
            return self.stack(u)  # type: ignore[no-any-return]
        z: Tensor = self.linear(u)
        return z if self.stack is None else torch.addcmul(z, self.stack(u), spread)


class Decoder(Half):
    """û = V z + b + d(z / s)."""

    def forward(self, z: Codes, spread: Float[Tensor, " code"]) -> Rows:
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

    """

    code_unit: Tensor
    spread: Tensor

    def __init__(
        self, n_features: int, code_size: int, encoder_stack: Callable[[int], nn.Module],
        decoder_stack: Callable[[int], nn.Module], *, linear_paths: bool, output: str, stacks: bool = True,
        prefixes: Sequence[int] = (),
    ) -> None:  # fmt: skip
        super().__init__(n_features, output)
        self.n_features, self.prefixes = n_features, tuple(prefixes)
        self.register_buffer("code_unit", torch.ones(code_size, dtype=torch.float64))
        self.register_buffer("spread", torch.ones(code_size))
        self.encoder = Encoder(
            nn.Linear(n_features, code_size, bias=False) if linear_paths else None,
            encoder_stack(code_size) if stacks else None,
        )
        self.decoder, *smaller = (
            Decoder(nn.Linear(size, n_features) if linear_paths else None, decoder_stack(size) if stacks else None)
            for size in (code_size, *prefixes)
        )
        self.prefix_decoders = nn.ModuleList(smaller)

    @property
    def code_size(self) -> int:
        return len(self.spread)

    @property
    def dtype(self) -> torch.dtype:
        return self.spread.dtype

    def encode(self, x: Rows) -> Codes:
        z: Tensor = self.encoder(self.normalise(x), self.spread)
        return (z * self.code_unit).to(x.dtype)

    def decode(self, z: Codes) -> Rows:
        return self.in_units(self.output_of_codes((z / self.code_unit).to(self.dtype))).to(z.dtype)

    def forward(self, x: Rows) -> Rows:
        return self.decode(self.encode(x))

    def output_of(self, u: Rows) -> Rows:
        return self.output_of_codes(self.encoder(u, self.spread))

    def output_of_codes(self, z: Codes) -> Rows:
        """``output_of`` from the codes of rows of unit scale."""
        out: Tensor = self.decoder(z, self.spread)
        return out
