"""Rows that are reconstructed best, in the middle and worst, beside their reconstructions."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

from isthmus.report.columns import MOST_COLUMNS
from isthmus.report.images import ImageShape, Montage, montage
from isthmus.report.measure import Measured, reconstructed
from isthmus.report.model import Model, Table

_IMAGES = 3


@dataclass(frozen=True)
class Group:
    """Rows with errors alike: the first of them as numbers, or all of them as images above their reconstructions."""

    name: str
    rows: list[int]  # counted from 1
    errors: list[float]
    values: Float64[np.ndarray, " features"]
    rebuilt: Float64[np.ndarray, " features"]
    image: Montage | None


def examples(model: Model, X: Table, measured: Measured, shape: ImageShape | None) -> list[Group]:
    """The best, the median and the worst rows: one of each, or some images of each."""
    groups = []
    for name, index in _chosen(measured.row_error, 1 if shape is None else _IMAGES).items():
        values, _, rebuilt = reconstructed(model, X, index)
        errors = measured.row_error[index].tolist()
        image = None if shape is None else montage([values, rebuilt], shape, *measured.value_range)
        groups.append(Group(name, (index + 1).tolist(), errors, values[0], rebuilt[0], image))
    return groups


def example_columns(measured: Measured) -> list[int]:
    """The columns to show examples in: all of a narrow table, otherwise those with most of the error."""
    order = np.argsort(-measured.column_error / measured.unit**2, kind="stable")[:MOST_COLUMNS]
    return sorted(order.tolist())


def _chosen(errors: Float64[np.ndarray, " rows"], most: int) -> dict[str, Int[np.ndarray, " _"]]:
    """Positions of the rows of each group, from the smallest error on."""
    order = np.argsort(errors, kind="stable")
    n = len(order)
    if n < 3:
        return {name: order[[i]] for name, i in (("Best", 0), ("Worst", -1))[:n]}
    size = min(most, n // 3)
    middle = (n - size) // 2
    return {"Best": order[:size], "Median": order[middle : middle + size], "Worst": order[-size:]}
