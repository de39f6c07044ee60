"""How a fit is repeated: the estimator as Python code and as a command, and the versions at work."""

import hashlib
import inspect
import platform
import shlex
from typing import Any

import numpy as np
import sklearn
import torch
from jaxtyping import Float64

from isthmus._version import __version__

# Where and how loudly a model was trained changes nothing but the last digits.
_NOT_PRINTED = {"device", "verbose"}
# Parameters that are options of "isthmus fit".
_OPTIONS = {
    "code_size": "--code-size",
    "encoder_layers": "--encoder-layers",
    "decoder_layers": "--decoder-layers",
    "activation": "--activation",
    "loss": "--loss",
    "start": "--start",
    "noise": "--noise",
    "scale": "--scale",
    "max_epochs": "--max-epochs",
    "batch_size": "--batch-size",
    "learning_rate": "--learning-rate",
    "weight_decay": "--weight-decay",
    "validation_fraction": "--validation-fraction",
    "patience": "--patience",
    "random_state": "--seed",
}


def changed_parameters(model: Any) -> dict[str, Any]:
    """The parameters that are not at their defaults, and the seed."""
    defaults = {name: p.default for name, p in inspect.signature(type(model).__init__).parameters.items()}
    parameters = model.get_params(deep=False)
    return {
        name: value
        for name, value in parameters.items()
        if name not in _NOT_PRINTED and (repr(value) != repr(defaults[name]) or name == "random_state")
    }


def python_code(model: Any) -> str:
    """The call that makes and fits such a model."""
    arguments = ", ".join(f"{name}={_plain(value)!r}" for name, value in changed_parameters(model).items())
    return f"{type(model).__name__}({arguments}).fit(X)"


def has_seed(model: Any) -> bool:
    """Whether the fit can be repeated."""
    return isinstance(model.random_state, int | np.integer)


def fit_command(model: Any) -> str | None:
    """The command that fits such a model; None where there is none, or no seed and so nothing to repeat."""
    options = {**changed_parameters(model), "scale": model.scale}
    is_dense = type(model).__name__ == "Autoencoder"
    if not is_dense or not has_seed(model) or not set(options) <= set(_OPTIONS):
        return None
    words = ["isthmus", "fit", "TABLE", "-o", "MODEL"]
    for name, value in options.items():
        words += [_OPTIONS[name]] if value is True else [_OPTIONS[name], _as_option(name, _plain(value))]
    return shlex.join(words)


def versions() -> dict[str, str]:
    """What made the report."""
    return {
        "Isthmus": __version__,
        "PyTorch": torch.__version__,
        "scikit-learn": sklearn.__version__,
        "NumPy": np.__version__,
        "Python": platform.python_version(),
    }


def fingerprint(values: Float64[np.ndarray, "rows features"]) -> str:
    """The beginning of the SHA-256 of some rows, to tell whether two reports are on the same ones."""
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else tuple(value) if isinstance(value, list) else value


def _as_option(name: str, value: Any) -> str:
    if name == "patience" and value is None:
        return "0"
    if name == "noise" and isinstance(value, tuple):
        return f"{value[0]}:{value[1]}"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) + ("," if len(value) == 1 else "")
    return str(value)
