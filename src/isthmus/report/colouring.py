"""By what the map of the codes is coloured: the error, a column, or labels of the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import narwhals as nw
import numpy as np
from jaxtyping import Float64, Int

from isthmus.errors import ParameterError
from isthmus.report.measure import Measured
from isthmus.report.words import Names, number

_RAMP = tuple(f"ramp-{i}" for i in range(1, 6))
_MOST_CLASSES = 10


@dataclass(frozen=True)
class Colouring:
    """A group for each row of the sample; name and colour of each group."""

    what: str
    group: Int[np.ndarray, " sample"]
    labels: list[str]
    colours: list[str]


def colouring(
    columns: Sequence[str], measured: Measured, names: Names, colour: Any, colour_name: str | None
) -> Colouring:
    """The checked ``colour`` parameter, for the rows of the sample."""
    if colour is None:
        return _fifths("error of the row", measured.row_error[measured.sample])
    if isinstance(colour, str):
        if colour not in columns:
            raise ParameterError(
                "The 'colour' parameter of report must be a column of the model, or a value for each row. "
                f"Got {names.short(colour)!r} instead."
            )
        column = list(columns).index(colour)
        return _of_values(names[column]["text"], measured.sample_values[:, column], names)
    values = nw.from_native(colour, series_only=True, pass_through=True)
    name = str(colour_name or (values.name if isinstance(values, nw.Series) else "") or "label")
    values = np.asarray(values.to_list() if isinstance(values, nw.Series) else values, dtype=None)
    if values.ndim != 1 or len(values) != measured.n_rows:
        raise ParameterError(
            "The 'colour' parameter of report must be a column of the model, or a value for each of the "
            f"{measured.n_rows} rows. Got values of shape {values.shape} instead."
        )
    return _of_values(names.short(name), values[measured.sample], names)


def _of_values(what: str, values: np.ndarray, names: Names) -> Colouring:
    """Classes where there are few values or no numbers, otherwise fifths."""
    kind = values.dtype.kind
    if kind in "iufb" and np.isfinite(values.astype(np.float64)).all():
        values = values.astype(np.float64)
        if len(np.unique(values)) > _MOST_CLASSES:
            return _fifths(what, values)
        found, group = np.unique(values, return_inverse=True)
        return Colouring(what, group, [number(value) for value in found], _classes(len(found)))
    texts = np.asarray(["(none)" if _is_missing(value) else str(value) for value in values.tolist()], dtype=object)
    found, counts = np.unique(texts.astype(str), return_counts=True)
    most_common = found[np.argsort(-counts, kind="stable")][:_MOST_CLASSES]
    if len(found) > _MOST_CLASSES:
        most_common = most_common[:-1]
    shown = sorted(most_common)
    group = np.full(len(texts), len(shown))
    for i, label in enumerate(shown):
        group[texts.astype(str) == label] = i
    labels = [names.short(label) for label in shown] + (["all others"] if len(found) > len(shown) else [])
    return Colouring(what, group, labels, _classes(len(labels)))


def _fifths(what: str, values: Float64[np.ndarray, " sample"]) -> Colouring:
    """Fifths of the rows, from the lowest to the highest values."""
    edges = np.quantile(values, np.linspace(0, 1, 6))
    group = np.searchsorted(edges[1:-1], values, side="left")
    labels = [f"{number(a, 3)} to {number(b, 3)}" for a, b in pairwise(edges)]
    used = np.unique(group)  # there are fewer than five where many values are equal
    return Colouring(what, np.searchsorted(used, group), [labels[i] for i in used], [_RAMP[i] for i in used])


def _classes(count: int) -> list[str]:
    return [f"class-{i + 1}" for i in range(count)]


def _is_missing(value: Any) -> bool:
    return value is None or str(value) in ("nan", "NaT", "<NA>")
