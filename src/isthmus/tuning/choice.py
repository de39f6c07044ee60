"""Which network is chosen: the best of the search, if it is better than the default by more than chance."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64

from isthmus.networks.layers import Layer
from isthmus.tuning.objective import DEFAULT

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

# The best of many trials owes a part of its score to chance, so its lead must be so many standard errors.
_ERRORS = 2.0


@dataclass(frozen=True)
class Scored:
    """What a trial that was trained to its end has left."""

    number: int
    values: Mapping[str, Any]
    merit: float
    sizes: tuple[int, ...]
    unexplained: Float64[np.ndarray, " sizes"]
    errors: Float64[np.ndarray, " groups"]
    widths: tuple[int, ...]
    layers: tuple[Layer, ...]
    loss: str
    seconds: float
    is_default: bool


def scored(trials: "list[FrozenTrial]") -> list[Scored]:
    """The completed trials, the best first."""
    found = [
        Scored(
            number=trial.number,
            values=trial.params,
            merit=float(trial.value),
            sizes=tuple(trial.user_attrs["sizes"]),
            unexplained=np.array(trial.user_attrs["unexplained"]),
            errors=np.array(trial.user_attrs["errors"]),
            widths=tuple(trial.user_attrs["widths"]),
            layers=tuple(Layer(name, width) for name, width in trial.user_attrs["layers"]),
            loss=trial.user_attrs["loss"],
            seconds=trial.user_attrs["seconds"],
            is_default=DEFAULT in trial.user_attrs,
        )
        for trial in trials
        if trial.state.name == "COMPLETE" and trial.value is not None and math.isfinite(trial.value)
    ]
    return sorted(found, key=lambda trial: (-trial.merit, trial.number))


def default_of(trials: list[Scored]) -> Scored | None:
    """The trial of the default network."""
    return next((trial for trial in trials if trial.is_default), None)


def is_better(trial: Scored, default: Scored) -> bool:
    """Whether a network's errors are lower than the default's by more than would differ on other rows.

    The errors of both are of the same groups of rows, so that what makes a group hard cancels.
    """
    difference = default.errors - trial.errors
    spread = float(difference.std(ddof=1)) * math.sqrt(len(difference)) if len(difference) > 1 else 0.0
    return bool(trial.merit > default.merit and difference.sum() > _ERRORS * spread)


@dataclass(frozen=True)
class Front:
    """The smallest unexplained share with each number of codes, over all trials, where more codes are worth it."""

    sizes: tuple[int, ...]
    unexplained: tuple[float, ...]
    trials: tuple[int, ...]


def pareto(trials: list[Scored]) -> Front:
    """No other trial explains as much with as few codes."""
    points = sorted(
        (size, float(share), trial.number)
        for trial in trials
        for size, share in zip(trial.sizes, trial.unexplained, strict=True)
    )
    front: list[tuple[int, float, int]] = []
    for point in points:
        if not front or point[1] < front[-1][1]:
            front.append(point)
    sizes, shares, numbers = zip(*front, strict=True) if front else ((), (), ())
    return Front(tuple(sizes), tuple(shares), tuple(numbers))


def smallest(sizes: tuple[int, ...], unexplained: Float64[np.ndarray, " sizes"], target: float) -> int | None:
    """The fewest codes that explain a share of the variance."""
    return next((size for size, share in zip(sizes, unexplained, strict=True) if 1 - share >= target), None)
