"""Squared errors of rows by code size, of a network with its first codes only and of PCA."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from isthmus.dense.operations import ArrayT

Scored = Iterable[tuple[ArrayT, ArrayT]]
"""Batches in unit scale: the encoder's inputs, and the targets of the reconstructions."""


def network_errors(
    row_errors: Callable[[ArrayT, ArrayT, Sequence[int]], np.ndarray], scored: Scored[ArrayT], sizes: Sequence[int]
) -> Float64[np.ndarray, " sizes"]:
    """Return mean squared errors, in unit scale, with the first codes only, for each size."""
    totals, n_rows = np.zeros(len(sizes)), 0
    for inputs, targets in scored:
        errors = row_errors(inputs, targets, sizes)
        totals += errors.sum(axis=1)
        n_rows += errors.shape[1]
    return totals / n_rows


def pca_errors(
    axes: Float64[np.ndarray, "components features"],
    centre: Float64[np.ndarray, " features"],
    scored: Iterable[tuple[np.ndarray, np.ndarray]],
) -> Float64[np.ndarray, " sizes"]:
    """Return mean squared errors, in a network's unit scale, of PCA with 0, 1, … and all components.

    The error with 0 components is the variance about ``centre``, the mean in unit scale.
    """
    total, removed, n_values = 0.0, np.zeros(len(axes)), 0
    for inputs, targets in scored:
        expected = targets - centre
        codes = (expected if inputs is targets else inputs - centre) @ axes.T
        total += float(np.square(expected).sum())
        # ‖t − Σ z a‖² = ‖t‖² − Σ (2 z t·a − z²), since the axes are orthonormal.
        along = codes if inputs is targets else expected @ axes.T
        removed += (2 * codes * along - np.square(codes)).sum(axis=0)
        n_values += expected.size
    errors = total - np.concatenate([[0.0], removed.cumsum()])
    # The difference of nearly equal numbers is rounding.
    return np.where(errors > 1e-13 * total, errors, 0.0) / n_values


def as_float64(operations: Any, batch: tuple[Any, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs and targets of a batch as NumPy's arrays of float64; one array, if they are."""
    inputs = operations.numpy(batch[0]).astype(np.float64)
    return inputs, inputs if batch[1] is batch[0] else operations.numpy(batch[1]).astype(np.float64)
