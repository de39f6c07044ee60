"""The halves of convolutional networks in a graph: images of unit scale, channels first, to small images, and back."""

from collections.abc import Sequence

import numpy as np
from torch import nn

from isthmus.export.graph import Graph
from isthmus.export.steps import activation, integers
from isthmus.networks.convolutional import ConvolutionalDecoder, ConvolutionalEncoder, ConvolutionalLayer
from isthmus.networks.upsampling import UpsamplingConvolution


def encoded(graph: Graph, u: str, encoder: ConvolutionalEncoder, name: str) -> tuple[str, list[str]]:
    """Return the code, and each layer's output before its pooling; ``name`` is that of the activation."""
    if encoder.grid > 1:
        lacking = graph.add("Mod", graph.add("Neg", size_of(graph, u)), integers(encoder.grid))
        u = graph.add("Pad", u, graph.add("Concat", integers(*[0] * 6), lacking, axis=0), mode="edge")
    if encoder.patch > 1:
        u = graph.add("SpaceToDepth", u, blocksize=encoder.patch)
    before_pooling = []
    for i, (layer, pools) in enumerate(zip(encoder, encoder.pooling, strict=True)):
        assert isinstance(layer, ConvolutionalLayer)
        order = None if i or encoder.patch == 1 else _order_of_patches(layer.convolution.in_channels, encoder.patch)
        u = activation(graph, name, _convolved(graph, layer.convolution, u, order))
        before_pooling.append(u)
        if pools:
            u = graph.add("MaxPool", u, kernel_shape=[2, 2], strides=[2, 2])
    return u, before_pooling


def decoded(
    graph: Graph,
    u: str,
    decoder: ConvolutionalDecoder,
    last: nn.Conv2d,
    *,
    patch: int,
    name: str,
    skips: Sequence[str] = (),
) -> str:
    """Return the images of codes, before they are cropped; ``skips`` are added to the outputs of the first layers."""
    for i, layer in enumerate(decoder):
        assert isinstance(layer, ConvolutionalLayer)
        u = activation(graph, name, _convolved(graph, layer.convolution, u))
        if i < len(skips):
            u = graph.add("Add", u, skips[i])
    u = _convolved(graph, last, u)
    return graph.add("DepthToSpace", u, blocksize=patch, mode="CRD") if patch > 1 else u


def size_of(graph: Graph, u: str) -> str:
    """Return height and width of images with channels first."""
    return graph.add("Shape", u, start=2, end=4)


def cropped(graph: Graph, u: str, size: str | np.ndarray) -> str:
    """Return the first rows and columns of images with channels first."""
    return graph.add("Slice", u, integers(0, 0), size, integers(2, 3))


def _convolved(graph: Graph, convolution: nn.Conv2d, u: str, order: np.ndarray | None = None) -> str:
    """Apply a convolution, after up-sampling if it does so; its inputs come in this order, if one is given."""
    if isinstance(convolution, UpsamplingConvolution):  # onnxruntime is faster so than with a transposed convolution
        whole = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
        u = graph.add("Resize", u, np.zeros(0, np.float32), np.array([1, 1, 2, 2], np.float32), **whole)
    assert convolution.bias is not None, "batch norms are folded"
    kernel, bias = (values.detach().cpu().numpy() for values in (convolution.weight, convolution.bias))
    radius = int(convolution.kernel_size[0]) // 2
    return graph.add("Conv", u, kernel if order is None else kernel[:, order], bias, pads=[radius] * 4)


def _order_of_patches(n_values: int, patch: int) -> np.ndarray:
    """Return torch's numbers of the values of a patch in ONNX's order: pixel by pixel, its channels side by side."""
    return np.arange(n_values).reshape(-1, patch, patch).transpose(1, 2, 0).ravel()
