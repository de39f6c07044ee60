"""The section of a report about a search: its trials, what mattered, the Pareto front, and the best networks."""

from typing import TYPE_CHECKING

import numpy as np

from isthmus.report import Section
from isthmus.report.figures import Curve, rate_distortion
from isthmus.report.html import render
from isthmus.report.sandwich import SMALL, sandwich_svg
from isthmus.tuning.history import search_history
from isthmus.tuning.importance import importances

if TYPE_CHECKING:
    from optuna import Study

    from isthmus.tuning.record import TrialRecord
    from isthmus.tuning.result import Result

_SHOWN = 6
_SHAPE = ("layers", "nodes", "taper", "filters")


def search_section(result: "Result", study: "Study") -> Section:
    """The section about a search, for ``isthmus.report.report``."""
    pruned = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "PRUNED"]
    found = importances(study)
    context = {
        "result": result,
        "has_crosses": bool(pruned) and result.objective == "error",
        "history": search_history(result, pruned),
        "importances": found,
        "largest": max(found.values(), default=0.0),
        "front": _front(result),
        "networks": [_network(trial, result) for trial in _best(result)],
    }
    return Section("tuning", "Tuning", render("tuning/section.html", context))


def _front(result: "Result") -> str | None:
    """The Pareto front beside PCA's curve."""
    pca = np.asarray(result.pca_unexplained)
    if not result.pareto["trial"] or not pca[0] > 0:
        return None
    front = result.pareto
    sizes = np.array(front["code_size"])
    widest = min(len(pca) - 1, max(2 * int(sizes[-1]) if len(sizes) == 1 else int(sizes[-1]), 10))
    components = np.arange(1, widest + 1)
    curves = [Curve("PCA", components, pca[components], "pca")]
    if (default := result.default) is not None:
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


def _network(trial: "TrialRecord", result: "Result") -> dict[str, object]:
    """One of the best networks: drawn, and its settings."""
    names = {"chosen": result.chosen, "default": result.default}
    return {
        "trial": trial.number,
        "mark": " and ".join(name for name, other in names.items() if other and other.number == trial.number),
        "sandwich": sandwich_svg(trial.layers, SMALL),
        "settings": {name.replace("_", " "): value for name, value in trial.values.items() if name not in _SHAPE},
        "lost": float(trial.unexplained[-1]),
        "code_size": trial.sizes[-1],
    }
