"""Errors by code size, and the decoders of ordered networks that they choose."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float64

from isthmus.training.learner import BatchesT, Fold, Learner
from isthmus.training.loop import pooled_errors


def errors_by_size(
    folds: Sequence[Fold[BatchesT]], code_size: int, unit: float, variance: float
) -> Float64[np.ndarray, " sizes"]:
    """Score the first 0, 1, … and all codes; without codes the error is the variance."""
    return np.concatenate([[variance], pooled_errors(folds, range(1, code_size + 1)) * unit])


def choose_decoders(learner: Learner[Any, BatchesT], folds: Sequence[Fold[BatchesT]], code_size: int) -> None:
    """Choose on the folds the code size from which each decoder of an ordered network is used, there and here."""
    learners = [learner, *(fold.learner for fold in folds)]
    for each in learners:
        each.use_decoders(None)
    first_sizes = _best_decoders(pooled_errors(folds, range(1, code_size + 1)), learner.scored_sizes[:-1])
    for each in learners:
        each.use_decoders(first_sizes)


def linear_errors_by_size(
    error: float, variances: Float64[np.ndarray, " code"], n_samples: int, n_values: int
) -> Float64[np.ndarray, " sizes"]:
    """Add the variances of the codes left out to the error with all codes; nothing cancels in this sum."""
    left_out = np.append(np.cumsum(variances[::-1])[::-1], 0.0)
    return error + left_out * (max(1, n_samples - 1) / n_values)


def _best_decoders(errors: Float64[np.ndarray, " sizes"], prefixes: Sequence[int]) -> tuple[int, ...]:
    """Return the code size from which each decoder of an ordered network is used: where it beats the one before.

    ``errors`` are those with 1, 2, … and all codes, of the smallest decoder that takes so many.
    """
    first_sizes = [1]
    for prefix, full in pairwise((*prefixes, len(errors))):
        better = [size for size in range(prefix + 1, full + 1) if errors[size - 1] <= errors[prefix - 1]]
        first_sizes.append(better[0] if better else full)
    return tuple(first_sizes)
