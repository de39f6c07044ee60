"""Steps that all networks share: units, activations, dense layers, and the error of a reconstruction."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

from isthmus.export.graph import Graph

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def integers(*values: int) -> np.ndarray:
    """Return a vector of integers, as ONNX takes shapes and axes."""
    return np.array(values, np.int64)


def unit_scale(graph: Graph, x: str, shift: np.ndarray, scale: np.ndarray, precision: np.dtype) -> str:
    """Subtract and divide, in float64, since a mean can be millions of times the deviation."""
    if shift.any():
        x = graph.add("Sub", graph.cast(x, FLOAT64), shift)
    if (scale != 1).any():
        x = graph.add("Div", graph.cast(x, FLOAT64), scale)
    return graph.cast(x, precision)


def data_units(graph: Graph, output: str, shift: np.ndarray, scale: np.ndarray, kind: str) -> str:
    """Turn a decoder's output into the data's units: the inverse of ``unit_scale``, or the sigmoid of logits."""
    if kind == "sigmoid":
        return graph.add("Sigmoid", output)
    if (scale != 1).any():
        output = graph.add("Mul", graph.cast(output, FLOAT64), scale)
    if shift.any():
        output = graph.add("Add", graph.cast(output, FLOAT64), shift)
    return output


def activation(graph: Graph, name: str, x: str) -> str:
    """Apply an activation."""
    dtype = graph.type_of(x)

    def number(value: float) -> np.ndarray:
        return np.array(value, dtype)

    if name == "identity":
        return x
    if name == "leaky_relu":
        if dtype == FLOAT32:
            return graph.add("LeakyRelu", x, alpha=0.01)
        return graph.add("Max", x, graph.add("Mul", x, number(0.01)))  # its slope is in float32 in ONNX
    if name == "silu":
        return graph.add("Mul", x, graph.add("Sigmoid", x))
    if name == "gelu":  # onnxruntime has the error function in float32 only
        share = graph.cast(graph.add("Mul", x, number(math.sqrt(0.5))), FLOAT32)
        share = graph.cast(graph.add("Erf", share), dtype)
        return graph.add("Mul", graph.add("Mul", x, number(0.5)), graph.add("Add", share, number(1)))
    return graph.add({"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu"}[name], x)


def dense_layers(graph: Graph, x: str, weights: Mapping[str, np.ndarray], prefix: str, name: str) -> str:
    """Apply the dense layers whose weights begin with a prefix, with an activation after each but the last."""
    i = 0
    while f"{prefix}.{i}.weight" in weights:
        if i:
            x = activation(graph, name, x)
        x = graph.add("Gemm", x, weights[f"{prefix}.{i}.weight"], weights[f"{prefix}.{i}.bias"], transB=1)
        i += 2
    return x


def mean_square(
    graph: Graph, reconstructed: str, x: str, unit: Float64[np.ndarray, " columns"] | None, n_axes: int
) -> str:
    """Return the mean squared error over all but the first of so many axes, in these units, or the data's."""
    difference = graph.add("Sub", graph.cast(reconstructed, FLOAT64), graph.cast(x, FLOAT64))
    if unit is not None:
        difference = graph.add("Div", difference, unit)
    square = graph.add("Mul", difference, difference)
    return graph.add("ReduceMean", square, integers(*range(1, n_axes)), keepdims=0)
