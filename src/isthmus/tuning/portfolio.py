"""Settings that have done well elsewhere: what is tried before the sampler has anything to learn from."""

from collections.abc import Mapping
from typing import Any

from isthmus.tuning.domains import Range
from isthmus.tuning.space import Space

# By docs/notes/tuning.md, where it says how they were chosen. Epochs are shares of the estimator's own.
_PORTFOLIOS: dict[str, list[dict[str, Any]]] = {
    "Autoencoder": [
        {"layers": 3, "nodes": 128, "taper": 1.0, "activation": "tanh", "batch_size": 64},
        {"layers": 2, "nodes": 256, "taper": 1.0, "activation": "silu", "learning_rate": 0.001, "max_epochs": 0.1},
        {"layers": 3, "nodes": 256, "taper": 1.0, "activation": "gelu", "learning_rate": 0.003, "max_epochs": 0.3},
        {"batch_size": 128},
        {
            "layers": 2,
            "nodes": 256,
            "taper": 1.0,
            "activation": "gelu",
            "learning_rate": 0.006,
            "batch_size": 128,
            "max_epochs": 0.3,
        },
        {"layers": 3, "nodes": 256, "taper": 1.0, "activation": "relu", "weight_decay": 0.003, "learning_rate": 0.001},
    ],
    "ConvAutoencoder": [],
}


def portfolio(space: Space, first: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The settings as near as a space has them; what they do not say is as in ``first``, which is not among them."""
    found = [dict(first)]
    for entry in _PORTFOLIOS[space.kind]:
        values = {**first, **{name: value for name, value in entry.items() if name in space.domains}}
        epochs = space.domains.get("max_epochs")
        if isinstance(epochs, Range):
            values["max_epochs"] = round(epochs.high * entry.get("max_epochs", 1.0))
        near = {name: domain.nearest(values[name]) for name, domain in space.domains.items()}
        found += [] if near in found else [near]
    return found[1:]
