"""Fits with their first codes only, without training: cut, or measured with each number of codes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.backends import Backend
from isthmus.fitting.fitted import Fitted
from isthmus.pca.axes import PrincipalAxes
from isthmus.rows.batches import Rows
from isthmus.training.batches import Batches
from isthmus.training.dense import DenseScorer
from isthmus.training.scoring import as_float64, network_errors, pca_errors


def truncated(fitted: Fitted[DenseArrays], size: int) -> Fitted[DenseArrays]:
    """Return the fit of an ordered or linear network with its first ``size`` codes only."""
    by_size = {name: errors[: size + 1] for name, errors in fitted.errors_by_size.items()}
    return replace(
        fitted,
        network=fitted.network.truncated(size),
        code_size=size,
        axes=PrincipalAxes(fitted.axes.axes[:size], fitted.axes.spread[:size]),
        variances=None if fitted.variances is None else fitted.variances[:size],
        errors_by_size=by_size,
        start_error=float(by_size["start"][size]),
        validation_error=float(by_size["model"][size]),
        pca_error=float(by_size["pca"][size]),
    )


def smallest_size(fitted: Fitted[DenseArrays], share: float) -> int:
    """Return the fewest codes that explain more than a share of the held-out rows' variance; all, if none do."""
    explained = 1 - fitted.errors_by_size["model"][1:] / (fitted.validation_variance or 1.0)
    enough = np.flatnonzero(explained > share)
    return int(enough[0]) + 1 if len(enough) else fitted.code_size


def code_shares(fitted: Fitted[DenseArrays]) -> Float64[np.ndarray, " code"]:
    """Return by how much each code of an ordered network lowers the error, as a share of the variance."""
    return -np.diff(fitted.errors_by_size["model"]) / (fitted.validation_variance or 1.0)


def rate_distortion(
    fitted: Fitted[DenseArrays], backend: Backend, X: Rows, sizes: Sequence[int]
) -> tuple[Float64[np.ndarray, " sizes"], Float64[np.ndarray, " all_sizes"]]:
    """Return the network's errors on rows for some code sizes, and PCA's with 0, 1, … and all components."""
    network = fitted.network
    scorer = DenseScorer(backend.operations(network.precision), network, fitted.loss)
    shift, scale = network.arrays["shift"], network.arrays["scale"]
    batches = Batches(X, None, scorer.operations, shift=shift, scale=scale, n_values=network.n_values)
    scored = [batches[index] for index in batches.in_order()]
    centre = (fitted.columns.statistics.mean - shift) / scale
    by_pca = pca_errors(fitted.axes.axes, centre, (as_float64(scorer.operations, batch) for batch in scored))
    errors = network_errors(scorer.row_errors, scored, sizes)
    return errors * fitted.squared_unit, by_pca * fitted.squared_unit
