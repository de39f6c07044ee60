"""The plots of the report: learning curves, error against code size, and the map of the codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int

from isthmus.report.plots import (
    colour,
    inline_svg,
    integer_axis,
    legend_above,
    log_axis,
    new_figure,
    percent_axis,
    plot_style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Curve:
    """Shares of the variance that are lost, by code size."""

    label: str
    sizes: Int[np.ndarray, " sizes"]
    lost: Float64[np.ndarray, " sizes"]
    colour: str


def learning_curves(
    history: Mapping[str, Sequence[float]], best_epoch: int, pca: float, variance: float, scored: str
) -> str:
    """Draw errors by epoch, as shares of the variance, and the level of PCA; ``scored`` names the rows that count."""
    epochs = np.asarray(history["epoch"])
    with plot_style():
        figure = new_figure()
        axes = figure.subplots()
        training, measured = (np.asarray(history[f"{kind}_error"]) / variance for kind in ("training", "validation"))
        known = np.isfinite(training)
        axes.axhline(pca / variance, color=colour("pca"), linestyle=(0, (5, 3)), linewidth=1.4, label="PCA")
        axes.plot(epochs[known], training[known], color=colour("muted"), linewidth=1.2, label="training rows")
        axes.plot(epochs, measured, color=colour("model"), label=scored)
        best = measured[best_epoch]
        axes.plot([best_epoch], [best], "o", color=colour("model"), markersize=6, label="kept weights")
        axes.set_xlabel("epoch")
        axes.set_xlim(-0.01 * epochs[-1], 1.01 * epochs[-1])  # room for the dot at either end
        lost_axis(axes, np.concatenate([training[known], measured, [pca / variance]]))
        integer_axis(axes.xaxis)
        legend_above(axes)
        label = (
            f"Learning curves over {epochs[-1]} epochs: on {scored} the model loses {100 * measured[0]:.3g} % of "
            f"the variance at the start and {100 * best:.3g} % at epoch {best_epoch}, whose weights were kept; PCA "
            f"loses {100 * pca / variance:.3g} %."
        )
        return inline_svg(figure, "learning", label)


def rate_distortion(curves: Sequence[Curve], name: str = "rate") -> str:
    """Draw the share of variance lost by code size, for several methods; a single size is a dot.

    ``name`` must be unique among the figures of a page.
    """
    with plot_style():
        figure = new_figure()
        axes = figure.subplots()
        for curve in curves:
            axes.plot(
                curve.sizes,
                curve.lost,
                color=colour(curve.colour),
                marker="o" if len(curve.sizes) <= 40 else None,
                markersize=8 if len(curve.sizes) == 1 else 3.5,
                linestyle="-" if len(curve.sizes) > 1 else "none",
                label=curve.label,
            )
        axes.set_xlabel("code size")
        lost_axis(axes, np.concatenate([curve.lost for curve in curves]))
        integer_axis(axes.xaxis)
        legend_above(axes, 2)
        words = "; ".join(
            f"{curve.label}: " + ", ".join(f"{100 * curve.lost[i]:.3g} % with {curve.sizes[i]}" for i in _some(curve))
            for curve in curves
        )
        return inline_svg(figure, name, f"Share of the variance that is lost, by code size. {words}.")


def code_map(
    x: Float64[np.ndarray, " rows"],
    y: Float64[np.ndarray, " rows"],
    group: Int[np.ndarray, " rows"],
    colours: Sequence[str],
    *,
    labels: tuple[str, str],
    description: str,
) -> str:
    """Draw rows as dots in the colours of their groups; later groups lie above earlier ones."""
    with plot_style():
        figure = new_figure(6.6, 5.0)
        axes = figure.subplots()
        size = 5.0 if len(x) <= 300 else 4.0 if len(x) <= 1000 else 3.4
        for i, name in enumerate(colours):
            chosen = group == i
            # A dot is a line without length and with round ends: all dots of a group are one short path.
            dots = [np.column_stack([v[chosen], v[chosen], np.full(chosen.sum(), np.nan)]).ravel() for v in (x, y)]
            axes.plot(*dots, color=colour(name), linewidth=size, alpha=0.8)
        for line in axes.lines:
            line.get_path().should_simplify = False
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.grid(visible=True, axis="both")
        return inline_svg(figure, "map", description)


def lost_axis(axes: "Axes", shares: Float64[np.ndarray, " shares"]) -> None:
    """Make the y axis one of shares of the variance, logarithmic if they differ much."""
    above = shares[shares > 1e-6]
    axes.set_ylabel("variance lost")
    if len(above) and above.max() > 4 * above.min():
        log_axis(axes.yaxis, (1, 2, 5) if above.max() > 30 * above.min() else (1, 1.5, 2, 3, 5, 7))
        axes.set_ylim(above.min() / 1.25, above.max() * 1.25)
    percent_axis(axes.yaxis)


def _some(curve: Curve) -> list[int]:
    """A few evenly spaced positions on a curve."""
    return sorted({int(i) for i in np.linspace(0, len(curve.sizes) - 1, 4)})
