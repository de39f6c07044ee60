"""The start of a network of two paths: units, code size and linear paths, made from the training rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float64

from isthmus.pca.axes import CodeSize, PrincipalAxes, Start, principal_axes
from isthmus.pca.readout import logit_readout
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import Columns

NetworkT_co = TypeVar("NetworkT_co", covariant=True)
NetworkT = TypeVar("NetworkT")


@dataclass(frozen=True)
class Beginning:
    """What the training rows say about a network's start.

    ``values`` are arrays by the names that they have in networks: ``shift``, ``scale``, ``code_unit``, ``spread``, and
    with linear paths their weights. The rest is drawn with ``seed``; with linear paths the last layers of the stacks
    are zero, so that the network is PCA.
    """

    code_size: int
    linear_paths: bool
    output: str
    seed: int
    values: Mapping[str, Float64[np.ndarray, "..."]]


@runtime_checkable
class Build(Protocol[NetworkT_co]):
    """Makes a network of two paths."""

    def __call__(self, beginning: Beginning, /) -> NetworkT_co: ...


def start_two_paths(
    X: Rows,
    build: Build[NetworkT],
    rng: np.random.RandomState,
    *,
    code_size: CodeSize,
    from_pca: bool,
    scale: str,
    loss: str,
) -> Start[NetworkT]:
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

    values = {"shift": shift, "scale": unit, "code_unit": np.full(n_codes, code_unit), "spread": np.ones(n_codes)}
    seed = int(rng.randint(2**31 - 1))
    if from_pca:
        readout = logit_readout(X, shift, unit, axes.axes) if loss == "bce" else None
        values |= paths_at_pca(n_codes, axes, readout)
    network = build(Beginning(n_codes, from_pca, "sigmoid" if loss == "bce" else "linear", seed, values))
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


def paths_at_pca(
    n_codes: int,
    axes: PrincipalAxes,
    readout: tuple[Float64[np.ndarray, "features components"], Float64[np.ndarray, " features"]] | None = None,
) -> dict[str, Float64[np.ndarray, "..."]]:
    """Return the linear paths that make a network PCA, and the spread of its codes.

    The decoder ends in ``readout``, its linear map and intercept, or in the axes themselves. With fewer axes than
    codes, the other codes start at zero.
    """
    n, n_features = axes.axes.shape
    weights, intercept = (axes.axes.T, np.zeros(n_features)) if readout is None else readout
    encoder, decoder = np.zeros((n_codes, n_features)), np.zeros((n_features, n_codes))
    encoder[:n], decoder[:, :n] = axes.axes, weights
    # A direction without variance holds only rounding errors and must not be divided up to unit scale.
    largest = float(axes.spread.max()) if n else 0.0
    spread = np.full(n_codes, largest or 1.0)
    spread[:n] = np.maximum(axes.spread, largest * 1e-3) if largest else 1.0
    return {
        "encoder.linear.weight": encoder,
        "decoder.linear.weight": decoder,
        "decoder.linear.bias": intercept,
        "spread": spread,
    }
