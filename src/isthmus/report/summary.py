"""Facts about the model, its training, and its errors beside PCA's."""

from dataclasses import dataclass

import numpy as np

from isthmus.report.figures import Curve, learning_curves, rate_distortion
from isthmus.report.measure import Measured, best_linear_error
from isthmus.report.model import Model, Ordered, Table
from isthmus.rows.frames import select_rows

_MOST_SIZES = 24


@dataclass(frozen=True)
class Facts:
    """How the model was made."""

    is_pca: bool
    is_ordered: bool
    starts_at_pca: bool
    held_out: bool  # otherwise the model's errors are those of its training rows
    n_weights: int
    loss: str
    divisor: float | None  # what every column is divided by, if it is one number


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
    """Errors on the sample of the rows: the model's and PCA's, at its code size and by code size."""

    n_rows: int
    shares: Shares
    is_ordered: bool
    curves: list[Curve]


def facts_of(model: Model) -> Facts:
    """What the page says about the model in words."""
    same = bool((model.scale_ == model.scale_[0]).all())
    return Facts(
        is_pca=hasattr(model, "components_") and model.starts_at_pca and model.n_epochs_ == 0,
        is_ordered=bool(getattr(model, "ordered", False)),
        starts_at_pca=model.starts_at_pca,
        held_out=model.held_out_,
        n_weights=sum(weight.numel() for weight in model.module_.parameters()),
        loss={"mse": "mean squared error", "bce": "binary cross-entropy"}[model.loss_],
        divisor=float(model.scale_[0]) if same else None,
    )


def sample_errors(model: Model, X: Table, measured: Measured) -> SampleErrors:
    """Compare the model with PCA on the sample.

    A model with ordered codes can be cut to fewer of them, and knows PCA of its training rows. For any other model PCA
    is fitted to the sample itself, where no linear code can be better.
    """
    variance = float(np.mean(((measured.sample_values - measured.training_mean) / measured.unit) ** 2))
    table = _by_size(model, select_rows(X, measured.sample))
    own = float(measured.row_error[measured.sample].mean())
    if table is None:
        linear = best_linear_error(measured.sample_values, measured.unit)
        sizes = np.arange(1, min(len(linear) - 1, max(2 * model.code_size_, 10)) + 1)
        at_code = float(linear[min(model.code_size_, len(linear) - 1)])
        curves = [("PCA fitted to these very rows", sizes, linear[sizes], "pca")]
        curves += [("this model", np.array([model.code_size_]), np.array([own]), "model")]
    else:
        sizes, at_code = table["code_size"], float(table["pca_error"][-1])
        curves = [("PCA fitted to the training rows", sizes, table["pca_error"], "pca")]
        curves += [("this model, truncated", sizes, table["error"], "model")]
    return SampleErrors(
        n_rows=len(measured.sample),
        shares=Shares.of(own, at_code, variance),
        is_ordered=table is not None,
        curves=[Curve(label, of, error / variance, name) for label, of, error, name in curves] if variance else [],
    )


def _by_size(model: Model, rows: Table) -> dict[str, np.ndarray] | None:
    """Errors of the model cut to some of its codes; None if they have no order."""
    sizes = np.arange(1, model.code_size_ + 1)
    if len(sizes) > _MOST_SIZES:
        sizes = np.unique(np.geomspace(1, model.code_size_, _MOST_SIZES).round().astype(int))
    try:
        return model.rate_distortion(rows, sizes=sizes.tolist()) if isinstance(model, Ordered) else None
    except AttributeError:
        return None


def learning_figure(model: Model, facts: Facts) -> str | None:
    """Errors by epoch; None if there is nothing to show."""
    if model.n_epochs_ == 0 or not model.validation_variance_ > 0:
        return None
    scored = "held-out rows" if facts.held_out else "training rows after the epoch"
    return learning_curves(model.history_, model.best_epoch_, model.pca_error_, model.validation_variance_, scored)


def rate_figure(found: SampleErrors) -> str | None:
    """Error by code size; None if there is nothing to compare."""
    curves = found.curves
    if not curves or not len(curves[0].sizes) or not curves[0].lost[0] > 0:
        return None
    return rate_distortion(curves)
