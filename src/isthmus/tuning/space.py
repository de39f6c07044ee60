"""The search space: a range, choices or one value for each hyperparameter, and the networks that these give."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.errors import ParameterError
from isthmus.parameters.rules import is_int, is_real
from isthmus.parameters.texts import noise
from isthmus.tuning.architectures import Architecture, Model, architecture_of
from isthmus.tuning.domains import Choices, Domain, Range, Value, read_domain

if TYPE_CHECKING:
    from optuna.trial import Trial

# Networks are trained for at least this share of the estimator's epochs.
_FEWEST_EPOCHS = 0.05
# The order in which hyperparameters draw random numbers: studies of earlier versions go on with the same draws.
_ORDER = (
    "layers", "nodes", "taper", "filters", "poolings", "kernel_size", "activation", "learning_rate", "weight_decay",
    "batch_size", "noise", "max_epochs", "loss",
)  # fmt: skip


@dataclass(frozen=True)
class SearchSpace:
    """The hyperparameters that are searched, and those that have one value."""

    architecture: Architecture
    domains: Mapping[str, Domain]
    fixed: Mapping[str, object]

    @classmethod
    def of(
        cls, estimator: Model, given: Mapping[str, object], own: Mapping[str, Any], *, unit_interval: bool
    ) -> "SearchSpace":
        """The default space of an estimator, widened to include its ``own`` values, with what the user gives instead.

        ``unit_interval`` says whether all values of the table lie in [0, 1], as cross-entropy needs.

        Raises
        ------
        ParameterError
            If a hyperparameter is unknown, or a range includes values that the estimator refuses.
        """
        architecture, table = architecture_of(estimator), type(estimator).parameter_table
        assert architecture is not None
        known = {*table.search_space(), *(each.name for each in table if not isinstance(each.search, str))}
        for name in given:
            if name not in known:
                listed = ", ".join(sorted(known))
                raise ParameterError(f"The space of {type(estimator).__name__} has no {name!r}; it has {listed}.")
        fewest = max(1, math.ceil(_FEWEST_EPOCHS * estimator.max_epochs))
        default: dict[str, object] = {**table.search_space(), "max_epochs": f"{fewest}:{estimator.max_epochs}"}
        if estimator.loss == "auto":
            default["loss"] = ["mse", "bce"] if unit_interval else ["mse"]
        architecture.adapt(default, estimator, given)
        default = {name: default[name] for name in sorted(default, key=_ORDER.index)}
        domains: dict[str, Domain] = {}
        fixed: dict[str, object] = {}
        for name, value in {**default, **given}.items():
            is_widths = name in ("encoder_layers", "decoder_layers")  # not choices
            read = read_domain(name, value) if not is_widths else tuple(value) if isinstance(value, list) else value
            if isinstance(read, Range | Choices):
                domains[name] = read if name in given else read.widened(own[name])
            else:
                fixed[name] = read
        space = cls(architecture, domains, fixed)
        space._check(estimator)
        return space

    def suggest(self, trial: "Trial") -> dict[str, Value]:
        """Ask Optuna's sampler for a value of each hyperparameter that is searched."""
        return {name: domain.suggest(trial, name) for name, domain in self.domains.items()}

    def nearest(self, own: Mapping[str, Any]) -> tuple[dict[str, Value], bool]:
        """The values nearest to the estimator's own, and whether its own layers are in the space."""
        has_own_layers = all(
            own[name] in self.domains[name] if name in self.domains else self.fixed.get(name, own[name]) == own[name]
            for name in self.architecture.minima
        )
        return {name: domain.nearest(own[name]) for name, domain in self.domains.items()}, has_own_layers

    def parameters(self, values: Mapping[str, object], *, own_layers: bool = False) -> dict[str, object]:
        """The estimator's parameters for a choice of values; with ``own_layers`` all but those of its layers."""
        chosen: dict[str, Any] = {**self.fixed, **values}
        shape = {name: chosen.pop(name) for name in self.architecture.names if name in chosen}
        if shape and not own_layers:
            chosen |= self.architecture.parameters(shape)
        if "noise" in chosen:
            text = chosen["noise"]
            chosen["noise"] = None if text == "none" else noise("noise", text) if isinstance(text, str) else text
        return chosen

    def portfolio(self, first: Mapping[str, Any]) -> list[dict[str, Value]]:
        """The settings to try before the sampler has learnt anything, as near as the space has them.

        Values that a setting leaves open are those of ``first``, the default network, which is left out itself.
        """
        found = [dict(first)]
        for setting in self.architecture.portfolio:
            values = {**first, **setting}
            epochs = self.domains.get("max_epochs")
            if isinstance(epochs, Range):
                values["max_epochs"] = round(epochs.high * setting.get("max_epochs", 1.0))
            near = {name: domain.nearest(values[name]) for name, domain in self.domains.items()}
            found += [] if near in found else [near]
        return found[1:]

    def to_json(self) -> dict[str, object]:
        """The space as plain values, from which ``of`` makes the same space again."""
        plain: dict[str, object] = dict(self.fixed)
        for name, domain in self.domains.items():
            plain[name] = f"{domain.low}:{domain.high}" if isinstance(domain, Range) else list(domain.values)
        return dict(sorted(plain.items()))

    def _check(self, estimator: Model) -> None:
        """Let the estimator check the ends of each range and each choice before the first trial."""
        from sklearn.base import clone  # noqa: PLC0415 — not needed to read options

        for name, minimum in self.architecture.minima.items():
            ends = self.ends(name)
            if not all(is_int(end) and end >= minimum for end in ends):
                rule = f"whole numbers of at least {minimum}"
                raise ParameterError(f"The {name!r} of the space must be {rule}. Got {ends!r} instead.")
        tapers, rule = self.ends("taper"), "numbers above 0 and up to 1"
        if not all(is_real(taper) and 0 < taper <= 1 for taper in tapers):
            raise ParameterError(f"The 'taper' of the space must be {rule}. Got {tapers!r} instead.")
        first = {name: self.ends(name)[0] for name in (*self.domains, *self.fixed)}
        for name in first:
            for end in self.ends(name):
                clone(estimator).set_params(**self.parameters({**first, name: end})).validate_parameters()

    def ends(self, name: str) -> tuple[Any, ...]:
        """The ends of a range, all choices, or the one value of a hyperparameter; empty if it is not in the space."""
        if name in self.domains:
            return self.domains[name].values
        return (self.fixed[name],) if name in self.fixed else ()


def own_values(estimator: Model, n_features: int, code_size: int, loss: str) -> dict[str, Any]:
    """The estimator's own value of each hyperparameter on a table, where ``loss`` is the loss that it uses."""
    text = estimator.noise
    if not isinstance(text, str):
        text = "none" if text is None else f"{text[0]}:{text[1]:g}"
    architecture = architecture_of(estimator)
    assert architecture is not None
    layers = architecture.own(estimator, n_features, code_size)
    parameters = estimator.get_params(deep=False)
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in parameters.items()}
    return {**plain, "loss": loss, "noise": text, **layers}
