"""A graph is run by onnxruntime, and its results compared with the model's, before it becomes a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from isthmus.errors import OutputError
from isthmus.system.onnx_runtime import load_onnxruntime

_PROVIDER = "CPUExecutionProvider"
_OF_LARGEST, _OF_UNIT = 1e-5, 1e-6
_ROUNDINGS = 10  # times the model's own rounding error: sums in another order round differently


@dataclass(frozen=True, eq=False)
class Sample:
    """What a graph is given, and what the model makes of it: in the graph's type of numbers, and in float64.

    Each column of the results has a unit of its own, such as the deviation of the training rows. Results that share one
    are in one column.
    """

    inputs: np.ndarray
    own: Float[np.ndarray, "values columns"]
    exact: Float64[np.ndarray, "values columns"]
    unit: Float64[np.ndarray, " columns"]


def check(content: bytes, samples: Iterable[Sample], name: str) -> None:
    """Run the graph of an ONNX file on samples.

    OutputError, which begins with the file's name, if a result differs from the exact one by more than 1e-5 of the
    largest in its column, 1e-6 of its unit, and ten times the largest error of the model itself, together.
    """
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = _computing(name, lambda: onnxruntime.InferenceSession(content, options, providers=[_PROVIDER]))
    for sample in samples:
        inputs = {session.get_inputs()[0].name: sample.inputs}
        (found,) = _computing(name, partial(session.run, None, inputs))
        _compare(found.reshape(sample.own.shape).astype(np.float64), sample, name)


def _computing(name: str, function: Callable[[], Any]) -> Any:
    """Call a function of onnxruntime; its errors, which have no base of their own, become OutputErrors."""
    try:
        return function()
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OutputError(f"{name}: is not written, since onnxruntime cannot compute it ({reason}).") from error


def _compare(found: Float64[np.ndarray, "values columns"], sample: Sample, name: str) -> None:
    largest = np.abs(sample.exact).max(axis=0)
    rounding = np.abs(sample.own - sample.exact).max(axis=0)
    allowed = _OF_LARGEST * largest + _OF_UNIT * sample.unit + _ROUNDINGS * rounding
    difference = np.abs(found - sample.exact).max(axis=0)
    if not (difference <= allowed).all():  # not so for NaN
        j = int(np.argmax(difference - allowed))
        raise OutputError(
            f"{name}: is not written, since onnxruntime computes other numbers than the model: they differ by "
            f"{difference[j]:.3g} where the largest is {largest[j]:.3g}."
        )
