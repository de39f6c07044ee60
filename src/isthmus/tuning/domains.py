"""The values that a search may try for a hyperparameter: a range, some choices, or one value."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from isthmus.errors import ParameterError
from isthmus.parameters.rules import is_int, is_real

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

Value: TypeAlias = str | int | float | bool | None

# A range is searched on a logarithmic scale if its ends differ by at least this factor.
_LOGARITHMIC = 8


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; only whole numbers if both ends are whole."""

    low: float
    high: float

    @property
    def is_whole(self) -> bool:
        return is_int(self.low) and is_int(self.high)

    @property
    def is_logarithmic(self) -> bool:
        return self.low > 0 and self.high >= _LOGARITHMIC * self.low

    def suggest(self, trial: "Trial", name: str) -> Value:
        if self.is_whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.is_logarithmic)
        return trial.suggest_float(name, self.low, self.high, log=self.is_logarithmic)

    @property
    def distribution(self) -> "BaseDistribution":
        """What Optuna stores with a value that ``suggest`` has drawn."""
        from optuna.distributions import FloatDistribution, IntDistribution  # noqa: PLC0415 — optional

        if self.is_whole:
            return IntDistribution(int(self.low), int(self.high), log=self.is_logarithmic)
        return FloatDistribution(self.low, self.high, log=self.is_logarithmic)

    def nearest(self, value: object) -> Value:
        """The number in the range that is nearest to ``value``; the lower end if ``value`` is not a number."""
        return min(max(value, self.low), self.high) if is_real(value) else self.low

    @property
    def values(self) -> tuple[Value, ...]:
        return (self.low, self.high)

    def widened(self, value: Value) -> "Range":
        """The range, extended to include ``value``."""
        return Range(min(self.low, value), max(self.high, value)) if is_real(value) else self

    def __contains__(self, value: object) -> bool:
        return is_real(value) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choices:
    """Several values without an order."""

    values: tuple[Value, ...]

    def suggest(self, trial: "Trial", name: str) -> Value:
        return trial.suggest_categorical(name, list(self.values))

    @property
    def distribution(self) -> "BaseDistribution":
        """What Optuna stores with a value that ``suggest`` has drawn."""
        from optuna.distributions import CategoricalDistribution  # noqa: PLC0415 — optional

        return CategoricalDistribution(self.values)

    def nearest(self, value: object) -> Value:
        """``value`` if it is one of the choices, otherwise the first choice."""
        return next((choice for choice in self.values if choice == value), self.values[0])

    def widened(self, value: Value) -> "Choices":
        """The choices, with ``value`` added if it is missing."""
        return self if value in self.values else Choices((*self.values, value))

    def __contains__(self, value: object) -> bool:
        return value in self.values


Domain: TypeAlias = Range | Choices


def read_domain(name: str, value: object) -> object:
    """Read what a user gives for a hyperparameter: a ``Range``, ``Choices`` or one plain value.

    An empty range raises a ``ParameterError``, and so does a choice that is not a text, a number or a bool.
    """
    if isinstance(value, str):
        low, colon, high = value.partition(":")
        ends = (_number(low.strip()), _number(high.strip())) if colon else ()
        if ends and all(map(is_real, ends)):
            return read_domain(name, ends)
        parts = [_number(part.strip()) for part in value.split(",") if part.strip()]
        return parts[0] if len(parts) == 1 and "," not in value else _choices(name, parts)
    if isinstance(value, tuple) and len(value) == 2 and all(map(is_real, value)):
        low, high = value
        if not -math.inf < low <= high < math.inf:
            rule = "must go from a number to a larger one"
            raise ParameterError(f"The range of {name!r} {rule}. Got {low}:{high} instead.")
        return low if low == high else Range(low, high)
    return _choices(name, value) if isinstance(value, Sequence) else value


def _number(text: str) -> Value:
    """Read a number or a bool; any other text stays as it is."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return {"true": True, "false": False}.get(text.lower(), text)


def _choices(name: str, values: Sequence[object]) -> object:
    plain = tuple(value for value in values if value is None or isinstance(value, str | int | float | bool))
    if not values or len(plain) < len(values) or len(set(plain)) < len(plain):
        rule = "must be texts, numbers or bools, each of them once"
        raise ParameterError(f"The choices of {name!r} {rule}. Got {list(values)!r} instead.")
    return plain[0] if len(plain) == 1 else Choices(plain)
