"""A torch module in use: from arrays of rows in the data's units to arrays."""

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from isthmus.networks.jacobian import mean_absolute_jacobian
from isthmus.networks.rows import RowAutoencoder


class ModuleInUse:
    """A module for rows of its own precision; torch shares its threads between the parts of one operation."""

    in_threads = False

    def __init__(self, module: RowAutoencoder) -> None:
        self.module = module

    @property
    def n_features(self) -> int:
        return self.module.n_features

    @property
    def code_size(self) -> int:
        return self.module.code_size

    @property
    def n_values(self) -> int:
        return self.module.n_values

    def per_column(self, values: Float64[np.ndarray, " units"]) -> Float64[np.ndarray, " features"]:
        """Expand values (for images, one a channel) to one for each column of the network's rows."""
        return self.module.per_column(torch.from_numpy(values)).numpy()

    @torch.no_grad()
    def encode(self, rows: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows code"]:
        """Encode rows in the data's units."""
        return self.module.encode(self._tensor(rows)).cpu().numpy()

    @torch.no_grad()
    def decode(self, codes: Float[np.ndarray, "rows code"]) -> Float[np.ndarray, "rows features"]:
        """Decode codes to rows in the data's units."""
        return self.module.decode(self._tensor(codes)).cpu().numpy()

    @torch.no_grad()
    def reconstruct(self, rows: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows features"]:
        """Encode and decode rows."""
        reconstructed: Tensor = self.module(self._tensor(rows))
        return reconstructed.cpu().numpy()

    def influence(
        self, codes: Float64[np.ndarray, "rows code"], *, standardise: bool
    ) -> Float64[np.ndarray, "code features"]:
        """Return the mean absolute derivative of each decoded column with respect to each code."""
        return mean_absolute_jacobian(self.module, codes, standardise=standardise)

    def _tensor(self, rows: np.ndarray) -> Tensor:
        # A copy where the rows cannot be written to (a memory map, for example), since torch warns of such.
        return torch.from_numpy(np.require(rows, requirements=("C", "W"))).to(self.module.device)
