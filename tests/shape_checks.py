"""The run-time type checker of the tests: beartype, to which an int is also a float (PEP 484's numeric tower).

Constructors are left alone: scikit-learn has them store whatever they are given, and ``fit`` refuse it.
"""

from collections.abc import Callable
from typing import Any

from beartype import BeartypeConf, beartype

_check = beartype(conf=BeartypeConf(is_pep484_tower=True))


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    return function if function.__name__ == "__init__" else _check(function)
