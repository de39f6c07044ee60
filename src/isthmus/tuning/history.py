"""The plot of a search's history: the result of each trial, and the best so far."""

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from isthmus.report.figures import lost_axis
from isthmus.report.plots import colour, inline_svg, integer_axis, legend_above, log_axis, new_figure, plot_style
from isthmus.words import counted

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from isthmus.tuning.result import Result

_LABELS = {"error": "variance lost", "code-size": "codes needed", "both": "variance lost, mean over code sizes"}


def search_history(result: "Result", pruned: "list[FrozenTrial]") -> str | None:
    """Every trial as a dot, with the best so far as a line, above the level of PCA; None without completed trials."""
    if not result.trials:
        return None
    worth, label = partial(_worth, result.objective), _LABELS[result.objective]
    completed = sorted(result.trials, key=lambda trial: trial.number)
    numbers = np.array([trial.number for trial in completed])
    values = np.array([worth(trial.merit) for trial in completed])
    crosses = [trial for trial in pruned if trial.intermediate_values] if result.objective == "error" else []
    ended = [1 - trial.intermediate_values[max(trial.intermediate_values)] for trial in crosses]
    best, pca = np.minimum.accumulate(values), worth(result.pca_merit)
    floor, ceiling = best[-1], 1.6 * max(pca, values[0])
    with plot_style():
        figure, axes = new_figure(6.6, 3.5)
        axes.axhline(pca, color=colour("pca"), linestyle=(0, (5, 3)), linewidth=1.4, label="PCA")
        if crosses:
            where = [trial.number for trial in crosses]
            axes.plot(where, ended, "x", color=colour("muted"), markersize=4, label="pruned")
        axes.plot(numbers, values, "o", color=colour("ramp-3"), markersize=4, label="completed")
        end = max([numbers[-1] + 0.5, *(trial.number for trial in crosses)])
        axes.step([*numbers, end], [*best, best[-1]], where="post", color=colour("model"), label="best so far")
        if result.default is not None:
            default = (result.default.number, worth(result.default.merit))
            axes.plot(*default, "D", color=colour("other"), markersize=6, label="default")
        if result.chosen is not None and (result.default is None or result.chosen.number != result.default.number):
            chosen = (result.chosen.number, worth(result.chosen.merit))
            axes.plot(*chosen, "o", color=colour("model"), markersize=7, label="chosen")
        axes.set(xlabel="trial", xlim=(-0.02 * max(end, 1), 1.01 * end))
        if result.objective != "code-size":
            lost_axis(axes, np.clip([*values, pca, *ended], floor, max(ceiling, floor)))
        elif floor > 0 and ceiling > 4 * floor:
            log_axis(axes.yaxis)
        axes.set_ylabel(label)
        integer_axis(axes.xaxis)
        legend_above(axes, 3)
        unit, share = ("codes", 1) if result.objective == "code-size" else ("%", 100)
        description = (
            f"Results of {counted(len(values), 'trial')} ({label}): the first {share * values[0]:.3g} {unit}, the best "
            f"{share * best[-1]:.3g} {unit}, PCA {share * pca:.3g} {unit}."
        )
        return inline_svg(figure, "history", description)


def _worth(objective: str, merit: float) -> float:
    """A merit as a figure of which less is better: the share of variance lost, or the codes needed."""
    return {"error": 1 - merit, "code-size": -merit, "both": math.exp(-math.log(10) * merit)}[objective]
