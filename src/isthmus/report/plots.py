"""Shared by all plots: matplotlib without global state, one style, and SVG for light and dark pages.

Plots are drawn in the light colours of ``COLOURS``. In SVG each of them becomes a CSS variable, so that one figure
serves light and dark pages. Names that users chose (columns, labels) belong in the page around a figure, not in the
figure: matplotlib's font lacks many letters.
"""
# ruff: noqa: PLC0415 — matplotlib is optional, and imported when a plot is made

import html
import io
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from isthmus.system.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis, YAxis
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

# Name of the CSS variable: the colour on white paper, and on a dark screen. No two light colours may be equal, since
# they identify the names.
COLOURS = {
    "paper": ("#ffffff", "#12161b"),
    "ink": ("#18212b", "#e8ecf0"),
    "muted": ("#586472", "#9eaab6"),
    "line": ("#d8dee4", "#323b45"),
    "model": ("#0a6c74", "#54c5c9"),
    "pca": ("#b2500c", "#f0a35c"),
    "other": ("#7b5ea7", "#b9a1e0"),
    "ramp-1": ("#b4d2d4", "#2d575b"),
    "ramp-2": ("#83babd", "#36757a"),
    "ramp-3": ("#4f9ca2", "#3d979b"),
    "ramp-4": ("#0e717a", "#63c6ca"),
    "ramp-5": ("#073f45", "#c4f1f2"),
    "class-1": ("#0a6b73", "#54c6ca"),
    "class-2": ("#b2510c", "#f0a45c"),
    "class-3": ("#7b5fa7", "#b9a2e0"),
    "class-4": ("#4d7a1f", "#a3cf6b"),
    "class-5": ("#b03060", "#ee8aae"),
    "class-6": ("#2f5fb0", "#82adf2"),
    "class-7": ("#8a6d00", "#dcc04a"),
    "class-8": ("#5c4033", "#c9a48f"),
    "class-9": ("#0b8f4d", "#5ddb98"),
    "class-10": ("#6b7683", "#aab6c2"),
}

_VARIABLES = {light: f"var(--{name})" for name, (light, _) in COLOURS.items()}
_SERIES = ("model", "pca", "other", *(f"class-{i}" for i in range(4, 10)))
_RENDERING = threading.RLock()  # matplotlib's settings belong to the whole process while a figure is made
_STYLE: "dict[RcKeyType, object]" = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so the layout is the same everywhere
    "font.size": 10.0, "text.parse_math": False, "text.color": COLOURS["ink"][0], "svg.fonttype": "none",
    "axes.edgecolor": COLOURS["muted"][0], "axes.labelcolor": COLOURS["muted"][0], "axes.linewidth": 0.8,
    "axes.facecolor": "none", "figure.facecolor": "none", "axes.spines.right": False, "axes.spines.top": False,
    "axes.grid": True, "axes.grid.axis": "y", "axes.axisbelow": True,
    "grid.color": COLOURS["line"][0], "grid.linewidth": 0.8,
    "legend.frameon": False, "legend.handlelength": 1.6,
    "lines.linewidth": 1.8, "lines.solid_capstyle": "round", "lines.solid_joinstyle": "round",
    "xtick.color": COLOURS["muted"][0], "xtick.major.size": 0.0, "xtick.minor.size": 0.0, "xtick.major.pad": 6.0,
    "ytick.color": COLOURS["muted"][0], "ytick.major.size": 0.0, "ytick.minor.size": 0.0, "ytick.major.pad": 6.0,
}  # fmt: skip


def colour(name: str) -> str:
    """The light colour of a name, for matplotlib."""
    return COLOURS[name][0]


def css_variables() -> str:
    """The style sheet that defines the colours of both schemes; print is light."""
    light, dark = ("".join(f"--{name}:{pair[i]};" for name, pair in COLOURS.items()) for i in (0, 1))
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


@contextmanager
def plot_style(name: str = "plot") -> Iterator[None]:
    """Use the style of the reports while figures are made or drawn, whatever the user's settings.

    ``name`` is the seed of the identifiers within an SVG.
    """
    require("report")
    from cycler import cycler
    from matplotlib import rc_context, rcParamsDefault

    kept = {"backend", "backend_fallback", "interactive", "toolbar"}
    settings = {key: value for key, value in rcParamsDefault.items() if key not in kept} | _STYLE
    settings |= {"svg.hashsalt": name, "axes.prop_cycle": cycler(color=[colour(series) for series in _SERIES])}
    with _RENDERING, rc_context(settings):
        yield


def new_figure(width: float = 6.6, height: float = 3.2) -> "tuple[Figure, Axes]":
    """An empty figure unknown to pyplot (sizes in inches) and its axes. Call this, and draw, within ``plot_style``."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def legend_above(axes: "Axes", n_columns: int = 4) -> None:
    """Put the legend above the axes, where it hides no data."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.02), ncols=n_columns, borderaxespad=0, columnspacing=1.6, borderpad=0
    )


def percent_axis(axis: "XAxis | YAxis") -> None:
    """Label shares on an axis in percent."""
    axis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")


def integer_axis(axis: "XAxis | YAxis") -> None:
    """Put ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def log_axis(axis: "XAxis | YAxis", ticks: Sequence[float] = (1, 2, 5)) -> None:
    """Make an axis logarithmic, with several ticks a decade, so that a short range also has some."""
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

    getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
    axis.set_major_locator(LogLocator(subs=ticks, numticks=20))
    axis.set_major_formatter(lambda value, _: f"{value:.6g}")
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def inline_svg(figure: "Figure", name: str, label: str) -> str:
    """A figure as an SVG element for an HTML page; the same figure gives the same text.

    Text stays text, in the page's typeface, and colours are the CSS variables of ``css_variables``. Identifiers begin
    with ``name``, unique among the figures of the page. ``label`` is the figure in words, for screen readers.
    """
    file = io.StringIO()
    with plot_style(name):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # it would move things a little at every drawing
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(file, format="svg", metadata=nothing, transparent=True)
    svg = file.getvalue()
    ((width, height),) = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    body = svg.partition("</defs>")[2]  # the first of them holds a style of the whole page
    body = re.sub(r'style="([^"]*)"', lambda found: f'style="{_themed(found[1])}"', body)
    body = _short(_own_identifiers(body, name))
    return (
        f'<svg class="plot" role="img" aria-label="{html.escape(label)}" viewBox="0 0 {width} {height}" '
        f'width="{float(width) * 4 / 3:g}" height="{float(height) * 4 / 3:g}" stroke-linejoin="round">{body.strip()}'
    )


def _themed(style: str) -> str:
    """A style attribute with CSS variables for colours, and the page's typeface."""
    style = re.sub(r"font-family: [^;]*;? ?", "", style)
    return re.sub("#[0-9a-f]{6}", lambda found: _VARIABLES.get(found[0], found[0]), style)


def _short(body: str) -> str:
    """Drop elements that draw nothing, and round coordinates to a hundredth of a point."""
    body = re.sub(r' transform="rotate\(-0 [^"]*"', "", body)
    body = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", body)
    body = re.sub(r' (?:d|x|y|transform)="[^"]*"', lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]), body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    while (shorter := re.sub(r"<g>\s*</g>|<g/>\n?", "", body)) != body:
        body = shorter
    return body


def _own_identifiers(body: str, name: str) -> str:
    """Keep only identifiers that are referred to, and prefix them with the figure's name."""
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body)
    return re.sub(r'(?:xlink:)?(href="|url\()#', rf"\1#{name}-", body)
