"""The map of the codes: each row is a dot, coloured by its error, a column, or a label."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import narwhals as nw
import numpy as np
from jaxtyping import Float64, Int

from isthmus.errors import ParameterError
from isthmus.report.figures import code_map
from isthmus.report.measure import Measured
from isthmus.report.words import Names, number

_RAMP = tuple(f"ramp-{i}" for i in range(1, 6))
_MOST_CLASSES = 10


@dataclass(frozen=True)
class CodeMap:
    """The figure, and a legend of labels and colours."""

    figure: str
    what: str
    in_fifths: bool
    legend: list[tuple[str, str]]
    n_rows: int


@dataclass(frozen=True)
class _Colouring:
    """A group for each row of the sample; name and colour of each group."""

    what: str
    group: Int[np.ndarray, " sample"]
    labels: list[str]
    colours: list[str]


def map_of_codes(
    measured: Measured, columns: Sequence[str], names: Names, *, colour: object, colour_name: str | None
) -> CodeMap:
    """Draw the first two codes of the sample, or one code and the error of each row.

    Raises
    ------
    ParameterError
        If ``colour`` is neither a column nor a value for each row.
    """
    found = _colouring(measured, columns, names, colour, colour_name)
    x = measured.sample_codes[:, 0]
    if measured.sample_codes.shape[1] > 1:
        y, labels = measured.sample_codes[:, 1], ("code 1", "code 2")
    else:
        y, labels = measured.row_error[measured.sample], ("code 1", "error of the row")
    description = (
        f"A map of {len(x)} rows in {len(found.labels)} colours: {labels[0]} to the right, from {x.min():.3g} to "
        f"{x.max():.3g}, and {labels[1]} upwards, from {y.min():.3g} to {y.max():.3g}."
    )
    figure = code_map(x, y, found.group, found.colours, labels=labels, description=description)
    legend = list(zip(found.labels, found.colours, strict=True))
    return CodeMap(figure, found.what, found.colours[0] in _RAMP, legend, len(x))


def _colouring(
    measured: Measured, columns: Sequence[str], names: Names, colour: object, colour_name: str | None
) -> _Colouring:
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


def _of_values(what: str, values: np.ndarray, names: Names) -> _Colouring:
    """Classes if there are few values or no numbers, otherwise fifths."""
    kind = values.dtype.kind
    if kind in "iufb" and np.isfinite(values.astype(np.float64)).all():
        values = values.astype(np.float64)
        if len(np.unique(values)) > _MOST_CLASSES:
            return _fifths(what, values)
        found, group = np.unique(values, return_inverse=True)
        return _Colouring(what, group, [number(value) for value in found], _classes(len(found)))
    texts = np.array(["(none)" if _is_missing(value) else str(value) for value in values.tolist()])
    found, counts = np.unique(texts, return_counts=True)
    most_common = found[np.argsort(-counts, kind="stable")][:_MOST_CLASSES]
    if len(found) > _MOST_CLASSES:
        most_common = most_common[:-1]
    shown = sorted(most_common)
    group = np.full(len(texts), len(shown))
    for i, label in enumerate(shown):
        group[texts == label] = i
    labels = [names.short(label) for label in shown] + (["all others"] if len(found) > len(shown) else [])
    return _Colouring(what, group, labels, _classes(len(labels)))


def _fifths(what: str, values: Float64[np.ndarray, " sample"]) -> _Colouring:
    """Fifths of the rows, from the lowest to the highest values."""
    edges = np.quantile(values, np.linspace(0, 1, 6))
    group = np.searchsorted(edges[1:-1], values, side="left")
    labels = [f"{number(a, 3)} to {number(b, 3)}" for a, b in pairwise(edges)]
    used = np.unique(group)  # there are fewer than five where many values are equal
    return _Colouring(what, np.searchsorted(used, group), [labels[i] for i in used], [_RAMP[i] for i in used])


def _classes(count: int) -> list[str]:
    return [f"class-{i + 1}" for i in range(count)]


def _is_missing(value: object) -> bool:
    return value is None or str(value) in ("nan", "NaT", "<NA>")
