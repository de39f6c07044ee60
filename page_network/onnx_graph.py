"""A convolutional network as an ONNX graph."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from isthmus.networks import ConvolutionalAutoencoder, for_inference, halo
from isthmus.networks.convolutional import ConvolutionalLayer
from isthmus.networks.upsampling import UpsamplingConvolution

OPSET, IR_VERSION = 17, 8


def model_of(network: ConvolutionalAutoencoder) -> onnx.ModelProto:
    """Return a network of images whose sides are multiples of its grid, with outputs in [0, 1].

    Batch norms are folded into the convolutions before them. The metadata say what tiles need: ``grid``; ``halo``, how
    many pixels around a tile its output depends on; and ``values_per_pixel``, the size of the finest layer.
    """
    graph = _Graph()
    graph.add_network(for_inference(network).float())
    images = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["images", network.channels, "height", "width"])
        for name in ("seen", "clean")
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "page", images[:1], images[1:], graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="isthmus",
    )  # fmt: skip
    values = max(network.filters[0], 1) / network.patch**2
    facts = {"grid": network.grid, "halo": halo(network), "values_per_pixel": values}
    helper.set_model_props(model, {name: str(value) for name, value in facts.items()})
    onnx.checker.check_model(model, full_check=True)
    return model


class _Graph:
    """Nodes that are added one after the other; each has one output, whose name is returned."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add_network(self, network: ConvolutionalAutoencoder) -> None:
        patch = network.patch
        x = self._add("SpaceToDepth", "seen", blocksize=patch) if patch > 1 else "seen"
        order = np.arange(network.channels * patch**2).reshape(network.channels, -1).T.ravel()
        skips: list[str] = []
        for layer, pools in zip(network.encoder, network.pooling, strict=True):
            x = self._add_layer(x, layer, order if not skips else slice(None))
            skips.append(x)
            if pools:
                x = self._add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
        for layer in network.decoder:
            x = self._add_layer(x, layer)
            if network.skips:
                x = self._add("Add", x, skips.pop())
        kernel, bias = (array.detach().numpy() for array in (network.last.weight, network.last.bias))
        halves = np.split(np.arange(len(kernel)), 2 if network.start == "affine" else 1)
        maps = [self._in_pixels(self._convolution(x, kernel[half], bias[half]), patch) for half in halves]
        if network.start == "affine":
            x = self._add("Add", self._add("Add", "seen", maps[0]), self._add("Mul", maps[1], "seen"))
        else:
            x = maps[0] if network.start == "random" else self._add("Add", maps[0], "seen")
        if network.output == "sigmoid":
            self._add("Sigmoid", x, name="clean")
        else:
            self._add("Clip", x, *(self._weight(np.float32(end)) for end in (0, 1)), name="clean")

    def _add_layer(self, x: str, layer: ConvolutionalLayer, order: slice | np.ndarray = slice(None)) -> str:
        """Add a layer; ``order`` is where its inputs are.

        SpaceToDepth has the channels of a pixel side by side, ``pixel_unshuffle`` the pixels of a channel.
        """
        if not isinstance(layer.activation, torch.nn.LeakyReLU):
            raise ValueError(f"The activation must be leaky ReLU. Got {layer.activation} instead.")
        convolution = layer.convolution
        if isinstance(convolution, UpsamplingConvolution):
            scales = self._weight(np.array([1, 1, 2, 2], np.float32))
            how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
            x = self._add("Resize", x, "", scales, **how)
        kernel, bias = (array.detach().numpy() for array in (convolution.weight, convolution.bias))
        x = self._convolution(x, kernel[:, order], bias)
        return self._add("LeakyRelu", x, alpha=layer.activation.negative_slope)

    def _convolution(self, x: str, kernel: np.ndarray, bias: np.ndarray) -> str:
        side = kernel.shape[2]
        weights = self._weight(kernel), self._weight(bias)
        return self._add("Conv", x, *weights, kernel_shape=[side, side], pads=[side // 2] * 4)

    def _in_pixels(self, x: str, patch: int) -> str:
        return self._add("DepthToSpace", x, blocksize=patch, mode="CRD") if patch > 1 else x

    def _weight(self, values: np.ndarray | np.float32) -> str:
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values).reshape(np.shape(values)), name))
        return name

    def _add(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        name = name or f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name
