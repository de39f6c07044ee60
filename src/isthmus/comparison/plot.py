"""The plot of a comparison: the share of variance explained over the number of codes."""
# ruff: noqa: PLC0415 — matplotlib is optional, and imported when a plot is made

import math
import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.comparison.result import Comparison
from isthmus.comparison.sentence import saving
from isthmus.errors import OutputError
from isthmus.report.plots import colour, new_figure, percent_axis, plot_style, require_report_extra
from isthmus.system.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("svg", "png", "pdf")
_SHARE = 0.95


def plot_comparison(comparison: Comparison, ax: "Axes | None" = None) -> "Axes":
    """Draw into the axes, or into a new figure of pyplot with the sentence above it."""
    with plot_style("comparison"):
        if ax is None:
            from matplotlib import pyplot

            figure = pyplot.figure(figsize=(7.2, 4.4), layout="constrained", facecolor=colour("paper"))
            ax = figure.add_subplot()
            _say(comparison, ax)
        _draw(comparison, ax)
    return ax


def save_comparison(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Write the plot, with the sentence above it, to an SVG, PNG or PDF file, whole or not at all.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OutputError
        If the name has another suffix, or the file cannot be written.
    """
    kind = plot_format(path)
    from matplotlib import rc_context

    # Letters as shapes: what shows the file need not have the typeface that the layout was made for.
    with plot_style("comparison"), rc_context({"svg.fonttype": "path"}), atomic_write(path) as file:
        figure = new_figure(7.2, 4.4)
        axes = figure.add_subplot()
        _say(comparison, axes)
        _draw(comparison, axes)
        dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        figure.savefig(file, format=kind, dpi=200, facecolor=colour("paper"), metadata=dated)


def plot_format(path: str | os.PathLike[str]) -> str:
    """The format that the name of a plot says; raises as ``save_comparison`` does, before the work."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        suffixes = " or ".join([", ".join(f".{name}" for name in FORMATS[:-1]), f".{FORMATS[-1]}"])
        raise OutputError(f"{os.fspath(path)}: the name of a plot must end in {suffixes}.")
    require_report_extra()
    return kind


def _say(comparison: Comparison, ax: "Axes") -> None:
    ax.set_title(textwrap.fill(comparison.sentence, 88), loc="left", fontsize=9, pad=10)


def _draw(comparison: Comparison, ax: "Axes") -> None:
    sizes = comparison.code_sizes
    pca = comparison.pca_variance_explained
    drawn = {
        "random start": (comparison.by_size("random", "variance_explained"), "other", "s", "--"),
        "Isthmus": (comparison.by_size("isthmus", "variance_explained"), "model", "o", "-"),
    }
    ax.plot(range(1, len(pca)), pca[1:], color=colour("pca"), label="PCA")
    for name, (explained, hue, marker, line) in drawn.items():
        look: dict[str, Any] = {"color": colour(hue), "marker": marker, "markersize": 4.5, "linestyle": line}
        ax.plot(list(explained), list(explained.values()), label=name, **look)
    widest = max(2, *sizes)
    if not math.isnan(pca[0]):
        found = saving(drawn["Isthmus"][0], pca.tolist(), _SHARE)
        if found.pca_codes is not None and found.pca_codes > found.codes:
            widest = max(widest, found.pca_codes)
            ends = (found.codes, found.pca_codes)
            ax.plot(ends, (found.share, found.share), ":", color=colour("muted"), marker="|", linewidth=1.2)
            label = f"{found.codes} instead of {found.pca_codes} codes"
            where = (found.codes, found.share)
            ax.annotate(label, where, xytext=(-6, 6), textcoords="offset points", ha="right", fontsize=9)
    lowest = min(min(explained.values()) for explained, *_ in drawn.values())
    if not math.isnan(lowest):
        ax.set_ylim(max(-0.25, min(0.0, lowest - 0.02)), 1.06)
    ax.set_xscale("log", base=2)
    ax.set_xlim(0.9, 1.2 * widest)
    ticks = _apart({1, *sizes, widest})
    ax.set_xticks(ticks, list(map(str, ticks)))
    ax.minorticks_off()
    percent_axis(ax.yaxis)
    ax.set_xlabel("codes")
    ax.set_ylabel(f"variance explained of {len(comparison.test_index)} held-out rows")
    ax.legend(loc="lower right")


def _apart(sizes: set[int]) -> list[int]:
    """Those sizes whose labels have room beside each other on a logarithmic axis."""
    ticks: list[int] = []
    for size in sorted(sizes):
        if not ticks or size > 1.12 * ticks[-1]:
            ticks.append(size)
    return ticks
