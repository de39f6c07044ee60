"""What the tests of exported models share: a model as an ONNX file, computed by onnxruntime."""

from pathlib import Path

import numpy as np
import onnxruntime

from isthmus.estimators.base import BaseAutoencoder

# Every epoch is kept when rows come in parts, so that no weight is zero as at a PCA start.
TRAINED = {"learning_rate": 0.1, "random_state": 0}

METHODS = {
    "encode": "transform",
    "decode": "inverse_transform",
    "reconstruct": "reconstruct",
    "score": "reconstruction_error",
}


def session_of(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def computed(path: Path, inputs: np.ndarray) -> np.ndarray:
    """What onnxruntime makes of the only input of a file."""
    session = session_of(path)
    (result,) = session.run(None, {session.get_inputs()[0].name: inputs})
    return result


def both(model: BaseAutoencoder, part: str, X: np.ndarray, folder: Path, dtype: str = "float32"):
    """What a part of a model makes of rows, or of their codes: computed by onnxruntime, and by the model in float64.

    Convolutions of arrays of images are in float32 there, too.
    """
    model.export(folder / "m.onnx", part, dtype=dtype)
    rows = X.astype(dtype)
    inputs = model.transform(rows) if part == "decode" else rows
    found, expected = computed(folder / "m.onnx", inputs), getattr(model, METHODS[part])(np.float64(inputs))
    assert found.shape == expected.shape
    assert found.dtype == dtype
    return found, expected


def largest_difference(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest value of its column."""
    difference, largest = np.abs(found - expected).max(axis=0), np.abs(expected).max(axis=0)
    return float((difference / np.where(largest > 0, largest, 1)).max())
