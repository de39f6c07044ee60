"""The plot of a comparison: the share of variance explained by code size."""
# ruff: noqa: PLC0415 — matplotlib is optional, and imported when a plot is made

import math
import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from isthmus.comparison.sentence import saving
from isthmus.errors import OutputError
from isthmus.report.plots import colour, new_figure, percent_axis, plot_style
from isthmus.system.extras import require
from isthmus.system.files import atomic_write
from isthmus.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@runtime_checkable
class Measured(Protocol):
    """The part of a ``Comparison`` that is drawn."""

    @property
    def test_index(self) -> np.ndarray: ...
    @property
    def pca_variance_explained(self) -> Float64[np.ndarray, " sizes"]: ...
    @property
    def sentence(self) -> str: ...

    def by_size(self, model: str, column: str) -> dict[int, float]: ...


def plot_comparison(found: Measured, ax: "Axes | None" = None) -> "Axes":
    """Draw into the axes, or into a new figure of pyplot with the sentence above it."""
    with plot_style("comparison"):
        if ax is not None:
            return _draw(found, ax)
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(7.2, 4.4), layout="constrained", facecolor=colour("paper"))
        return _draw(found, figure.add_subplot(), found.sentence)


def save_comparison(found: Measured, path: str | os.PathLike[str]) -> None:
    """Write the plot, with the sentence above it, to an SVG, PNG or PDF file, whole or not at all.

    Raises MissingExtraError without matplotlib, and OutputError for another suffix or if the file cannot be written.
    """
    kind = plot_format(path)
    from matplotlib import rc_context

    # Letters as shapes: the viewer may lack the typeface that the layout was made for.
    with plot_style("comparison"), rc_context({"svg.fonttype": "path"}), atomic_write(path) as file:
        figure, axes = new_figure(7.2, 4.4)
        _draw(found, axes, found.sentence)
        dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        figure.savefig(file, format=kind, dpi=200, facecolor=colour("paper"), metadata=dated)


def plot_format(path: str | os.PathLike[str]) -> str:
    """The format that a plot's suffix stands for; raises the errors of ``save_comparison`` before the work."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in ("svg", "png", "pdf"):
        raise OutputError(f"{os.fspath(path)}: the name of a plot must end in .svg, .png or .pdf.")
    require("report")
    return kind


def _draw(found: Measured, ax: "Axes", title: str = "") -> "Axes":
    if title:
        ax.set_title(textwrap.fill(title, 88), loc="left", fontsize=9, pad=10)
    pca = found.pca_variance_explained
    random, isthmus = (found.by_size(model, "variance_explained") for model in ("random", "isthmus"))
    ax.plot(range(1, len(pca)), pca[1:], color=colour("pca"), label="PCA")
    label = "random initialisation"
    ax.plot(*zip(*random.items(), strict=True), "s--", color=colour("other"), markersize=4.5, label=label)
    ax.plot(*zip(*isthmus.items(), strict=True), "o-", color=colour("model"), markersize=4.5, label="Isthmus")
    widest = max(2, *isthmus)
    if not math.isnan(pca[0]):
        saved = saving(isthmus, pca.tolist(), 0.95)  # the share in the sentence
        if saved.pca_codes is not None and saved.pca_codes > saved.codes:
            widest = max(widest, saved.pca_codes)
            ends = (saved.codes, saved.pca_codes)
            ax.plot(ends, (saved.share, saved.share), ":", color=colour("muted"), marker="|", linewidth=1.2)
            label, where = f"{saved.codes} instead of {counted(saved.pca_codes, 'code')}", (saved.codes, saved.share)
            ax.annotate(label, where, xytext=(-6, 6), textcoords="offset points", ha="right", fontsize=9)
    lowest = min(*isthmus.values(), *random.values())
    if not math.isnan(lowest):
        ax.set_ylim(max(-0.25, min(0.0, lowest - 0.02)), 1.06)
    ax.set_xscale("log", base=2)
    ax.set_xlim(0.9, 1.2 * widest)
    ticks: list[int] = []
    for size in sorted({1, *isthmus, widest}):
        if not ticks or size > 1.12 * ticks[-1]:  # otherwise their labels overlap
            ticks.append(size)
    ax.set_xticks(ticks, list(map(str, ticks)))
    ax.minorticks_off()
    percent_axis(ax.yaxis)
    ax.set(xlabel="code size", ylabel=f"variance explained of {len(found.test_index)} held-out rows")
    ax.legend(loc="lower right")
    return ax
