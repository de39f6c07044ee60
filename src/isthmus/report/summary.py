"""Facts about the model, and its errors beside PCA's."""

from dataclasses import dataclass

import numpy as np

from isthmus.report.figures import Curve, rate_distortion
from isthmus.report.measure import Measured, best_linear_error
from isthmus.report.model import Model, Ordered, Table
from isthmus.rows.frames import select_rows

_MOST_SIZES = 24


@dataclass(frozen=True)
class Shares:
    """Errors of the model and of PCA as shares of the variance, and of one another; None where undefined."""

    lost: float | None
    pca: float | None
    ratio: float | None

    @classmethod
    def of(cls, error: float, linear: float, variance: float) -> "Shares":
        if not variance > 0:
            return cls(None, None, None)
        return cls(error / variance, linear / variance, error / linear if linear > 0 else None)


@dataclass(frozen=True)
class SampleErrors:
    """Errors on the sample of the rows: the model's and PCA's, at its code size and, in a figure, by code size."""

    n_rows: int
    shares: Shares
    is_ordered: bool
    figure: str | None  # None if there is nothing to compare


def facts_of(model: Model) -> dict[str, object]:
    """Facts about the fit; ``divisor`` is the divisor of every column, if they share one."""
    same = bool((model.scale_ == model.scale_[0]).all())
    return {
        "is_pca": hasattr(model, "components_") and model.starts_at_pca and model.n_epochs_ == 0,
        "in_parts": trained_in_parts(model),
        "is_ordered": bool(getattr(model, "ordered", False)),
        "n_weights": model.n_weights,
        "loss": {"mse": "mean squared error", "bce": "binary cross-entropy"}[model.loss_],
        "divisor": float(model.scale_[0]) if same else None,
    }


def trained_in_parts(model: Model) -> bool:
    """Return whether the network was trained on parts of the rows, each of whose errors is of other rows."""
    return model.scored_rows == "rows of the last part"


def sample_errors(model: Model, X: Table, measured: Measured) -> SampleErrors:
    """Compare the model with PCA on the sample.

    A model with ordered codes can be cut to fewer of them, and knows PCA of its training rows. For any other model PCA
    is fitted to the sample itself, where no linear code can be better.
    """
    variance = float(np.mean(((measured.sample_values - measured.training_mean) / measured.unit) ** 2))
    table, k = _by_size(model, select_rows(X, measured.sample)), model.code_size_
    own = float(measured.row_error[measured.sample].mean())
    if table is None:
        linear = best_linear_error(measured.sample_values, measured.unit)
        sizes = np.arange(1, min(len(linear) - 1, max(2 * k, 10)) + 1)
        pca, at_code = linear[sizes], float(linear[min(k, len(linear) - 1)])
        fitted_to, own_label, own_sizes, own_errors = "these very rows", "this model", np.array([k]), np.array([own])
    else:
        sizes, pca, at_code = table["code_size"], table["pca_error"], float(table["pca_error"][-1])
        fitted_to, own_label, own_sizes, own_errors = (
            "the training rows",
            "this model, truncated",
            sizes,
            table["error"],
        )
    figure = None
    if variance and len(sizes) and pca[0] > 0:
        linear_curve = Curve(f"PCA fitted to {fitted_to}", sizes, pca / variance, "pca")
        figure = rate_distortion([linear_curve, Curve(own_label, own_sizes, own_errors / variance, "model")])
    return SampleErrors(len(measured.sample), Shares.of(own, at_code, variance), table is not None, figure)


def _by_size(model: Model, rows: Table) -> dict[str, np.ndarray] | None:
    """Errors of the model cut to some of its codes; None if they have no order."""
    sizes = np.arange(1, model.code_size_ + 1)
    if len(sizes) > _MOST_SIZES:
        sizes = np.unique(np.geomspace(1, model.code_size_, _MOST_SIZES).round().astype(int))
    try:
        return model.rate_distortion(rows, sizes=sizes.tolist()) if isinstance(model, Ordered) else None
    except AttributeError:
        return None
