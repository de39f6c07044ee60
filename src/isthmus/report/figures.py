"""Two plots of the report: learning curves, and error against code size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int

from isthmus.report.model import Model
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
from isthmus.words import counted, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Curve:
    """Shares of the variance that are lost, by code size."""

    label: str
    sizes: Int[np.ndarray, " sizes"]
    lost: Float64[np.ndarray, " sizes"]
    colour: str


def learning_curves(model: Model) -> str | None:
    """Draw errors by epoch, as shares of the variance, and the level of PCA; None if there is nothing to show.

    The errors of a network that was trained on parts are of different rows, which no line connects.
    """
    if model.n_epochs_ == 0 or not model.validation_variance_ > 0 or hasattr(model, "n_samples_seen_"):
        return None
    scored = model.scored_rows if model.held_out_ else f"{model.scored_rows} after the epoch"
    variance, epochs, best_epoch = model.validation_variance_, np.asarray(model.history_["epoch"]), model.best_epoch_
    training = np.asarray(model.history_["training_error"]) / variance
    measured = np.asarray(model.history_["validation_error"]) / variance
    pca, best, known = model.pca_error_ / variance, measured[best_epoch], np.isfinite(training)
    with plot_style():
        figure, axes = new_figure()
        axes.axhline(pca, color=colour("pca"), linestyle=(0, (5, 3)), linewidth=1.4, label="PCA")
        axes.plot(epochs[known], training[known], color=colour("muted"), linewidth=1.2, label="training rows")
        axes.plot(epochs, measured, color=colour("model"), label=scored)
        axes.plot([best_epoch], [best], "o", color=colour("model"), markersize=6, label="kept weights")
        axes.set(xlabel="epoch", xlim=(-0.01 * epochs[-1], 1.01 * epochs[-1]))  # room for the dot at either end
        lost_axis(axes, np.concatenate([training[known], measured, [pca]]))
        integer_axis(axes.xaxis)
        legend_above(axes)
        label = (
            f"Learning curves over {counted(int(epochs[-1]), 'epoch')}: on {scored} the model loses "
            f"{percent(measured[0])} of the variance at the start and {percent(best)} at epoch {best_epoch}, whose "
            f"weights were kept; PCA loses {percent(pca)}."
        )
        return inline_svg(figure, "learning", label)


def rate_distortion(curves: Sequence[Curve], name: str = "rate") -> str:
    """Draw the share of variance lost by code size, for several methods; a single size is a dot.

    ``name`` must be unique among the figures of a page.
    """
    with plot_style():
        figure, axes = new_figure()
        words = []
        for curve in curves:
            n = len(curve.sizes)
            line, size = ("-", 3.5) if n > 1 else ("none", 8)
            marker, hue = "o" if n <= 40 else None, colour(curve.colour)
            axes.plot(
                curve.sizes, curve.lost, linestyle=line, marker=marker, markersize=size, color=hue, label=curve.label
            )
            some = sorted({int(i) for i in np.linspace(0, n - 1, 4)})
            points = ", ".join(f"{percent(curve.lost[i])} with {curve.sizes[i]}" for i in some)
            words.append(f"{curve.label}: {points}")
        axes.set_xlabel("code size")
        lost_axis(axes, np.concatenate([curve.lost for curve in curves]))
        integer_axis(axes.xaxis)
        legend_above(axes, 2)
        return inline_svg(figure, name, f"Share of the variance that is lost, by code size. {'; '.join(words)}.")


def lost_axis(axes: "Axes", shares: Float64[np.ndarray, " shares"]) -> None:
    """Make the y axis one of shares of the variance, logarithmic if they differ much."""
    above = shares[shares > 1e-6]
    axes.set_ylabel("variance lost")
    if len(above) and above.max() > 4 * above.min():
        log_axis(axes.yaxis, (1, 2, 5) if above.max() > 30 * above.min() else (1, 1.5, 2, 3, 5, 7))
        axes.set_ylim(above.min() / 1.25, above.max() * 1.25)
    percent_axis(axes.yaxis)
