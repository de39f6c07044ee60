"""Rules for the values of parameters, and the error for a value that breaks one; in scikit-learn's words."""

import math
import re
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import NamedTuple, TypeGuard

from isthmus.errors import ParameterError

ACTIVATIONS = ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "silu")
LOSSES = ("mse", "bce")
SCALES = ("auto", "standard", "global", "none")
NOISE_STRENGTHS = {"gaussian": 0.1, "masking": 0.25, "salt_and_pepper": 0.1}


class Rule(NamedTuple):
    """A rule for a value: in words that follow "must be", and as a test."""

    words: str
    allows: Callable[[object], bool]
    choices: tuple[str, ...] = ()  # texts that are allowed, for completion on the command line

    def __or__(self, other: "Rule") -> "Rule":
        words, choices = f"{self.words} or {other.words}", self.choices + other.choices
        return Rule(words, lambda value: self.allows(value) or other.allows(value), choices)


def check(owner: object, name: str, value: object, rule: Rule) -> None:
    """Raise a ParameterError unless the rule allows the value; ``owner`` is as for ``refuse``."""
    if not rule.allows(value):
        raise refuse(owner, name, rule.words, value)


def refuse(owner: object, name: str, words: str, value: object) -> ParameterError:
    """Return the error that names the parameter, what it must be (``words``), and the value that it has.

    ``owner`` is the estimator that has the parameter, or the name of the class or function.
    """
    owner = owner if isinstance(owner, str) else type(owner).__name__
    return ParameterError(f"The {name!r} parameter of {owner} must be {words}. Got {value!r} instead.")


def is_int(value: object) -> TypeGuard[int]:
    """Return whether a value is an integer of Python or NumPy; bools are not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_real(value: object) -> TypeGuard[float]:
    """Return whether a value is a real number of Python or NumPy; bools are not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_bool(value: object) -> TypeGuard[bool]:
    """Return whether a value is a bool of Python or NumPy."""
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    """Return whether a value is a tuple, a list or the like; texts are not."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def are_ints(values: object, minimum: int) -> TypeGuard[Sequence[int]]:
    """Return whether a value is a sequence of ints of at least ``minimum``."""
    return is_sequence(values) and all(is_int(value) and value >= minimum for value in values)


def one_of(*choices: str) -> Rule:
    """One of some texts."""
    words = "one of " + ", ".join(map(repr, choices))
    return Rule(words, lambda value: isinstance(value, str) and value in choices, choices)


def exactly(only: str | None, remark: str = "") -> Rule:
    """A single text, or None; ``remark`` explains it."""
    words = f"{only!r} {remark}".rstrip()
    choices = () if only is None else (only,)
    return Rule(words, lambda value: type(value) is type(only) and value == only, choices)


def integer(minimum: int) -> Rule:
    """An int of at least ``minimum``."""
    return Rule(f"an int of at least {minimum}", lambda value: is_int(value) and value >= minimum)


def number(words: str, allows: Callable[[float], bool]) -> Rule:
    """A real number with a property, such as ``number("above 0", lambda x: 0 < x < math.inf)``."""
    return Rule(f"a number {words}", lambda value: is_real(value) and allows(value))


BOOL = Rule("a bool", is_bool)
POSITIVE = number("above 0", lambda x: 0 < x < math.inf)
NOT_NEGATIVE = number("of at least 0", lambda x: 0 <= x < math.inf)
FRACTION = number("between 0 and 1", lambda x: 0 < x < 1)
FRACTION_OR_ZERO = number("in [0, 1)", lambda x: 0 <= x < 1)

# As scikit-learn's: -1 is all cores, -2 all but one.
N_JOBS = Rule(
    "None (one process) or an int other than 0 (-1: all cores)",
    lambda value: value is None or (is_int(value) and value != 0),
)


def _allows_code_size(value: object) -> bool:
    if isinstance(value, str):
        return value == "mle"
    return bool(value >= 1 if is_int(value) else is_real(value) and 0 < value < 1)


CODE_SIZE = Rule(
    "an int of at least 1 (codes), a float between 0 and 1 (share of the variance that PCA must keep) or 'mle' (as "
    "many as PCA finds likeliest)",
    _allows_code_size,
    ("mle",),
)
LAYERS = Rule(
    "an int of at least 0 (hidden layers) or a tuple of ints of at least 1 (nodes in each)",
    lambda value: (is_int(value) and value >= 0) or are_ints(value, 1),
)
MIRROR = exactly(None, "(the mirror of the encoder)")


_NOISE_KIND = one_of(*NOISE_STRENGTHS)


def _allows_noise(value: object) -> bool:
    if not isinstance(value, tuple):
        return value is None or _NOISE_KIND.allows(value)
    if len(value) != 2 or not _NOISE_KIND.allows(value[0]) or not is_real(value[1]):
        return False
    return bool(0 < value[1] < (math.inf if value[0] == "gaussian" else 1))


NOISE = Rule(
    f"None, {_NOISE_KIND.words}, or a tuple of one of these and its strength (gaussian: above 0; the others: between 0 "
    "and 1)",
    _allows_noise,
    _NOISE_KIND.choices,
)


def _allows_random_state(value: object) -> bool:
    if isinstance(value, Integral):
        return 0 <= int(value) < 2**32
    import numpy as np  # noqa: PLC0415 — the command line starts without it

    return value is None or value is np.random or isinstance(value, np.random.RandomState)


RANDOM_STATE = Rule("an int in [0, 2**32), a RandomState or None", _allows_random_state)
# Whether this machine has the device is seen when a network is fitted: models load on machines that lack it.
DEVICE = Rule(
    'a device that this machine has ("auto", "cpu", "cuda", "cuda:1", …)',
    lambda value: (
        re.fullmatch(r"[a-z]+(:\d+)?", value) is not None
        if isinstance(value, str)
        else type(value).__name__ == "device" or is_int(value)
    ),
    ("auto", "cpu", "cuda"),
)


def plain_code_size(value: object) -> int | float | str:
    """Return a code size as an int, a float or a str of Python."""
    if isinstance(value, str):
        return value
    assert is_real(value)
    return int(value) if is_int(value) else float(value)


def checked_noise(owner: object, value: object) -> tuple[str, float] | None:
    """Return the kind of noise and its strength that the parameter ``noise`` stands for."""
    check(owner, "noise", value, NOISE)
    if isinstance(value, str):
        return value, NOISE_STRENGTHS[value]
    return (value[0], float(value[1])) if isinstance(value, tuple) else None
