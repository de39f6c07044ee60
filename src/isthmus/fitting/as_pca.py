"""The linear network as scikit-learn's PCA."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from isthmus.dense.arrays import DenseArrays
from isthmus.fitting.fitted import Fitted

if TYPE_CHECKING:
    from sklearn.decomposition import PCA


def as_pca(fitted: Fitted[DenseArrays], unit: Float64[np.ndarray, " features"]) -> "PCA":
    """Return the fitted PCA that equals a linear network, which has ``variances``.

    ``unit`` is the divisor of each column before PCA sees it: ``scale_`` with ``scale="standard"``, otherwise ones.
    """
    from sklearn.decomposition import PCA  # noqa: PLC0415 — takes a quarter of a second

    n_samples, n_features, code_size = fitted.n_samples, fitted.network.n_features, fitted.code_size
    variances, statistics = fitted.variances, fitted.columns.statistics
    assert variances is not None
    degrees_of_freedom = max(1, n_samples - 1)
    total = float(np.sum((statistics.deviation / unit) ** 2)) * n_samples / degrees_of_freedom
    # Not total − variances.sum(), of which rounding leaves little where the last variances are small.
    left_out = fitted.validation_error * n_samples * n_features / degrees_of_freedom
    n_left = min(n_samples, n_features) - code_size
    # Whitening scales codes, not the density; PCA(whiten=True) counts each variance twice (scikit-learn #13898).
    pca = PCA(code_size)
    pca.components_ = fitted.network.arrays["encoder.linear.weight"].astype(np.float64)
    pca.mean_ = statistics.mean / unit
    pca.explained_variance_ = variances.copy()
    pca.explained_variance_ratio_ = variances / total if total else np.zeros_like(variances)
    pca.singular_values_ = np.sqrt(variances * degrees_of_freedom)
    pca.noise_variance_ = left_out / n_left if n_left > 0 else 0.0
    pca.n_components_, pca.n_samples_, pca.n_features_in_ = code_size, n_samples, n_features
    return pca
