"""The start of a network of two paths: units, code size and initial weights, made from the training rows."""

from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float64

from isthmus.networks import TwoPathAutoencoder, start_at_pca, start_at_random
from isthmus.pca.axes import CodeSize, PrincipalAxes, Start, principal_axes
from isthmus.pca.readout import logit_readout
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import Columns

TwoPathT = TypeVar("TwoPathT", bound=TwoPathAutoencoder)
TwoPathT_co = TypeVar("TwoPathT_co", bound=TwoPathAutoencoder, covariant=True)


@runtime_checkable
class Build(Protocol[TwoPathT_co]):
    """Makes a network of two paths with uninitialised weights."""

    def __call__(self, code_size: int, /, *, linear_paths: bool, output: str) -> TwoPathT_co: ...


def start_two_paths(
    X: Rows,
    build: Build[TwoPathT],
    rng: np.random.RandomState,
    *,
    code_size: CodeSize,
    from_pca: bool,
    scale: str,
    loss: str,
) -> Start[TwoPathT]:
    """Make a network for the training rows X (the rows to be reconstructed) and initialise it, at PCA or at random.

    The network sees rows of unit scale: centred, and divided by each column's own scale (``scale="standard"``) or
    by one number. So its weights are of the size that training is tuned for, whatever the data's units; since one
    number for all columns changes no objective, codes are measured in the data's units again.
    """
    columns = Columns.of(X, scale)
    statistics = columns.statistics
    shift, unit, code_unit = units_of(columns, scale, from_pca=from_pca)
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
    return Start(network, n_codes, columns, float(unit[0]), axes)


def units_of(
    columns: Columns, scale: str, *, from_pca: bool
) -> tuple[Float64[np.ndarray, " features"], Float64[np.ndarray, " features"], float]:
    """Return what a network subtracts from each column, what it divides it by, and the unit of its codes."""
    statistics = columns.statistics
    shift, unit = statistics.mean, columns.scale
    if scale == "standard":
        return shift, unit, 1.0
    if from_pca:
        unit = np.full_like(unit, statistics.spread)
    elif (unit == 1).all():  # the classic network, on the data as it is; only columns that never vary are centred
        shift = np.where(statistics.minimum < statistics.maximum, 0.0, shift)
    return shift, unit, float(unit[0])


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
