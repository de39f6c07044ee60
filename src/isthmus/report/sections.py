"""What the sections of the report show: numbers, tables and figures, which the template puts into words."""

from typing import Any

import numpy as np

from isthmus.base import BaseAutoencoder
from isthmus.report import columns as by_column
from isthmus.report.colouring import colouring
from isthmus.report.figures import Curve, code_map, learning_curves, rate_distortion
from isthmus.report.images import ImageShape, Montage, montage
from isthmus.report.measure import Measured, best_linear_error, sample_of, take, values_of
from isthmus.report.words import Names

_INFLUENCE_ROWS = 200
_EXAMPLE_IMAGES = 3


def facts_of(model: BaseAutoencoder) -> dict[str, Any]:
    """What the page says of the model in words."""
    parameters = sum(p.numel() for p in model.module_.parameters())
    is_pca = model.activation == "identity" and model.start == "pca" and model.n_epochs_ == 0
    return {
        "is_pca": is_pca,
        # Where none were held out, the errors of training are those of the training rows.
        "held_out": model.validation_fraction > 0 and not is_pca,
        "parameters": parameters,
        "loss": {"mse": "mean squared error", "bce": "binary cross-entropy"}[model.loss_],
        "divisor": float(model.scale_[0]) if (model.scale_ == model.scale_[0]).all() else None,
    }


def shares(error: float, linear: float, variance: float) -> dict[str, float | None]:
    """The error of the model and of PCA as shares of the variance, and of one another; None where undefined."""
    return {
        "lost": error / variance if variance > 0 else None,
        "pca": linear / variance if variance > 0 else None,
        "ratio": error / linear if linear > 0 and variance > 0 else None,
    }


def errors_on(measured: Measured) -> dict[str, Any]:
    """The same on the rows of the report, and on the sample of them that PCA is fitted to as well."""
    n_sample = len(measured.sample)
    linear = best_linear_error(measured.sample_values, measured.unit)
    k = min(measured.sample_codes.shape[1], len(linear) - 1)
    variance = float(np.mean(((measured.sample_values - measured.training_mean) / measured.unit) ** 2))
    sample = shares(float(measured.row_error[measured.sample].mean()), float(linear[k]), variance)
    return {
        "lost": measured.error / measured.variance if measured.variance > 0 else None,
        "n_sample": n_sample,
        "sample": sample,
        "linear": linear / variance if variance > 0 else None,
    }


def learning(model: BaseAutoencoder) -> str | None:
    if model.n_epochs_ == 0 or not model.validation_variance_ > 0:
        return None
    return learning_curves(model.history_, model.best_epoch_, model.pca_error_, model.validation_variance_)


def rate(model: Any, given: dict[str, Any]) -> str | None:
    """The model's error and PCA's by code size, on the sample."""
    if given["linear"] is None or len(given["linear"]) < 3 or not given["linear"][1] > 0:
        return None
    most = min(len(given["linear"]) - 1, max(2 * model.code_size_, 10))
    sizes = np.arange(1, most + 1)
    return rate_distortion(
        [
            Curve("PCA fitted to these very rows", sizes, given["linear"][1 : most + 1], "pca"),
            Curve("this model", np.array([model.code_size_]), np.array([given["sample"]["lost"]]), "model"),
        ]
    )


def examples(model: BaseAutoencoder, X: Any, measured: Measured, shape: ImageShape | None) -> dict[str, Any]:
    """The rows that come back best, in the middle and worst, beside what comes back."""
    chosen = by_column.example_rows(measured.row_error, 1 if shape is None else _EXAMPLE_IMAGES)
    low, high = float(measured.minimum.min()), float(measured.maximum.max())
    groups = []
    for name, rows in chosen.items():
        part = take(X, rows)
        values = values_of(part)
        rebuilt = np.asarray(model.inverse_transform(np.asarray(model.transform(part))), dtype=np.float64)
        numbers = (rows + 1).tolist()
        errors = measured.row_error[rows].tolist()
        group: dict[str, Any] = {"name": name, "rows": numbers, "errors": errors}
        if shape is not None:
            group["image"] = montage([*np.stack([values, rebuilt])], shape, low, high)
        else:
            group["values"], group["rebuilt"] = values[0], rebuilt[0]
        groups.append(group)
    return {
        "groups": groups,
        "columns": by_column.example_columns(measured),
        "low": low,
        "high": high,
        "shown_at": shape.shrunk if shape is not None and shape.shrunk != (shape.height, shape.width) else None,
    }


def errors_by_column(measured: Measured, shape: ImageShape | None) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    if shape is not None:
        root = np.sqrt(measured.column_error)
        low, high = float(measured.minimum.min()), float(measured.maximum.max())
        images = [
            {"caption": "mean of the rows", "image": montage([measured.mean[None]], shape, low, high)},
            {
                "caption": "root mean squared error",
                "image": montage([root[None]], shape, 0.0, float(root.max())),
                "high": float(root.max()),
            },
        ]
    return {
        "first": by_column.first_columns(measured),
        "worst": by_column.worst_columns(measured),
        "n_constant": int(measured.is_constant.sum()),
        "constant": np.flatnonzero(measured.is_constant)[:5].tolist(),
        "images": images,
    }


def map_of_codes(
    model: BaseAutoencoder, measured: Measured, names: Names, colour: tuple[Any, str | None]
) -> dict[str, Any]:
    """The first two codes of the sample, coloured by something that has a name."""
    found = colouring(column_names(model), measured, names, *colour)
    x = measured.sample_codes[:, 0]
    if model.code_size_ > 1:
        y, labels = measured.sample_codes[:, 1], ("code 1", "code 2")
    else:
        y, labels = measured.row_error[measured.sample], ("code 1", "error of the row")
    description = (
        f"A map of {len(x)} rows, {labels[0]} to the right and {labels[1]} upwards, from {x.min():.3g} to "
        f"{x.max():.3g} and from {y.min():.3g} to {y.max():.3g}, in {len(found.labels)} colours."
    )
    figure = code_map(x, y, found.group, found.colours, labels=labels, description=description)
    legend = [
        {"label": label, "colour": colour_name, "count": int((found.group == i).sum())}
        for i, (label, colour_name) in enumerate(zip(found.labels, found.colours, strict=True))
    ]
    fifths = found.colours[0].startswith("ramp")
    return {"figure": figure, "what": found.what, "fifths": fifths, "legend": legend, "n_rows": len(x)}


def influence_of_codes(model: Any, X: Any, measured: Measured, shape: ImageShape | None) -> dict[str, Any] | None:
    """How far a column moves, in its standard deviations, when a code rises by one of its own."""
    if not (measured.deviation > 0).any():
        return None
    rows = sample_of(measured.n_rows, _INFLUENCE_ROWS)
    influence = np.asarray(model.code_influence(take(X, rows)), dtype=np.float64)
    columns, relative = by_column.relative_influence(influence, measured)
    shown = influence[: by_column.MOST_CODES]
    images: list[Montage] = []
    if shape is not None:
        images = [montage([values[None]], shape, 0.0, float(shown.max())) for values in shown]
    table = relative[: by_column.MOST_CODES, columns]
    return {
        "columns": columns,
        "n_codes": len(shown),
        "table": table.T.tolist(),
        "strongest": float(table.max()) or 1.0,
        "images": images,
        "n_rows": len(rows),
    }


def column_names(model: BaseAutoencoder) -> list[str]:
    names = getattr(model, "feature_names_in_", None)
    return [f"x{i}" for i in range(model.n_features_in_)] if names is None else list(names)
