"""``Fitted``: everything that a fit finds, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Float64

from isthmus.pca.axes import PrincipalAxes
from isthmus.rows.scaling import Columns
from isthmus.training.history import History

NetworkT_co = TypeVar("NetworkT_co", covariant=True)


@dataclass(frozen=True, eq=False)
class Fitted(Generic[NetworkT_co]):
    """A trained network and what was measured while it was fitted.

    Errors are mean squared errors over the columns, in the data's units or, with ``scale="standard"``, in those of the
    standardised columns; of the rows that ``held_out`` says.

    Attributes
    ----------
    network : DenseArrays, ImageAutoencoder or ImageCodeAutoencoder
        The weights: plain arrays for a dense network, a torch module for a convolutional one.
    code_size : int
    loss : {"mse", "bce"}
    columns : Columns
        Statistics and scale of the columns of the training rows; of the channels, for convolutional networks without a
        dense code.
    squared_unit : float
        Factor from squared errors in unit scale to the units of the errors here.
    axes : PrincipalAxes
        PCA of the training rows in unit scale; no axes for convolutional networks without a dense code.
    variances : ndarray of shape (code_size,) or None
        The variance of each code, if the network is linear and in PCA's form.
    n_samples : int
        Number of rows that the network was made from.
    held_out : bool
        Whether errors are of held-out rows, rather than of training rows.
    history : History
    start_error, validation_error, validation_variance : float
        Errors before training, at the best epoch, and of the training mean alone.
    pca_error : float or None
        Error of PCA with as many components; None without a dense code.
    errors_by_size : mapping of str to ndarray of shape (code_size + 1,)
        Errors with 0, 1, … and all codes: of PCA (``"pca"``), and for ordered and linear networks before and after
        training (``"start"``, ``"model"``).
    in_parts : bool
        Whether the rows came in parts. Errors are then those of the last part; of a linear network, of all rows.
    row_type : {"float64", "float32"}
        Data type of the training rows.
    factor : ndarray of shape (rank, n_features) or None
        All that is known of the rows of a linear network that came in parts (``isthmus.pca.in_parts``).
    """

    network: NetworkT_co
    code_size: int
    loss: str
    columns: Columns
    squared_unit: float
    axes: PrincipalAxes
    variances: Float64[np.ndarray, " code"] | None
    n_samples: int
    held_out: bool
    history: History
    start_error: float
    validation_error: float
    validation_variance: float
    pca_error: float | None
    errors_by_size: Mapping[str, Float64[np.ndarray, " sizes"]]
    in_parts: bool = False
    row_type: str = "float64"
    factor: Float64[np.ndarray, "rank features"] | None = None

    @property
    def scored_rows(self) -> str:
        """The rows that errors are of, in words."""
        if self.held_out:
            return "held-out rows"
        return "rows of the last part" if self.in_parts and self.variances is None else "training rows"

    @property
    def unit(self) -> Float64[np.ndarray, " columns"]:
        """Divisor of each column for unit scale: its own with ``scale="standard"``, otherwise one for all."""
        scale = self.columns.scale
        return scale if self.squared_unit == 1 else np.full_like(scale, np.sqrt(self.squared_unit))

    @property
    def n_codes_beyond_rank(self) -> int:
        """Number of codes beyond the dimensions of the rows that PCA was fitted on.

        PCA's own default, as many codes as rows where columns are more, is none too many: centring takes the last one.
        """
        rank = self.axes.rank
        centring_took_one = rank == self.n_samples - 1 == self.code_size - 1
        return 0 if centring_took_one or not len(self.axes.axes) else self.code_size - rank

    @property
    def is_worse_than_pca(self) -> bool:
        """Whether a network that is not PCA itself has a larger error than PCA, by more than rounding."""
        if self.pca_error is None or self.variances is not None:
            return False
        return self.validation_error - self.pca_error > 1e-6 * self.validation_variance > 0


def squared_unit_of(scale: str, divisor: float) -> float:
    """Return ``Fitted.squared_unit`` for the parameter ``scale`` and the network's divisor of the first column."""
    return 1.0 if scale == "standard" else divisor**2
