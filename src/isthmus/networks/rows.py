"""What training and the estimators ask of a network: rows of numbers in, and rows of numbers out."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.networks.laid_out import LaidOut


class RowAutoencoder(LaidOut):
    """A network from rows, in the data's units, to their codes and back.

    Inside, rows are of unit scale: ``normalise`` subtracts ``shift`` and divides by ``scale``.

    Attributes
    ----------
    n_features, code_size : int
        Width of a row and of its code.
    output : {"linear", "sigmoid"}
        What leads from ``output_of`` to a row: units, or a sigmoid where the losses compare logits.
    prefixes : tuple of int
        Smaller code sizes that have a decoder of their own.
    shift, scale : Tensor
        In float64, since the mean of a column can be millions of times its spread; see ``per_column``.
    """

    shift: Tensor
    scale: Tensor
    n_features: int
    output: str
    prefixes: tuple[int, ...] = ()

    @property
    def code_size(self) -> int:
        raise NotImplementedError

    @property
    def dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        return self.shift.device

    @property
    def n_multiplications(self) -> int:
        """About as many as it takes to reconstruct a row."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def n_values(self) -> int:
        """How many numbers its widest layer has for a row: what memory grows with."""
        return self.n_features

    def per_column(self, values: Tensor) -> Tensor:
        """One number for each column of a row, from what there is one of in ``shift`` and ``scale``."""
        return values

    def encode(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows code"]:
        """Codes of rows, in the data's units."""
        raise NotImplementedError

    def decode(self, z: Float[Tensor, "rows code"]) -> Float[Tensor, "rows features"]:
        """Rows in the data's units, from codes."""
        raise NotImplementedError

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstructions of rows, in the data's units."""
        return self.in_units(self.output_of(self.normalise(x))).to(x.dtype)

    def normalise(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Rows of unit scale, as the encoder takes them."""
        return (x - self.per_column(self.shift)).div_(self.per_column(self.scale)).to(self.dtype)

    def in_units(self, output: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Rows in the data's units, from what the losses compare."""
        if self.output == "sigmoid":
            return output.sigmoid()
        return (output * self.per_column(self.scale)).add_(self.per_column(self.shift))

    def output_of(self, u: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """What the losses compare, from rows of unit scale: rows of unit scale, or logits for "sigmoid"."""
        raise NotImplementedError

    def outputs_by_size(
        self, u: Float[Tensor, "rows features"], sizes: Sequence[int]
    ) -> Iterator[Float[Tensor, "rows features"]]:
        """The same from so many of the first codes; a network without order has the whole code alone."""
        for size in sizes:
            assert size == self.code_size
            yield self.output_of(u)
