"""Checks of the parameters that estimators share, in scikit-learn's words."""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

from isthmus.errors import ParameterError
from isthmus.parameters.rules import NOISE_STRENGTHS as DEFAULT_STRENGTHS
from isthmus.training.corruption import Noise


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
    if _is_one_of(value, or_else) or (is_int(value) and value >= minimum):
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
    if is_real(value):
        above = low < value if open_low else low <= value
        below = value < high if open_high else value <= high
        if above and below:
            return
    raise refuse(estimator, name, rule, value)


def check_bool(estimator: object, name: str, *, or_auto: bool = False) -> None:
    value = getattr(estimator, name)
    if or_auto and isinstance(value, str) and value == "auto":
        return
    if not isinstance(value, bool) and type(value).__name__ not in ("bool_", "bool"):
        raise refuse(estimator, name, "a bool" + " or 'auto'" * or_auto, value)


def check_layers(estimator: object, name: str, *, optional: bool = False) -> None:
    """An int of at least 0 (how many hidden layers) or a sequence of ints of at least 1 (their widths)."""
    value = getattr(estimator, name)
    if (optional and value is None) or (is_int(value) and value >= 0):
        return
    if _are_ints(value, 1):
        return
    rule = "an int of at least 0 (hidden layers) or a tuple of ints of at least 1 (nodes in each)"
    raise refuse(estimator, name, rule + (" or None (the mirror of the encoder)" if optional else ""), value)


def check_code_size(estimator: object, name: str) -> None:
    value = getattr(estimator, name)
    if is_int(value) and value >= 1:
        return
    if is_real(value) and not is_int(value) and 0 < value < 1:
        return
    rule = "an int of at least 1 (codes) or a float between 0 and 1 (share of the variance that PCA must keep)"
    raise refuse(estimator, name, rule, value)


def check_filters(estimator: object, name: str, *, optional: bool = False) -> None:
    """An int of at least 1 or a sequence of such, one for each layer."""
    value = getattr(estimator, name)
    if (optional and value is None) or (is_int(value) and value >= 1) or (_are_ints(value, 1) and len(value) > 0):
        return
    rule = "an int of at least 1 (filters in each of two layers) or a tuple of such (filters in each layer)"
    raise refuse(estimator, name, rule + (" or None (the mirror of the encoder)" if optional else ""), value)


def check_kernel_size(estimator: object, name: str) -> None:
    value = getattr(estimator, name)
    if not (is_int(value) and value >= 1 and value % 2 == 1):
        raise refuse(estimator, name, "an odd int of at least 1", value)


def check_pooling(estimator: object, name: str, n_layers: int) -> None:
    """A bool, or one for each layer."""
    value = getattr(estimator, name)
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) == n_layers and all(isinstance(pools, bool | np.bool_) for pools in value):
            return
    elif isinstance(value, bool | np.bool_):
        return
    raise refuse(estimator, name, f"a bool or a tuple of {n_layers} bools (one for each layer of the encoder)", value)


def check_image_shape(estimator: object, name: str) -> None:
    value = getattr(estimator, name)
    if value is not None and not (_are_ints(value, 1) and len(value) in (2, 3)):
        raise refuse(estimator, name, "(height, width), (height, width, channels) or None", value)


def checked_noise(estimator: object, value: Any) -> Noise | None:
    """The ``noise`` parameter with its strength."""
    if value is None:
        return None
    kind, strength = value if isinstance(value, tuple) and len(value) == 2 else (value, math.nan)
    if isinstance(kind, str) and kind in DEFAULT_STRENGTHS:
        if isinstance(value, str):
            strength = DEFAULT_STRENGTHS[kind]
        if is_real(strength) and 0 < strength < (math.inf if kind == "gaussian" else 1):
            return Noise(kind, float(strength))
    rule = (
        "None, one of " + ", ".join(map(repr, DEFAULT_STRENGTHS)) + ", or a tuple of one of these and its "
        "strength (gaussian: above 0; the others: between 0 and 1)"
    )
    raise refuse(estimator, "noise", rule, value)


def checked_device(estimator: object, value: Any) -> torch.device:
    """The device that ``device`` stands for."""
    if isinstance(value, str) and value == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=value).device
    except (RuntimeError, AssertionError, TypeError):
        rule = 'a device that this machine has ("auto", "cpu", "cuda", "cuda:1", …)'
        raise refuse(estimator, "device", rule, value) from None


def is_real(value: Any) -> bool:
    """Whether a value is a number that can be compared with others."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_int(value: Any) -> bool:
    """Whether a value is a whole number by its type."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _are_ints(values: Any, minimum: int) -> bool:
    is_sequence = isinstance(values, Sequence) and not isinstance(values, str)
    return is_sequence and all(is_int(value) and value >= minimum for value in values)


def _is_one_of(value: object, choices: tuple[Any, ...]) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in choices)
