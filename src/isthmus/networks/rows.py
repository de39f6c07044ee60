"""The interface of networks for training and the estimators: rows in, codes and rows out."""

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from isthmus.networks.laid_out import LaidOut

Rows = Float[Tensor, "rows features"]
Codes = Float[Tensor, "rows code"]


class RowAutoencoder(LaidOut):
    """Base of networks that encode rows, in the data's units, and decode their codes.

    Inside, rows have unit scale: ``normalise`` subtracts ``shift`` and divides by ``scale``.

    Attributes
    ----------
    n_features, code_size : int
        Number of columns of a row, and of codes.
    output : {"linear", "sigmoid"}
        Whether ``output_of`` gives rows of unit scale, or logits that a sigmoid turns into rows.
    shift, scale : Tensor
        ``n_units`` values in float64, since the mean of a column can be millions of times its standard deviation; see
        ``per_column``.
    """

    shift: Tensor
    scale: Tensor
    n_features: int

    def __init__(self, n_units: int, output: str, device: torch.device | None = None) -> None:
        super().__init__()
        self.output = output
        self.register_buffer("shift", torch.zeros(n_units, dtype=torch.float64, device=device))
        self.register_buffer("scale", torch.ones(n_units, dtype=torch.float64, device=device))

    @torch.no_grad()
    def set_units(self, *, shift: Float64[np.ndarray, " units"], scale: Float64[np.ndarray, " units"]) -> None:
        """Set ``shift`` and ``scale``."""
        self.shift.copy_(torch.from_numpy(shift))
        self.scale.copy_(torch.from_numpy(scale))

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

    def encode(self, x: Rows) -> Codes:
        """Encode rows in the data's units."""
        raise NotImplementedError

    def decode(self, z: Codes) -> Rows:
        """Decode codes to rows in the data's units."""
        raise NotImplementedError

    def forward(self, x: Rows) -> Rows:
        """Reconstruct rows, in the data's units."""
        return self.in_units(self.output_of(self.normalise(x))).to(x.dtype)

    def normalise(self, x: Rows) -> Rows:
        """Scale rows to unit scale, the input of the encoder."""
        return (x - self.per_column(self.shift)).div_(self.per_column(self.scale)).to(self.dtype)

    def in_units(self, output: Rows) -> Rows:
        """Turn the result of ``output_of`` into rows in the data's units."""
        if self.output == "sigmoid":
            return output.sigmoid()
        return (output * self.per_column(self.scale)).add_(self.per_column(self.shift))

    def output_of(self, u: Rows) -> Rows:
        """Reconstruct rows of unit scale, as logits for "sigmoid": the input of the losses."""
        raise NotImplementedError
