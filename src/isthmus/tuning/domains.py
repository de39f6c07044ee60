"""What a user may write for a hyperparameter: a range, choices, or one value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isthmus.errors import ParameterError
from isthmus.estimators.parameters import is_int, is_real

if TYPE_CHECKING:
    from optuna.trial import Trial

# A range whose ends differ by this factor is searched by the logarithm.
_LOGARITHMIC = 8


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; whole ones if both are."""

    low: float
    high: float

    @property
    def is_whole(self) -> bool:
        return is_int(self.low) and is_int(self.high)

    @property
    def by_logarithm(self) -> bool:
        return self.low > 0 and self.high >= _LOGARITHMIC * self.low

    def suggest(self, trial: "Trial", name: str) -> float:
        if self.is_whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.by_logarithm)
        return trial.suggest_float(name, self.low, self.high, log=self.by_logarithm)

    def nearest(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def __contains__(self, value: Any) -> bool:
        return is_real(value) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choices:
    """Some values, in no order."""

    values: tuple[Any, ...]

    def suggest(self, trial: "Trial", name: str) -> Any:
        return trial.suggest_categorical(name, list(self.values))

    def nearest(self, value: Any) -> Any:
        return value if value in self.values else self.values[0]

    def __contains__(self, value: Any) -> bool:
        return value in self.values


Domain = Range | Choices


def read_domain(name: str, value: Any) -> Any:
    """A Range, Choices or one plain value from what a user may write.

    Raises
    ------
    ParameterError
        If it is none of them, or a range without numbers in it.
    """
    if isinstance(value, str):
        low, colon, high = value.partition(":")
        ends = [number(low.strip()), number(high.strip())] if colon else []
        if ends and all(map(is_real, ends)):
            return _range(name, ends[0], ends[1])
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if len(parts) != 1 or "," in value:
            return _choices(name, [number(part) for part in parts])
        return number(parts[0])
    if isinstance(value, tuple) and len(value) == 2 and all(map(is_real, value)):
        return _range(name, *value)
    if isinstance(value, Sequence):
        return _choices(name, list(value))
    return value


def _range(name: str, low: Any, high: Any) -> Any:
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        raise ParameterError(f"The range of {name!r} must go from a number to a larger one. Got {low}:{high} instead.")
    return low if low == high else Range(low, high)


def _choices(name: str, values: list[Any]) -> Any:
    plain = all(value is None or isinstance(value, str | int | float | bool) for value in values)
    if not values or not plain or len(set(values)) < len(values):
        raise ParameterError(
            f"The choices of {name!r} must be texts, numbers or bools, each of them once. Got {values!r} instead."
        )
    return values[0] if len(values) == 1 else Choices(tuple(values))


def number(text: str) -> Any:
    """A number, a bool, or the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(text.lower(), text)
