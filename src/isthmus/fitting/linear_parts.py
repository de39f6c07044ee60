"""Linear networks on rows that come in parts: PCA of all rows so far, without training."""

import math
from dataclasses import replace

import numpy as np

from isthmus.dense.arrays import DenseArrays
from isthmus.fitting.by_size import linear_errors_by_size
from isthmus.fitting.dense import DenseDesign, at_principal_axes
from isthmus.fitting.design import TrainingSet
from isthmus.fitting.fit import fit
from isthmus.fitting.fitted import Fitted, squared_unit_of
from isthmus.pca.in_parts import EXACT_FEATURES, axes_of_factor, factor_of, factor_with_part
from isthmus.pca.start import units_of
from isthmus.rows.merging import merged
from isthmus.rows.scaling import Columns, column_statistics, scale_of
from isthmus.training.history import History
from isthmus.training.recipe import Recipe


def fit_first_part(part: TrainingSet, recipe: Recipe, design: DenseDesign) -> Fitted[DenseArrays]:
    """Fit PCA to the first part, which decides the code size; from either start, it is computed."""
    fitted = fit(part, recipe, replace(design, solve=None, starts_at_pca=True))
    mean, unit = fitted.columns.statistics.mean, fitted.unit
    nothing = np.zeros((0, len(mean)))
    factor = factor_with_part(nothing, 0, mean, part.expected, mean, most=_most(fitted), unit=unit)
    return replace(fitted, in_parts=True, factor=factor)


def fit_further_part(
    fitted: Fitted[DenseArrays], part: TrainingSet, recipe: Recipe, design: DenseDesign
) -> Fitted[DenseArrays]:
    """Fit PCA to the rows so far and a part.

    Of rows that ``fit`` saw the leading axes are known only, as in incremental PCA.
    """
    so_far, code_size = fitted.columns.statistics, fitted.code_size
    n_rows, n_features = fitted.n_samples + len(part), len(so_far.mean)
    statistics = merged(so_far, fitted.n_samples, column_statistics(part.expected), len(part))
    columns = Columns(statistics, scale_of(recipe.scale, statistics))
    shift, unit, code_unit = units_of(columns, recipe.scale, from_pca=True)
    factor = factor_of(fitted.axes, fitted.n_samples, fitted.unit) if fitted.factor is None else fitted.factor
    factor = factor_with_part(
        factor, fitted.n_samples, so_far.mean, part.expected, statistics.mean, most=_most(fitted), unit=unit
    )
    axes = axes_of_factor(factor, n_rows, code_size, statistics.mean, unit)

    code_units = np.full(code_size, code_unit)
    network = at_principal_axes(fitted.network, axes, shift=shift, scale=unit, code_unit=code_units)

    squared_unit = squared_unit_of(recipe.scale, float(unit[0]))
    variances = np.pad(axes.spread**2, (0, code_size - len(axes.spread))) * squared_unit
    variance = float(np.mean((statistics.deviation / unit) ** 2)) * squared_unit
    error = variance - float(variances.sum()) * (n_rows - 1) / (n_rows * n_features)
    error = error if error > 1e-13 * variance else 0.0  # the difference of nearly equal numbers is rounding
    by_size = linear_errors_by_size(error, variances, n_rows, n_rows * n_features)
    fitted = replace(
        fitted,
        network=network,
        columns=columns,
        squared_unit=squared_unit,
        axes=axes,
        variances=variances,
        n_samples=n_rows,
        history=History([math.nan], [error]),
        start_error=error,
        validation_error=error,
        validation_variance=variance,
        pca_error=error,
        errors_by_size=dict.fromkeys(("pca", "start", "model"), by_size),
        in_parts=True,
        factor=factor,
    )
    return design.finish(fitted)


def _most(fitted: Fitted[DenseArrays]) -> int:
    """Return how many rows the factor may have: enough to be exact, or of wide rows one for each code."""
    n_features = fitted.network.n_features
    return n_features if n_features <= EXACT_FEATURES else min(fitted.code_size, n_features)
