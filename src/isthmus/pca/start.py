"""The start of a network of two paths: units, code size and initial weights, made from the training rows."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float64

from isthmus.networks import TwoPathAutoencoder, start_at_pca, start_at_random
from isthmus.pca.axes import PrincipalAxes, principal_axes
from isthmus.pca.readout import logit_readout
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import ColumnStatistics, scale_of

NetworkT = TypeVar("NetworkT", bound=TwoPathAutoencoder)
NetworkT_co = TypeVar("NetworkT_co", bound=TwoPathAutoencoder, covariant=True)


@runtime_checkable
class Build(Protocol[NetworkT_co]):
    """Makes a network of two paths with uninitialised weights."""

    def __call__(self, code_size: int, /, *, linear_paths: bool, output: str) -> NetworkT_co: ...


@dataclass(frozen=True, eq=False)
class TwoPathStart(Generic[NetworkT]):
    """A network of two paths before training, and what it was made from.

    ``scale`` is what the parameter ``scale`` divides each column by, ``divisor`` what the network divides the first by.
    """

    network: NetworkT
    scale: Float64[np.ndarray, " features"]
    divisor: float
    axes: PrincipalAxes


def start_two_paths(
    X: Rows,
    statistics: ColumnStatistics,
    build: Build[NetworkT],
    *,
    code_size: int | float,
    from_pca: bool,
    scale: str,
    loss: str,
    rng: np.random.RandomState,
) -> TwoPathStart[NetworkT]:
    """Make a network for the training rows X (the rows to be reconstructed) and initialise it.

    The network sees rows of unit scale: centred, and divided by each column's own scale (``scale="standard"``) or
    by one number. So its weights are of the size that training is tuned for, whatever the data's units; since one
    number for all columns changes no objective, codes are measured in the data's units again.

    Parameters
    ----------
    code_size : int or float
        Number of codes, or the share of the variance that PCA must keep with as many components.
    from_pca : bool
        Start at PCA, rather than at random.
    scale : {"auto", "standard", "global", "none"}
    loss : {"mse", "bce"}
    """
    divisors = scale_of(scale, statistics)
    shift, unit, code_unit = statistics.mean, divisors, 1.0
    if scale != "standard":
        if from_pca:
            unit = np.full_like(divisors, statistics.spread)
        elif (divisors == 1).all():
            shift = np.zeros_like(shift)  # the classic network, on the data as it is
        code_unit = float(unit[0])
    if statistics.deviation.any():
        axes = principal_axes(X, statistics.mean, unit, code_size, rng)
    else:  # all rows are equal, and one unused code holds all of the variance
        axes = PrincipalAxes(np.eye(1, X.shape[1]), np.zeros(1))
    n_codes = code_size if isinstance(code_size, int) else len(axes.spread)

    network = build(n_codes, linear_paths=from_pca, output="sigmoid" if loss == "bce" else "linear")
    network.set_units(shift=shift, scale=unit, code_unit=code_unit)
    start_at_random(network, torch.Generator().manual_seed(int(rng.randint(2**31 - 1))))
    if from_pca:
        if network.encoder.stack is None and loss == "mse":
            network.double()  # PCA, as exact as PCA
        readout = logit_readout(X, shift, unit, axes.axes) if loss == "bce" else None
        start_at_principal_axes(network, axes, readout)
    return TwoPathStart(network, divisors, float(unit[0]), axes)


def start_at_principal_axes(
    network: TwoPathAutoencoder,
    axes: PrincipalAxes,
    readout: tuple[Float64[np.ndarray, "features components"], Float64[np.ndarray, " features"]] | None = None,
) -> None:
    """Make the network PCA; its decoder ends in ``readout``, or in the axes themselves."""
    weights, intercept = (axes.axes.T, np.zeros(axes.axes.shape[1])) if readout is None else readout
    start_at_pca(network, _tensor(axes.axes), _tensor(axes.spread), (_tensor(weights), _tensor(intercept)))


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))
