"""The tables of the report that go column by column, cut to the columns that say most."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from isthmus.report.measure import Measured

MOST_COLUMNS = 15
MOST_CODES = 10


@dataclass(frozen=True)
class ColumnError:
    """How much of a column is lost, and how much of the whole error that is."""

    column: int
    lost: float
    share_of_error: float


def first_columns(measured: Measured) -> list[dict[str, Any]]:
    """Range, mean and deviation of the first columns."""
    return [
        {
            "column": j,
            "minimum": float(measured.minimum[j]),
            "mean": float(measured.mean[j]),
            "maximum": float(measured.maximum[j]),
            "deviation": float(measured.deviation[j]),
        }
        for j in range(min(MOST_COLUMNS, len(measured.mean)))
    ]


def worst_columns(measured: Measured) -> list[ColumnError]:
    """The columns with most of the error, from the worst on; constant ones are left out."""
    varying = np.flatnonzero(~measured.is_constant & (measured.training_mean_error > 0))
    shares = measured.column_error / measured.unit**2
    shares /= shares.sum() or 1.0
    order = varying[np.argsort(-shares[varying], kind="stable")[:MOST_COLUMNS]]
    lost = measured.column_error[order] / measured.training_mean_error[order]
    return [ColumnError(*values) for values in zip(order.tolist(), lost.tolist(), shares[order].tolist(), strict=True)]


def example_rows(errors: Float64[np.ndarray, " rows"], most: int) -> dict[str, Int[np.ndarray, " _"]]:
    """Rows that are rebuilt best, rows in the middle, and the worst; each from the smallest error on."""
    order = np.argsort(errors, kind="stable")
    n = len(order)
    if n < 3:
        return {name: order[[i]] for name, i in (("Best", 0), ("Worst", -1))[:n]}
    size = min(most, n // 3)
    middle = (n - size) // 2
    return {"Best": order[:size], "Median": order[middle : middle + size], "Worst": order[-size:]}


def example_columns(measured: Measured) -> list[int]:
    """The columns that examples are shown in: all of a narrow table, otherwise those with most of the error."""
    n = len(measured.mean)
    if n <= MOST_COLUMNS:
        return list(range(n))
    order = np.argsort(-measured.column_error / measured.unit**2, kind="stable")[:MOST_COLUMNS]
    return sorted(order.tolist())


def relative_influence(
    influence: Float64[np.ndarray, "codes features"], measured: Measured
) -> tuple[list[int], Float64[np.ndarray, "codes features"]]:
    """Influence in standard deviations of each column, and the columns that some code moves most.

    Constant columns have none.
    """
    deviation = np.where(measured.deviation > 0, measured.deviation, np.inf)
    relative = influence / deviation
    strongest = relative.max(axis=0)
    varying = np.flatnonzero(measured.deviation > 0)
    order = varying[np.argsort(-strongest[varying], kind="stable")[:MOST_COLUMNS]]
    return sorted(order.tolist()), relative
