"""The interface of networks for training and the estimators: rows in, codes and rows out."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.networks.laid_out import LaidOut


class RowAutoencoder(LaidOut):
    """Base of networks that encode rows, in the data's units, and decode their codes.

    Inside, rows have unit scale: ``normalise`` subtracts ``shift`` and divides by ``scale``.

    Attributes
    ----------
    n_features, code_size : int
        Number of columns of a row, and of codes.
    output : {"linear", "sigmoid"}
        Whether ``output_of`` gives rows of unit scale, or logits that a sigmoid turns into rows.
    prefixes : tuple of int
        Smaller code sizes with a decoder of their own (ordered networks).
    shift, scale : Tensor
        In float64, since the mean of a column can be millions of times its standard deviation; see ``per_column``.
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
        """Approximate number of multiplications to reconstruct a row."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def n_values(self) -> int:
        """Number of values of the widest layer for a row, which memory grows with."""
        return self.n_features

    def per_column(self, values: Tensor) -> Tensor:
        """Expand values like those of ``shift`` and ``scale`` (for images, one a channel) to one a column."""
        return values

    def encode(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows code"]:
        """Encode rows in the data's units."""
        raise NotImplementedError

    def decode(self, z: Float[Tensor, "rows code"]) -> Float[Tensor, "rows features"]:
        """Decode codes to rows in the data's units."""
        raise NotImplementedError

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstruct rows, in the data's units."""
        return self.in_units(self.output_of(self.normalise(x))).to(x.dtype)

    def normalise(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Scale rows to unit scale, the input of the encoder."""
        return (x - self.per_column(self.shift)).div_(self.per_column(self.scale)).to(self.dtype)

    def in_units(self, output: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Turn the result of ``output_of`` into rows in the data's units."""
        if self.output == "sigmoid":
            return output.sigmoid()
        return (output * self.per_column(self.scale)).add_(self.per_column(self.shift))

    def output_of(self, u: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstruct rows of unit scale, as logits for "sigmoid": the input of the losses."""
        raise NotImplementedError

    def outputs_by_size(
        self, u: Float[Tensor, "rows features"], sizes: Sequence[int]
    ) -> Iterator[Float[Tensor, "rows features"]]:
        """``output_of`` from the first codes only, for each size; networks without order have the whole code only."""
        for size in sizes:
            assert size == self.code_size
            yield self.output_of(u)
