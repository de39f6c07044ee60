"""The map of the codes: each row is a dot, coloured by its error, a column, or a label."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import narwhals as nw
import numpy as np
from jaxtyping import Float64, Int

from isthmus.errors import ParameterError
from isthmus.report.measure import Measured
from isthmus.report.plots import colour as colour_of
from isthmus.report.plots import inline_svg, new_figure, plot_style
from isthmus.report.words import Names, number
from isthmus.words import counted

_MOST_CLASSES = 10
# What is shown, the group of each row of the sample, and label and colour of each group.
_Colouring: TypeAlias = tuple[str, Int[np.ndarray, " sample"], list[tuple[str, str]]]


@dataclass(frozen=True)
class CodeMap:
    """The figure, and a legend of labels and colours."""

    figure: str
    what: str
    in_fifths: bool
    legend: list[tuple[str, str]]
    n_rows: int


def map_of_codes(
    measured: Measured, columns: Sequence[str], names: Names, *, colour: object, colour_name: str | None
) -> CodeMap:
    """Draw the first two codes of the sample, or one code and the error of each row.

    Raises ParameterError if ``colour`` is neither a column nor a value for each row.
    """
    what, group, legend = _colouring(measured, columns, names, colour, colour_name)
    x = measured.sample_codes[:, 0]
    if measured.sample_codes.shape[1] > 1:
        y, x_label, y_label = measured.sample_codes[:, 1], "code 1", "code 2"
    else:
        y, x_label, y_label = measured.row_error[measured.sample], "code 1", "error of the row"
    description = (
        f"A map of {counted(len(x), 'row')} in {counted(len(legend), 'colour')}: {x_label} to the right, from "
        f"{x.min():.3g} to {x.max():.3g}, and {y_label} upwards, from {y.min():.3g} to {y.max():.3g}."
    )
    with plot_style():
        figure, axes = new_figure(6.6, 5.0)
        size = 5.0 if len(x) <= 300 else 4.0 if len(x) <= 1000 else 3.4
        for i, (_, name) in enumerate(legend):  # later groups lie above earlier ones
            chosen = group == i
            # A dot is a line without length and with round ends: all dots of a group are one short path.
            dots = [np.column_stack([v[chosen], v[chosen], np.full(chosen.sum(), np.nan)]).ravel() for v in (x, y)]
            axes.plot(*dots, color=colour_of(name), linewidth=size, alpha=0.8)
        for line in axes.lines:
            line.get_path().should_simplify = False
        axes.set(xlabel=x_label, ylabel=y_label)
        axes.grid(visible=True, axis="both")
        return CodeMap(inline_svg(figure, "map", description), what, legend[0][1].startswith("ramp"), legend, len(x))


def _colouring(
    measured: Measured, columns: Sequence[str], names: Names, colour: object, colour_name: str | None
) -> _Colouring:
    if colour is None:
        return _fifths("error of the row", measured.row_error[measured.sample])
    must = "The 'colour' parameter of report must be a column of the model, or a value for each"
    if isinstance(colour, str):
        if colour not in columns:
            raise ParameterError(f"{must} row. Got {names.short(colour)!r} instead.")
        column = list(columns).index(colour)
        return _of_values(names[column]["text"], measured.sample_values[:, column], names)
    values = nw.from_native(colour, series_only=True, pass_through=True)
    name = str(colour_name or (values.name if isinstance(values, nw.Series) else "") or "label")
    values = np.asarray(values.to_list() if isinstance(values, nw.Series) else values, dtype=None)
    if values.ndim != 1 or len(values) != measured.n_rows:
        raise ParameterError(f"{must} of the {measured.n_rows} rows. Got values of shape {values.shape} instead.")
    return _of_values(names.short(name), values[measured.sample], names)


def _of_values(what: str, values: np.ndarray, names: Names) -> _Colouring:
    """Classes if there are few values or no numbers, otherwise fifths."""
    if values.dtype.kind in "iufb" and np.isfinite(values.astype(np.float64)).all():
        values = values.astype(np.float64)
        found, group = np.unique(values, return_inverse=True)
        if len(found) > _MOST_CLASSES:
            return _fifths(what, values)
        labels = [number(value) for value in found]
    else:
        texts = ["(none)" if v is None or str(v) in ("nan", "NaT", "<NA>") else str(v) for v in values.tolist()]
        found, inverse, counts = np.unique(np.array(texts), return_inverse=True, return_counts=True)
        n_shown = len(found) if len(found) <= _MOST_CLASSES else _MOST_CLASSES - 1
        most_common = np.sort(np.argsort(-counts, kind="stable")[:n_shown])
        rank = np.full(len(found), n_shown)
        rank[most_common] = np.arange(n_shown)
        group = rank[inverse]
        labels = [names.short(label) for label in found[most_common]]
        labels += ["all others"] if len(found) > n_shown else []
    return what, group, [(label, f"class-{i}") for i, label in enumerate(labels, 1)]


def _fifths(what: str, values: Float64[np.ndarray, " sample"]) -> _Colouring:
    """Fifths of the rows, from the lowest to the highest values."""
    edges = np.quantile(values, np.linspace(0, 1, 6))
    group = np.searchsorted(edges[1:-1], values, side="left")
    legend = [(f"{number(a, 3)} to {number(b, 3)}", f"ramp-{i}") for i, (a, b) in enumerate(pairwise(edges), 1)]
    used = np.unique(group)  # there are fewer than five where many values are equal
    return what, np.searchsorted(used, group), [legend[i] for i in used]
