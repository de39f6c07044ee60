"""The graph of a dense network."""

from functools import partial

import numpy as np
from jaxtyping import Float64

from isthmus.dense.arrays import DenseArrays
from isthmus.export.graph import Graph
from isthmus.export.parts import Part
from isthmus.export.steps import FLOAT64, dense_layers
from isthmus.export.two_paths import TwoPaths

_ALWAYS_FLOAT64 = ("shift", "scale", "code_unit")


def dense_graph(network: DenseArrays, part: Part, unit: Float64[np.ndarray, " features"] | None) -> Graph:
    """Return the graph of a part of a network, which divides errors by ``unit``.

    It computes in the precision that the network itself has for numbers of the part's type.
    """
    graph, precision = Graph(), FLOAT64 if part.dtype == FLOAT64 else np.dtype(network.precision)
    weights = {
        name: values if name in _ALWAYS_FLOAT64 else values.astype(precision) for name, values in network.arrays.items()
    }

    def stack(half: str, x: str) -> str:
        return dense_layers(graph, x, weights, f"{half}.stack", network.activation)

    encoder, decoder = (partial(stack, half) if network.stacks else None for half in ("encoder", "decoder"))
    paths = TwoPaths(weights, encoder, decoder, precision, (network.n_features,), network.output, unit)
    paths.build(graph, part)
    return graph
