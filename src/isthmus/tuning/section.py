"""The section of a report about a search: its trials, what mattered, the Pareto front, and the best networks."""

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from isthmus.report import Section
from isthmus.report.figures import Curve, rate_distortion
from isthmus.report.html import render
from isthmus.report.sandwich import SMALL, sandwich_svg
from isthmus.tuning.history import Course, search_history
from isthmus.tuning.importance import importances

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

    from isthmus.tuning.record import TrialRecord
    from isthmus.tuning.result import Result

_SHOWN = 6
_LABELS = {"error": "variance lost", "code-size": "codes needed", "both": "variance lost, mean over code sizes"}
_SHAPE = ("layers", "nodes", "taper", "filters")


@dataclass(frozen=True)
class Network:
    """One of the best networks: drawn, and its settings."""

    trial: int
    mark: str
    sandwich: str
    settings: dict[str, object]
    lost: float
    code_size: int


def search_section(result: "Result", study: "Study") -> Section:
    """The section about a search, for ``isthmus.report.report``."""
    pruned = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "PRUNED"]
    found = importances(study)
    context = {
        "result": result,
        "has_crosses": bool(pruned) and result.objective == "error",
        "history": _history(result, pruned),
        "importances": found,
        "largest": max(found.values(), default=0.0),
        "front": _front(result),
        "networks": [_network(trial, result) for trial in _best(result)],
    }
    return Section("tuning", "Tuning", render("tuning/section.html", context))


def _history(result: "Result", pruned: "list[FrozenTrial]") -> str | None:
    if not result.trials:
        return None
    worth = partial(_worth, result.objective)
    ended = []
    if result.objective == "error":
        ended = [(trial.number, 1 - trial.intermediate_values[max(trial.intermediate_values)]) for trial in pruned]
    course = Course(
        completed=[(trial.number, worth(trial.merit)) for trial in sorted(result.trials, key=lambda t: t.number)],
        pruned=ended,
        default=None if result.default is None else (result.default.number, worth(result.default.merit)),
        chosen=None if result.chosen is None else (result.chosen.number, worth(result.chosen.merit)),
        pca=worth(result.pca_merit),
        label=_LABELS[result.objective],
        in_percent=result.objective != "code-size",
    )
    return search_history(course)


def _worth(objective: str, merit: float) -> float:
    """A merit as a figure of which less is better: the share of variance lost, or the codes needed."""
    return {"error": 1 - merit, "code-size": -merit, "both": math.exp(-math.log(10) * merit)}[objective]


def _front(result: "Result") -> str | None:
    """The Pareto front beside PCA's curve."""
    pca = np.asarray(result.pca_unexplained)
    if not result.pareto.num_rows or not pca[0] > 0:
        return None
    front = result.pareto.to_pydict()
    sizes = np.array(front["code_size"])
    widest = min(len(pca) - 1, max(2 * int(sizes[-1]) if len(sizes) == 1 else int(sizes[-1]), 10))
    components = np.arange(1, widest + 1)
    curves = [Curve("PCA", components, pca[components], "pca")]
    if result.default is not None:
        default = result.default
        curves.append(Curve("the default network", np.array(default.sizes), default.unexplained, "other"))
    curves.append(Curve("the best of all trials", sizes, 1 - np.array(front["variance_explained"]), "model"))
    return rate_distortion(curves, name="front")


def _best(result: "Result") -> "list[TrialRecord]":
    """The best trials, no two with the same layers, with the chosen one and the default among them."""
    found: list[TrialRecord] = []
    for trial in result.trials:
        if trial.layers and trial.layers not in [other.layers for other in found]:
            found.append(trial)
    wanted = [trial for trial in (result.chosen, result.default) if trial is not None and trial.layers]
    others = [trial for trial in found if trial not in wanted and trial.layers not in [one.layers for one in wanted]]
    kept = {trial.number: trial for trial in [*wanted, *others][:_SHOWN]}
    return sorted(kept.values(), key=lambda trial: (-trial.merit, trial.number))


def _network(trial: "TrialRecord", result: "Result") -> Network:
    names = {"chosen": result.chosen, "default": result.default}
    marks = [name for name, other in names.items() if other is not None and other.number == trial.number]
    return Network(
        trial=trial.number,
        mark=" and ".join(marks),
        sandwich=sandwich_svg(trial.layers, SMALL),
        settings={name.replace("_", " "): value for name, value in trial.values.items() if name not in _SHAPE},
        lost=float(trial.unexplained[-1]),
        code_size=trial.sizes[-1],
    )
