"""What the sections of the report show: numbers, tables and figures, which the template puts into words."""

from typing import Any

import numpy as np

from isthmus.estimators.base import BaseAutoencoder
from isthmus.report import columns as by_column
from isthmus.report.colouring import colouring
from isthmus.report.figures import Curve, code_map, learning_curves, rate_distortion
from isthmus.report.images import ImageShape, Montage, montage
from isthmus.report.measure import Measured, best_linear_error, sample_of, take, values_of
from isthmus.report.words import Names

_INFLUENCE_ROWS = 200
_EXAMPLE_IMAGES = 3
_MOST_SIZES = 24


def facts_of(model: BaseAutoencoder) -> dict[str, Any]:
    """What the page says of the model in words."""
    parameters = sum(p.numel() for p in model.module_.parameters())
    # The linear network is fitted on all rows.
    is_linear = model._is_linear(model.loss_, None)
    is_pca = is_linear and model._starts_at_pca and model.n_epochs_ == 0
    return {
        "is_pca": is_pca,
        "is_ordered": bool(getattr(model, "ordered", False)),
        "starts_at_pca": model._starts_at_pca,
        # Where none were held out, the errors of training are those of the training rows.
        "held_out": model.validation_fraction > 0 and not is_linear,
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


def errors_on(model: Any, X: Any, measured: Measured) -> dict[str, Any]:
    """Errors on the rows of the report; beside PCA and by code size on the sample of them.

    Where codes are ordered the model can be cut to fewer of them, and knows PCA of its training rows. Otherwise PCA is
    fitted to the sample itself, which no linear code can beat there.
    """
    variance = float(np.mean(((measured.sample_values - measured.training_mean) / measured.unit) ** 2))
    table = _by_size(model, take(X, measured.sample))
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
        curves += [("this model, cut to so many codes", sizes, table["error"], "model")]
    return {
        "lost": measured.error / measured.variance if measured.variance > 0 else None,
        "n_sample": len(measured.sample),
        "sample": shares(own, at_code, variance),
        "is_ordered": table is not None,
        "curves": [Curve(label, of, error / variance, colour) for label, of, error, colour in curves]
        if variance
        else [],
    }


def _by_size(model: Any, rows: Any) -> dict[str, np.ndarray] | None:
    """Errors of the model cut to some of its codes; None where they have no order."""
    sizes = np.arange(1, model.code_size_ + 1)
    if len(sizes) > _MOST_SIZES:
        sizes = np.unique(np.geomspace(1, model.code_size_, _MOST_SIZES).round().astype(int))
    try:
        table: dict[str, np.ndarray] = model.rate_distortion(rows, sizes=sizes.tolist())
    except AttributeError:
        return None
    return table


def learning(model: BaseAutoencoder) -> str | None:
    if model.n_epochs_ == 0 or not model.validation_variance_ > 0:
        return None
    return learning_curves(model.history_, model.best_epoch_, model.pca_error_, model.validation_variance_)


def rate(given: dict[str, Any]) -> str | None:
    """Error by code size; None where there is nothing to compare."""
    curves = given["curves"]
    if not curves or not len(curves[0].sizes) or not curves[0].lost[0] > 0:
        return None
    return rate_distortion(curves)


def examples(model: BaseAutoencoder, X: Any, measured: Measured, shape: ImageShape | None) -> dict[str, Any]:
    """The rows that come back best, in the middle and worst, beside what comes back."""
    chosen = by_column.example_rows(measured.row_error, 1 if shape is None else _EXAMPLE_IMAGES)
    low, high = float(measured.minimum.min()), float(measured.maximum.max())
    groups = []
    for name, rows in chosen.items():
        part = take(X, rows)
        values = values_of(part)
        rebuilt = np.asarray(model.inverse_transform(np.asarray(model.transform(part))), dtype=np.float64)
        rebuilt = rebuilt.reshape(len(rebuilt), -1)
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
    influence = np.asarray(model.code_influence(take(X, rows), standardise=True), dtype=np.float64)
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
