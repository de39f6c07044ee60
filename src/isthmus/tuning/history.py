"""The plot of a search's history: the result of each trial, and the best so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isthmus.report.figures import lost_axis
from isthmus.report.plots import colour, inline_svg, integer_axis, legend_above, log_axis, new_figure, plot_style


@dataclass(frozen=True)
class Course:
    """Results of the trials by trial number; lower is better.

    Attributes
    ----------
    completed, pruned : sequence of (int, float)
        Trial number and result.
    default, chosen : (int, float), optional
        The trials of the default network and of the chosen one.
    pca : float
        PCA's result.
    label : str
        Name of the result.
    in_percent : bool
        Whether results are shares.
    """

    completed: Sequence[tuple[int, float]]
    pruned: Sequence[tuple[int, float]]
    default: tuple[int, float] | None
    chosen: tuple[int, float] | None
    pca: float
    label: str
    in_percent: bool


def search_history(course: Course) -> str:
    """Every trial as a dot, with the best so far as a line, above the level of PCA."""
    numbers, values = (np.array(column) for column in zip(*course.completed, strict=True))
    best = np.minimum.accumulate(values)
    shown = np.array([*values, course.pca, *(value for _, value in course.pruned)])
    floor, ceiling = best[-1], 1.6 * max(course.pca, values[0])
    with plot_style():
        figure = new_figure(6.6, 3.5)
        axes = figure.subplots()
        axes.axhline(course.pca, color=colour("pca"), linestyle=(0, (5, 3)), linewidth=1.4, label="PCA")
        if course.pruned:
            where = np.array(course.pruned)
            axes.plot(*where.T, "x", color=colour("muted"), markersize=4, label="pruned")
        axes.plot(numbers, values, "o", color=colour("ramp-3"), markersize=4, label="completed")
        ends = np.append(numbers, max(numbers[-1], *(number for number, _ in course.pruned), numbers[-1] + 0.5))
        axes.step(ends, np.append(best, best[-1]), where="post", color=colour("model"), label="best so far")
        if course.default is not None:
            axes.plot(*course.default, "D", color=colour("other"), markersize=6, label="default")
        if course.chosen is not None and course.chosen != course.default:
            axes.plot(*course.chosen, "o", color=colour("model"), markersize=7, label="chosen")
        axes.set_xlabel("trial")
        axes.set_xlim(-0.02 * max(ends[-1], 1), 1.01 * ends[-1])
        if course.in_percent:
            lost_axis(axes, np.clip(shown, floor, max(ceiling, floor)))
        elif floor > 0 and ceiling > 4 * floor:
            log_axis(axes.yaxis)
        axes.set_ylabel(course.label)
        integer_axis(axes.xaxis)
        legend_above(axes, 3)
        unit, share = ("%", 100) if course.in_percent else ("codes", 1)
        label = (
            f"Results of {len(values)} trials ({course.label}): the first {share * values[0]:.3g} {unit}, the best "
            f"{share * best[-1]:.3g} {unit}, PCA {share * course.pca:.3g} {unit}."
        )
        return inline_svg(figure, "history", label)
