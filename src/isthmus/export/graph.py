"""An ONNX graph in the making: operations are added in the order that data meets them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

from isthmus._version import __version__
from isthmus.errors import ParameterError

OPSET, IR_VERSION = 18, 8  # of 2022: onnxruntime 1.14 and later
_MOST_BYTES = 2**31 - 2**20  # protobuf's limit, less the graph itself

Size = int | str | None
"""Length of an axis: a number, or a name where it is free."""


class Graph:
    """Nodes and constants; values are names. Arrays among the inputs of a node become constants."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []
        self._types: dict[str, np.dtype[Any]] = {}

    def input(self, name: str, dtype: np.dtype[Any], shape: Sequence[Size]) -> str:
        """Declare an input, and return its value."""
        self._inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), shape))
        self._types[name] = dtype
        return name

    def output(self, value: str, name: str, dtype: np.dtype[Any], shape: Sequence[Size]) -> None:
        """Declare a value as an output, in this type."""
        self.add("Identity", self.cast(value, dtype), result=name)
        self._outputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), shape))

    def add(self, operator: str, *inputs: str | np.ndarray, result: str = "", **attributes: Any) -> str:
        """Add a node, and return its value, which has the type of the first input that is no array."""
        names = [self._constant(each) if isinstance(each, np.ndarray) else each for each in inputs]
        result = result or f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, names, [result], result, **attributes))
        first = next((each for each in inputs if isinstance(each, str)), None)
        if first in self._types:
            self._types[result] = self._types[first]
        return result

    def cast(self, value: str, dtype: np.dtype[Any]) -> str:
        """Return a value of numbers in this type."""
        if self._types[value] == dtype:
            return value
        result = self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(dtype))
        self._types[result] = dtype
        return result

    def type_of(self, value: str) -> np.dtype[Any]:
        """Return the type of a value's numbers."""
        return self._types[value]

    def model(self, name: str, metadata: Mapping[str, str]) -> bytes:
        """Return the content of an ONNX file, checked by ONNX; ParameterError if it is too large for one."""
        n_bytes = sum(len(tensor.raw_data) for tensor in self._constants)
        if n_bytes > _MOST_BYTES:
            raise ParameterError(
                "The model cannot be exported, since an ONNX file has at most 2 GB, and its weights take "
                f"{n_bytes / 1e9:.1f} GB."
            )
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, self._constants)
        model: ModelProto = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="isthmus",
            producer_version=__version__,
        )
        helper.set_model_props(model, dict(metadata))
        checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

    def _constant(self, array: np.ndarray) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name
