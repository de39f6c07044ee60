"""The error of an ordered or linear network, and of PCA, with each number of codes."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from isthmus.fitting.dense_arrays import DenseArrays
from isthmus.fitting.fitted import Fitted
from isthmus.fitting.learner import loss_of
from isthmus.networks import DenseAutoencoder
from isthmus.rows.batches import Rows
from isthmus.training.batches import batches_for
from isthmus.training.scoring import network_errors, pca_errors


def rate_distortion(
    fitted: Fitted[DenseArrays], module: DenseAutoencoder, X: Rows, sizes: Sequence[int]
) -> tuple[Float64[np.ndarray, " sizes"], Float64[np.ndarray, " all_sizes"]]:
    """Return the network's errors on rows for some code sizes, and PCA's with 0, 1, … and all components."""
    batches = batches_for(module, X, None)
    scored = [batches[index] for index in batches.in_order()]
    by_pca = pca_errors(fitted.axes.axes, module, fitted.columns.statistics.mean, scored)
    errors = network_errors(module, loss_of(module, fitted.loss), scored, sizes)
    return errors * fitted.squared_unit, by_pca * fitted.squared_unit
