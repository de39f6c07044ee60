"""The part of a search space that belongs to one kind of estimator: how its layers are described, what is tried first.

Each kind of estimator has a class here with the same attributes and methods:

``minima``: hyperparameters that describe layers by whole numbers, with the least of each.
``portfolio``: settings that have done well on other tables (docs/notes/tuning.md), to be tried before the sampler has
    learnt anything. Epochs are shares of the estimator's own.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from isthmus.dense.widths import sandwich_widths
from isthmus.errors import ParameterError
from isthmus.parameters.convolutional import MAX_GRID

if TYPE_CHECKING:
    from isthmus.estimators.convolutional import ConvAutoencoder
    from isthmus.estimators.dense import Autoencoder

    Model: TypeAlias = Autoencoder | ConvAutoencoder
else:
    Model = Any  # the import of images' estimator needs torch, which is optional
Setting: TypeAlias = Mapping[str, Any]


class Dense:
    """Layers, the nodes of the first, and the nodes of each further layer as a share of those of the one before."""

    minima: ClassVar = {"layers": 0, "nodes": 1}
    names: ClassVar = ("layers", "nodes", "taper")
    portfolio: ClassVar[Sequence[Setting]] = [
        {"layers": 3, "nodes": 128, "taper": 1.0, "activation": "tanh", "batch_size": 64},
        {"layers": 2, "nodes": 256, "taper": 1.0, "activation": "silu", "learning_rate": 0.001, "max_epochs": 0.1},
        {"layers": 3, "nodes": 256, "taper": 1.0, "activation": "gelu", "learning_rate": 0.003, "max_epochs": 0.3},
        {"batch_size": 128},
        {"layers": 2, "nodes": 256, "taper": 1.0, "activation": "gelu", "learning_rate": 0.006, "batch_size": 128,
         "max_epochs": 0.3},
        {"layers": 3, "nodes": 256, "taper": 1.0, "activation": "relu", "learning_rate": 0.001, "weight_decay": 0.003},
    ]  # fmt: skip

    def own(self, estimator: Any, n_features: int, code_size: int) -> dict[str, float]:
        """Describe the estimator's own layers."""
        widths, _ = sandwich_widths(estimator.encoder_layers, None, n_features, code_size)
        if not widths:
            return {"layers": 0, "nodes": 64, "taper": 1.0}
        taper = (widths[-1] / widths[0]) ** (1 / max(1, len(widths) - 1))
        return {"layers": len(widths), "nodes": widths[0], "taper": min(1.0, max(0.05, taper))}

    def widths(self, model: Any) -> tuple[int, ...]:
        """Nodes or filters of the encoder's hidden layers of a fitted estimator."""
        return tuple(map(int, model.encoder_layers_))

    def adapt(self, default: dict[str, object], estimator: Any, given: Mapping[str, object]) -> None:
        """Change the default space where the estimator or the space that the user gives rules out a part of it."""
        if "encoder_layers" in given:
            for name in self.names:
                if name in given:
                    raise ParameterError(f"The space has both 'encoder_layers' and {name!r}; give one of them.")
                del default[name]

    def parameters(self, shape: Setting) -> dict[str, object]:
        """The estimator's parameters that give the layers described."""
        nodes, taper = shape["nodes"], shape["taper"]
        return {"encoder_layers": tuple(max(2, round(nodes * taper**i)) for i in range(shape["layers"]))}


class Convolutional:
    """Layers, the filters of each, and after how many of them images are halved."""

    minima: ClassVar = {"layers": 1, "filters": 1, "poolings": 0}
    names: ClassVar = ("layers", "filters", "poolings")
    portfolio: ClassVar[Sequence[Setting]] = []

    def own(self, estimator: Any, n_features: int, code_size: int) -> dict[str, float]:
        widths, pooling = self.widths(estimator), estimator.pooling
        poolings = len(widths) * pooling if isinstance(pooling, bool) else sum(map(bool, pooling))
        return {"layers": len(widths), "filters": widths[0], "poolings": poolings}

    def widths(self, model: Any) -> tuple[int, ...]:
        filters = model.filters
        return tuple(map(int, filters)) if isinstance(filters, Sequence) else (int(filters),) * 2

    def adapt(self, default: dict[str, object], estimator: Any, given: Mapping[str, object]) -> None:
        if "pooling" in given or estimator.decoder_filters is not None:  # these say where images are halved
            del default["poolings"]
            default["layers"] = len(self.widths(estimator))
        elif estimator.patch > 1:
            default["poolings"] = f"1:{max(1, min(3, int(math.log2(MAX_GRID // estimator.patch))))}"

    def parameters(self, shape: Setting) -> dict[str, object]:
        layers, poolings = shape["layers"], shape.get("poolings")
        pooling = {} if poolings is None else {"pooling": tuple(i < poolings for i in range(layers))}
        return {"filters": (shape["filters"],) * layers, **pooling}


Architecture: TypeAlias = Dense | Convolutional
_ARCHITECTURES: Mapping[str, Architecture] = {"Autoencoder": Dense(), "ConvAutoencoder": Convolutional()}


def architecture_of(estimator: object) -> Architecture | None:
    """Return the architecture of an estimator of Isthmus; None for others, subclasses included."""
    kind = type(estimator)
    return _ARCHITECTURES.get(kind.__name__) if kind.__module__.startswith("isthmus.") else None
