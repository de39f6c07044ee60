"""Repeating a fit: the estimator as Python code and as a command, and the versions at work."""

import hashlib
import platform
import shlex
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import sklearn
from jaxtyping import Float64

from isthmus._version import __version__
from isthmus.parameters import Option, values_of
from isthmus.report.model import Model


@dataclass(frozen=True)
class Command:
    """The command that fits such a model, or None.

    ``missing`` says in sentences what the command line cannot express.
    """

    text: str | None
    missing: tuple[str, ...] = ()


def changed_parameters(model: Model) -> dict[str, object]:
    """Return the seed and the parameters that differ from their defaults, except ``verbose``."""
    values = {name: _plain(value) for name, value in values_of(model).items()}
    table = type(model).parameter_table
    return {
        name: value
        for name, value in values.items()
        if name == "random_state" or (name != "verbose" and repr(value) != repr(table[name].default))
    }


def python_code(model: Model) -> str:
    """Return the call that makes and fits such a model."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in changed_parameters(model).items())
    return f"{type(model).__name__}({arguments}).fit(X)"


def has_seed(model: Model) -> bool:
    """Return whether the fit can be repeated."""
    return isinstance(model.random_state, int | np.integer)


def fit_command(model: Model) -> Command:
    """Return the command that fits such a model."""
    table, changed = type(model).parameter_table, changed_parameters(model)
    words, missing = ["isthmus", "fit", "TABLE", "-o", "MODEL"], []
    for parameter in table:
        name, option = parameter.name, parameter.option
        if isinstance(option, str):
            missing += [option] if name in changed else []
        elif name in changed or option.default is not None:
            value = _plain(getattr(model, name))
            words += option.flags[:1] if option.kind is bool else [option.flags[0], option.text_of(value)]
    if not any(isinstance(parameter.option, Option) for parameter in table):
        return Command(None, tuple(dict.fromkeys(missing)))
    return Command(shlex.join(words) if has_seed(model) else None, tuple(missing))


def versions(model: object) -> dict[str, str]:
    """Return the versions of the software that a report comes from; of PyTorch for models of images, which use it."""
    return {
        "Isthmus": __version__,
        **({"PyTorch": version("torch")} if hasattr(model, "image_shape_") else {}),
        "scikit-learn": sklearn.__version__,
        "NumPy": np.__version__,
        "Python": platform.python_version(),
    }


def fingerprint(values: Float64[np.ndarray, "rows features"]) -> str:
    """Return the beginning of the SHA-256 of some rows, to tell whether two reports are on the same rows."""
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()[:16]


def _plain(value: object) -> object:
    """Return a value whose ``repr`` is Python code without imports."""
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if type(value).__name__ == "device" else value
