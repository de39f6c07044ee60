"""The graphs of convolutional networks: from images in their own units to codes, images or errors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from jaxtyping import Float64

from isthmus.export.convolutions import cropped, decoded, encoded, size_of
from isthmus.export.graph import Graph, Size
from isthmus.export.parts import Part
from isthmus.export.steps import FLOAT32, activation, data_units, dense_layers, integers, mean_square, unit_scale
from isthmus.export.two_paths import TwoPaths
from isthmus.networks import (
    ConvolutionalAutoencoder,
    ImageAutoencoder,
    ImageCodeAutoencoder,
    ImageShape,
    fold_batch_norm,
)
from isthmus.networks.convolutional import HALF_A_LEVEL
from isthmus.networks.image_codes import ConvolutionalDecoderStack, ConvolutionalEncoderStack

_FIRST, _LAST = [0, 3, 1, 2], [0, 2, 3, 1]  # channels


@dataclass(frozen=True)
class Form:
    """How images, or codes that are images, lie in arrays: as flat "rows", as "images", or with "channels".

    Flat rows have the height and width of ``shape``; others may have any.
    """

    layout: str
    shape: ImageShape
    sides: tuple[str, str] = ("height", "width")

    @property
    def lengths(self) -> list[Size]:
        """The lengths of the axes; the free ones are names."""
        if self.layout == "rows":
            return ["n", math.prod(self.shape)]
        return ["n", *self.sides, *([self.shape[2]] if self.layout == "channels" else [])]

    def with_channels(self, graph: Graph, x: str) -> str:
        """Return images with an axis of channels, from images of this form."""
        if self.layout == "rows":
            return graph.add("Reshape", x, integers(-1, *self.shape))
        return graph.add("Unsqueeze", x, integers(3)) if self.layout == "images" else x

    def back(self, graph: Graph, x: str) -> str:
        """Return images of this form, from images with an axis of channels."""
        if self.layout == "rows":
            return graph.add("Flatten", x)
        return graph.add("Squeeze", x, integers(3)) if self.layout == "images" else x


def image_graph(
    network: ImageAutoencoder, part: Part, layout: str, unit: Float64[np.ndarray, " channels"] | None
) -> Graph:
    """Return the graph of a part of a network whose codes are small images, which divides errors by ``unit``."""
    graph, folded = Graph(), fold_batch_norm(network)
    convolutional = folded.convolutional
    images = Form(layout, network.image_shape)
    codes = Form("rows" if layout == "rows" else "channels", network.code_shape, ("code_height", "code_width"))
    shift, scale = (values.cpu().numpy() for values in (folded.shift, folded.scale))

    def in_units(out: str) -> str:
        return data_units(graph, graph.add("Transpose", out, perm=_LAST), shift, scale, network.output)

    if part.name == "decode":
        x = codes.with_channels(graph, graph.input(part.inputs, part.dtype, codes.lengths))
        code = graph.add("Transpose", x, perm=_FIRST)
        rows = in_units(_decoded_alone(graph, convolutional, code, network.image_shape[:2]))
        graph.output(images.back(graph, rows), part.output, part.dtype, images.lengths)
        return graph
    x = images.with_channels(graph, graph.input(part.inputs, part.dtype, images.lengths))
    u = graph.add("Transpose", unit_scale(graph, x, shift, scale, FLOAT32), perm=_FIRST)
    if part.name == "encode":
        code, _ = encoded(graph, u, convolutional.encoder, convolutional.activation)
        code = graph.add("Transpose", code, perm=_LAST)
        graph.output(codes.back(graph, code), part.output, part.dtype, codes.lengths)
        return graph
    rows = in_units(reconstructed(graph, convolutional, u))
    if part.name == "score":
        graph.output(mean_square(graph, rows, x, unit, 4), part.output, part.dtype, ["n"])
    else:
        graph.output(images.back(graph, rows), part.output, part.dtype, images.lengths)
    return graph


def image_code_graph(
    network: ImageCodeAutoencoder, part: Part, layout: str, unit: Float64[np.ndarray, " features"] | None
) -> Graph:
    """Return the graph of a part of a network with a dense code, which divides errors by ``unit``."""
    graph, folded, shape = Graph(), fold_batch_norm(network), network.image_shape
    weights = {name: values.cpu().numpy() for name, values in folded.state_dict().items()}
    name = str(network.settings["activation"])
    first = cast(ConvolutionalEncoderStack, folded.encoder.stack)
    second = cast(ConvolutionalDecoderStack, folded.decoder.stack)

    def encoder(u: str) -> str:
        u = graph.add("Transpose", graph.add("Reshape", u, integers(-1, *shape)), perm=_FIRST)
        small, _ = encoded(graph, u, first.convolutions, name)
        return dense_layers(graph, graph.add("Flatten", small), weights, "encoder.stack.dense", name)

    def decoder(z: str) -> str:
        small = activation(graph, name, dense_layers(graph, z, weights, "decoder.stack.dense", name))
        small = graph.add("Reshape", small, integers(-1, *second.code_shape))
        out = decoded(graph, small, second.convolutions, second.last, patch=second.patch, name=name)
        out = cropped(graph, out, integers(*shape[:2]))
        return graph.add("Flatten", graph.add("Transpose", out, perm=_LAST))

    sides = {"rows": (math.prod(shape),), "images": shape[:2], "channels": shape}[layout]
    TwoPaths(weights, encoder, decoder, FLOAT32, sides, network.output, unit).build(graph, part)
    return graph


def reconstructed(graph: Graph, network: ConvolutionalAutoencoder, u: str) -> str:
    """Return the reconstruction of images of unit scale, as logits for "sigmoid"."""
    code, before_pooling = encoded(graph, u, network.encoder, network.activation)
    out = _decoded(graph, network, code, before_pooling[::-1] if network.skips else ())
    if network.grid > 1:
        out = cropped(graph, out, size_of(graph, u))
    if network.start == "random":
        return out
    if network.output == "sigmoid":
        lowest, highest, one = (np.array(value, np.float32) for value in (HALF_A_LEVEL, 1 - HALF_A_LEVEL, 1))
        u = graph.add("Clip", u, lowest, highest)
        u = graph.add("Log", graph.add("Div", u, graph.add("Sub", one, u)))
    if network.start == "affine":
        n = network.channels
        offset, factor = (graph.add("Slice", out, integers(i), integers(i + n), integers(1)) for i in (0, n))
        return graph.add("Add", graph.add("Add", u, offset), graph.add("Mul", factor, u))
    return graph.add("Add", u, out)


def _decoded(graph: Graph, network: ConvolutionalAutoencoder, code: str, skips: Sequence[str] = ()) -> str:
    """Return images of codes, before they are cropped."""
    name = network.activation
    return decoded(graph, code, network.decoder, network.last, patch=network.patch, name=name, skips=skips)


def _decoded_alone(graph: Graph, network: ConvolutionalAutoencoder, code: str, size: tuple[int, int]) -> str:
    """Return images of codes: of the size of the training images if the codes have theirs, otherwise the largest."""
    out = _decoded(graph, network, code)
    if all(side % network.grid == 0 for side in size):
        return out
    given, of_training = size_of(graph, code), integers(*network.code_shape(*size)[1:])
    distance = graph.add("ReduceSum", graph.add("Abs", graph.add("Sub", given, of_training)), keepdims=0)
    is_of_training = graph.add("Equal", distance, np.array(0, np.int64))
    largest = graph.add("Mul", given, integers(network.grid))
    return cropped(graph, out, graph.add("Where", is_of_training, integers(*size), largest))
