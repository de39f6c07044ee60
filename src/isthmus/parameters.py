"""Checks of the parameters that estimators share, in scikit-learn's words."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from isthmus.errors import ParameterError


def refuse(estimator: object, name: str, rule: str, value: object) -> ParameterError:
    """The error that says which parameter broke which rule, and with what value."""
    return ParameterError(
        f"The {name!r} parameter of {type(estimator).__name__} must be {rule}. Got {value!r} instead."
    )


def check_choice(estimator: object, name: str, choices: Sequence[str]) -> None:
    value = getattr(estimator, name)
    if not isinstance(value, str) or value not in choices:
        raise refuse(estimator, name, "one of " + ", ".join(map(repr, choices)), value)


def check_int(estimator: object, name: str, minimum: int, *, or_else: tuple[Any, ...] = ()) -> None:
    """An int of at least ``minimum``, or one of the values in ``or_else``."""
    value = getattr(estimator, name)
    if _is_one_of(value, or_else) or (_is_int(value) and value >= minimum):
        return
    raise refuse(estimator, name, " or ".join([f"an int of at least {minimum}", *map(repr, or_else)]), value)


def check_real(
    estimator: object,
    name: str,
    rule: str,
    low: float,
    high: float,
    *,
    open_low: bool = False,
    open_high: bool = False,
) -> None:
    """A number between ``low`` and ``high``, which belong to the range unless they are open."""
    value = getattr(estimator, name)
    if isinstance(value, Real) and not isinstance(value, bool):
        above = low < value if open_low else low <= value
        below = value < high if open_high else value <= high
        if above and below:
            return
    raise refuse(estimator, name, rule, value)


def check_bool(estimator: object, name: str) -> None:
    value = getattr(estimator, name)
    if not isinstance(value, bool) and type(value).__name__ not in ("bool_", "bool"):
        raise refuse(estimator, name, "a bool", value)


def check_layers(estimator: object, name: str, *, optional: bool = False) -> None:
    """An int of at least 0 (how many hidden layers) or a sequence of ints of at least 1 (their widths)."""
    value = getattr(estimator, name)
    if (optional and value is None) or (_is_int(value) and value >= 0):
        return
    if isinstance(value, Sequence) and not isinstance(value, str) and all(_is_int(v) and v >= 1 for v in value):
        return
    rule = "an int of at least 0 (hidden layers) or a tuple of ints of at least 1 (nodes in each)"
    raise refuse(estimator, name, rule + (" or None (the mirror of the encoder)" if optional else ""), value)


def check_code_size(estimator: object, name: str) -> None:
    value = getattr(estimator, name)
    if _is_int(value) and value >= 1:
        return
    if isinstance(value, Real) and not isinstance(value, Integral) and 0 < value < 1:
        return
    rule = "an int of at least 1 (codes) or a float between 0 and 1 (share of the variance that PCA must keep)"
    raise refuse(estimator, name, rule, value)


def _is_int(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_one_of(value: object, choices: tuple[Any, ...]) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in choices)
