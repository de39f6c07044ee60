"""What is searched: for each hyperparameter a range, choices or one value; and what network a choice of them is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from isthmus.errors import ParameterError
from isthmus.estimators.parameters import is_int, is_real
from isthmus.networks import MAX_GRID, sandwich_widths
from isthmus.tuning.domains import Choices, Domain, Range, number, read_domain

if TYPE_CHECKING:
    from optuna.trial import Trial

_TRAINING = {"learning_rate": "0.0005:0.01", "weight_decay": "0.003:1"}
_NOISE = ("none", "gaussian:0.03", "gaussian:0.1", "masking:0.05")
_SPACES: dict[str, dict[str, Any]] = {
    "Autoencoder": {
        "layers": "1:4",
        "nodes": "32:512",
        "taper": "0.5:1.0",
        "activation": ["relu", "leaky_relu", "gelu", "silu", "tanh", "elu"],
        **_TRAINING,
        "batch_size": ["auto", 64, 128, 256],
        "noise": list(_NOISE),
    },
    "ConvAutoencoder": {
        "layers": "1:3",
        "filters": "16:64",
        "poolings": "1:3",
        "kernel_size": [3, 5],
        "activation": ["relu", "leaky_relu", "gelu", "silu"],
        **_TRAINING,
        "noise": list(_NOISE),
    },
}
# Networks have so large a share of the estimator's epochs at least.
_FEWEST_EPOCHS = 0.05
# What describes an architecture; everything else in a space is a parameter of the estimator.
_SHAPE = {"Autoencoder": ("layers", "nodes", "taper"), "ConvAutoencoder": ("layers", "filters", "poolings")}
_WIDTHS = {"Autoencoder": "encoder_layers", "ConvAutoencoder": "filters"}
# Settled by the search, or of no account to what a network is worth.
_NOT_SEARCHED = ("random_state", "verbose", "device", "scale", "ordered", "validation_fraction", "image_shape")


@dataclass(frozen=True)
class Space:
    """The hyperparameters that are searched, and those that have one value.

    Parameters
    ----------
    kind : {"Autoencoder", "ConvAutoencoder"}
        Whose parameters they are.
    domains : dict of Range or Choices
    fixed : dict
    """

    kind: str
    domains: dict[str, Domain]
    fixed: dict[str, Any] = field(default_factory=dict)

    def suggest(self, trial: "Trial") -> dict[str, Any]:
        """A value for each hyperparameter that is searched, by Optuna's sampler."""
        return {name: domain.suggest(trial, name) for name, domain in self.domains.items()}

    def first(self, own: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """The values nearest to the estimator's ``own``, and whether its own layers are among the networks."""
        is_own = all(
            own[name] in self.domains[name] if name in self.domains else self.fixed.get(name, own[name]) == own[name]
            for name in _SHAPE[self.kind]
            if name in own and name != "taper"
        )
        return {name: domain.nearest(own[name]) for name, domain in self.domains.items()}, is_own

    def parameters(self, values: Mapping[str, Any], *, own_layers: bool = False) -> dict[str, Any]:
        """The estimator's parameters that a choice of values stands for; without those of its layers for its own."""
        chosen = {**self.fixed, **values}
        shape = {name: chosen.pop(name) for name in _SHAPE[self.kind] if name in chosen}
        if own_layers:
            if is_int(shape.get("layers")) and "layers" in self.fixed and self.kind == "Autoencoder":
                chosen[_WIDTHS[self.kind]] = shape["layers"]
        elif "layers" in shape:
            poolings = shape.pop("poolings", None)
            chosen[_WIDTHS[self.kind]] = _widths(**shape)
            if poolings is not None:
                chosen["pooling"] = tuple(i < poolings for i in range(shape["layers"]))
        elif shape:
            chosen |= shape
        if "noise" in chosen:
            chosen["noise"] = _noise(chosen["noise"])
        return chosen

    def described(self) -> dict[str, Any]:
        """The space as plain values, to be stored and compared."""
        plain: dict[str, Any] = dict(self.fixed)
        for name, domain in self.domains.items():
            ends = f"{domain.low}:{domain.high}" if isinstance(domain, Range) else None
            plain[name] = list(domain.values) if isinstance(domain, Choices) else ends
        return dict(sorted(plain.items()))


def own_values(estimator: Any, n_features: int, code_size: int, loss: str) -> dict[str, Any]:
    """What the estimator has for each hyperparameter, in the words of spaces.

    Parameters
    ----------
    estimator : Autoencoder or ConvAutoencoder
    n_features, code_size : int
        From which the widths of its layers follow, if it only counts them.
    loss : {"mse", "bce"}
        What its loss stands for on the data.
    """
    own = {**estimator.get_params(deep=False), "loss": loss, "noise": _noise_text(estimator.noise)}
    if type(estimator).__name__ == "ConvAutoencoder":
        filters = estimator.filters
        widths = (int(filters),) * 2 if is_int(filters) else tuple(map(int, filters))
        pooling = estimator.pooling
        poolings = len(widths) * pooling if isinstance(pooling, bool) else sum(map(bool, pooling))
        return {**own, "layers": len(widths), "filters": widths[0], "poolings": poolings}
    widths, _ = sandwich_widths(estimator.encoder_layers, None, n_features, code_size)
    if widths:
        taper = (widths[-1] / widths[0]) ** (1 / max(1, len(widths) - 1))
        own |= {"nodes": widths[0], "taper": min(1.0, max(0.05, taper))}
    return {"nodes": 64, "taper": 1.0, **own, "layers": len(widths)}


def space_of(estimator: Any, given: Mapping[str, Any] | None, own: Mapping[str, Any], *, unit_interval: bool) -> Space:
    """The default space of an estimator, with what the user gave instead.

    Parameters
    ----------
    estimator : Autoencoder or ConvAutoencoder
    given : dict, optional
        By hyperparameter one value, a tuple of two numbers (a range), a list (choices), or a text of one of them:
        "1:4", "relu,gelu", "8". The code size is no part of it.
    own : dict
        What the estimator has itself; ranges that are not given are widened to hold it.
    unit_interval : bool
        Whether the data allows for cross-entropy.

    Raises
    ------
    ParameterError
        If there is no such hyperparameter, or a range is impossible.
    """
    kind, given = type(estimator).__name__, dict(given or {})
    known = {*_SPACES[kind], *(name for name in estimator.get_params(deep=False) if name not in _NOT_SEARCHED)}
    for name in given:
        if name not in known:
            raise ParameterError(f"The space of {kind} has no {name!r}; it has {', '.join(sorted(known))}.")
    fewest = max(1, math.ceil(_FEWEST_EPOCHS * estimator.max_epochs))
    default = {**_SPACES[kind], "max_epochs": f"{fewest}:{estimator.max_epochs}"}
    if estimator.loss == "auto":
        default["loss"] = ["mse", "bce"] if unit_interval else ["mse"]
    if kind == "Autoencoder" and "encoder_layers" in given:  # exact widths leave nothing of them to be searched
        for name in _SHAPE[kind]:
            if name in given:
                raise ParameterError(f"The space has both 'encoder_layers' and {name!r}; give one of them.")
            del default[name]
    if kind == "ConvAutoencoder":
        if "pooling" in given or estimator.decoder_filters is not None:  # which say where images are halved
            del default["poolings"]
            default["layers"] = own["layers"]
        elif estimator.patch > 1:
            default["poolings"] = f"1:{max(1, min(3, int(math.log2(MAX_GRID // estimator.patch))))}"
    domains: dict[str, Domain] = {}
    fixed: dict[str, Any] = {}
    for name, value in {**default, **given}.items():
        read = value if name in ("encoder_layers", "decoder_layers") else read_domain(name, value)
        if isinstance(read, Range | Choices):
            domains[name] = read if name in given else _widened(read, own[name])
        else:
            fixed[name] = read
    space = Space(kind, domains, fixed)
    _check(estimator, space)
    return space


def _widened(domain: Domain, own: Any) -> Domain:
    """A domain that holds the estimator's own value."""
    if isinstance(domain, Choices):
        return domain if own in domain else Choices((*domain.values, own))
    return Range(min(domain.low, own), max(domain.high, own))


def _check(estimator: Any, space: Space) -> None:
    """Have the estimator check the ends of ranges and each of the choices, sooner than in some late trial."""
    from sklearn.base import clone  # noqa: PLC0415 — not needed to read options

    for name in _SHAPE[space.kind]:
        minimum = 0 if name == "poolings" or (name == "layers" and space.kind == "Autoencoder") else 1
        ends = _ends(space, name)
        rule = f"whole numbers of at least {minimum}"
        if name == "taper":
            fine = all(is_real(end) and 0 < end <= 1 for end in ends)
            rule = "numbers above 0 and up to 1"
        else:
            fine = all(is_int(end) and end >= minimum for end in ends)
        if not fine:
            raise ParameterError(f"The {name!r} of the space must be {rule}. Got {ends!r} instead.")
    first = {name: _ends(space, name)[0] for name in (*space.domains, *space.fixed)}
    for name in first:
        for end in _ends(space, name):
            clone(estimator).set_params(**space.parameters({**first, name: end})).validate_parameters()


def _ends(space: Space, name: str) -> tuple[Any, ...]:
    domain = space.domains.get(name)
    if isinstance(domain, Range):
        return (domain.low, domain.high)
    if isinstance(domain, Choices):
        return domain.values
    return (space.fixed[name],) if name in space.fixed else ()


def _widths(layers: int, nodes: int = 64, taper: float = 1.0, filters: int | None = None) -> tuple[int, ...]:
    """Nodes of each hidden layer: those of the first, and each further layer has a share of the one before."""
    if filters is not None:
        return (filters,) * layers
    return tuple(max(2, round(nodes * taper**i)) for i in range(layers))


def _noise(text: Any) -> Any:
    """What the estimators take for "gaussian:0.1" and "none"."""
    if not isinstance(text, str):
        return text
    if text == "none":
        return None
    kind, colon, strength = text.partition(":")
    return (kind, number(strength)) if colon else kind


def _noise_text(noise: Any) -> str:
    if noise is None:
        return "none"
    return noise if isinstance(noise, str) else f"{noise[0]}:{noise[1]:g}"
