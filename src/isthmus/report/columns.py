"""Tables and images by column: ranges, errors, and the influence of the codes."""

from dataclasses import dataclass

import numpy as np

from isthmus.report.images import ImageShape, Montage, montage
from isthmus.report.measure import Measured, sample_of
from isthmus.report.model import Model, Table
from isthmus.rows.frames import select_rows

MOST_COLUMNS = 15
_MOST_CODES = 10
_INFLUENCE_ROWS = 200


@dataclass(frozen=True)
class Columns:
    """The first columns, those with the largest errors, and the constant ones."""

    first: list[tuple[int, float, float, float, float]]  # column, minimum, mean, maximum and standard deviation
    worst: list[tuple[int, float, float]]  # column, lost share of its variance, and its share of the whole error
    n_constant: int
    constant: list[int]


@dataclass(frozen=True)
class Influence:
    """Influence: the standard deviations that a column moves when a code rises by one of its own."""

    columns: list[int]
    table: list[list[float]]  # by column and code
    strongest: float
    images: list[Montage]  # by code
    n_codes: int
    n_rows: int


def columns_of(measured: Measured) -> Columns:
    """Summarise the columns of the report's rows."""
    each = (np.arange(len(measured.unit)), measured.minimum, measured.mean, measured.maximum, measured.deviation)
    varying = np.flatnonzero(~measured.is_constant & (measured.training_mean_error > 0))
    shares = measured.column_error / measured.unit**2
    shares /= shares.sum() or 1.0
    order = varying[np.argsort(-shares[varying], kind="stable")[:MOST_COLUMNS]]
    lost = measured.column_error[order] / measured.training_mean_error[order]
    return Columns(
        first=list(zip(*(values[:MOST_COLUMNS].tolist() for values in each), strict=True)),
        worst=list(zip(order.tolist(), lost.tolist(), shares[order].tolist(), strict=True)),
        n_constant=int(measured.is_constant.sum()),
        constant=np.flatnonzero(measured.is_constant)[:5].tolist(),
    )


def column_images(measured: Measured, shape: ImageShape) -> dict[str, object]:
    """Draw mean and root mean squared error of every column as pixels; the largest error is white."""
    mean, root = measured.mean[None], np.sqrt(measured.column_error)[None]
    largest = float(root.max())
    images = {"mean": montage([mean], shape, *measured.value_range), "error": montage([root], shape, 0.0, largest)}
    return {**images, "largest_error": largest}


def influence_of(model: Model, X: Table, measured: Measured, shape: ImageShape | None) -> Influence | None:
    """The mean influence of each code over some rows; None if the rows do not vary."""
    varying = np.flatnonzero(measured.deviation > 0)
    if not len(varying):
        return None
    rows = sample_of(measured.n_rows, _INFLUENCE_ROWS)
    influence = np.asarray(model.code_influence(select_rows(X, rows), standardise=True), dtype=np.float64)
    relative = influence / np.where(measured.deviation > 0, measured.deviation, np.inf)
    order = np.argsort(-relative.max(axis=0)[varying], kind="stable")[:MOST_COLUMNS]
    columns = sorted(varying[order].tolist())
    shown, table = influence[:_MOST_CODES], relative[:_MOST_CODES, columns]
    largest = float(shown.max())
    return Influence(
        columns=columns,
        table=table.T.tolist(),
        strongest=float(table.max()) or 1.0,
        images=[] if shape is None else [montage([values[None]], shape, 0.0, largest) for values in shown],
        n_codes=len(shown),
        n_rows=len(rows),
    )
