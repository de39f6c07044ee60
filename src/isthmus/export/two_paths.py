"""The graph of a two-path network: from rows in the data's units to codes, rows or errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from isthmus.export.graph import Graph
from isthmus.export.parts import Part
from isthmus.export.steps import data_units, integers, mean_square, unit_scale

Stack = Callable[[str], str]


@dataclass(frozen=True)
class TwoPaths:
    """A two-path network: its weights by name, its stacks (None where there are none), and its precision.

    ``shape`` is that of a row in the graph: the number of columns, or the sides of an image. ``output`` is "linear" or
    "sigmoid"; errors are divided by ``unit``.
    """

    weights: Mapping[str, np.ndarray]
    encoder: Stack | None
    decoder: Stack | None
    precision: np.dtype
    shape: Sequence[int]
    output: str
    unit: Float64[np.ndarray, " features"] | None

    def build(self, graph: Graph, part: Part) -> None:
        """Add a part of the network, with its input and output."""
        shift, scale, code_unit = (self.weights[name] for name in ("shift", "scale", "code_unit"))
        none, size, is_row = np.zeros(1), len(code_unit), len(self.shape) == 1
        x = graph.input(part.inputs, part.dtype, ["n", *([size] if part.name == "decode" else self.shape)])
        if part.name == "decode":
            z = unit_scale(graph, x, none, code_unit, self.precision)
        else:
            x = x if is_row else graph.add("Flatten", x)
            z = self._codes(graph, unit_scale(graph, x, shift, scale, self.precision))
        if part.name == "encode":
            graph.output(data_units(graph, z, none, code_unit, "linear"), part.output, part.dtype, ["n", size])
            return
        rows = data_units(graph, self._decoded(graph, z), shift, scale, self.output)
        if part.name == "score":
            graph.output(mean_square(graph, rows, x, self.unit, 2), part.output, part.dtype, ["n"])
        else:
            rows = rows if is_row else graph.add("Reshape", rows, integers(-1, *self.shape))
            graph.output(rows, part.output, part.dtype, ["n", *self.shape])

    def _codes(self, graph: Graph, u: str) -> str:
        """Compute z = W u + s ∘ e(u)."""
        linear = self.weights.get("encoder.linear.weight")
        if linear is None:
            assert self.encoder is not None
            return self.encoder(u)
        z = graph.add("Gemm", u, linear, transB=1)
        if self.encoder is None:
            return z
        return graph.add("Add", z, graph.add("Mul", self.encoder(u), self.weights["spread"]))

    def _decoded(self, graph: Graph, z: str) -> str:
        """Compute V z + b + d(z / s)."""
        linear = self.weights.get("decoder.linear.weight")
        if linear is None:
            assert self.decoder is not None
            return self.decoder(z)
        out = graph.add("Gemm", z, linear, self.weights["decoder.linear.bias"], transB=1)
        if self.decoder is None:
            return out
        return graph.add("Add", out, self.decoder(graph.add("Div", z, self.weights["spread"])))
