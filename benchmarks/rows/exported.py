"""How fast onnxruntime computes exported models, beside the estimators' own methods and their torch modules.

    python -m benchmarks.rows.exported [--repeats 21]

All take one thread and float32, and take turns. A figure is the median of the repeats; a ratio is the median of the
pairs of a turn, with the smallest and the largest.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.machine import heading
from isthmus import Autoencoder, ConvAutoencoder
from isthmus.estimators.base import BaseAutoencoder
from isthmus.system.onnx_runtime import load_onnxruntime
from isthmus.system.threads import one_blas_thread

LEAST_SECONDS = 0.02  # of a repeat, in which short calls are repeated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=21)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    print(f"{heading()}, onnxruntime {version('onnxruntime')}\n")
    print(
        "| | estimator, ms | torch module, ms | onnxruntime, ms | estimator over onnxruntime | torch over onnxruntime |"
    )
    print("|---|---|---|---|---|---|")
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(10_000, 64))
    table = Autoencoder(16, encoder_layers=(256, 128), scale="standard", random_state=0).partial_fit(rows[:1000])
    for n in (1, 100, 10_000):
        show(f"codes of {n:,} row{'s' * (n > 1)}, 64-256-128-16", table, "encode", rows[:n], repeats)
    show("reconstruction of 10,000 rows", table, "reconstruct", rows, repeats)
    pictures = generator.uniform(0, 255, (256, 28, 28))
    images = ConvAutoencoder(random_state=0).partial_fit(pictures[:64])
    show("reconstruction of 1 image of 28 × 28, 2 × 64 filters", images, "reconstruct", pictures[:1], repeats)
    show("reconstruction of 256 images of 28 × 28", images, "reconstruct", pictures, repeats)
    whole = generator.uniform(0, 255, (1, 512, 512))
    show("reconstruction of 1 image of 512 × 512", images, "reconstruct", whole, repeats)


def show(title: str, model: BaseAutoencoder, part: str, X: np.ndarray, repeats: int) -> None:
    """Print a line of the table."""
    X = X.astype(np.float32)
    seconds = in_turns(ways(model, part, X), repeats)
    estimator, module, exported = seconds
    cells = [f"{1000 * statistics.median(each):.3g}" for each in seconds]
    print("|", " | ".join([title, *cells, ratio(estimator, exported), ratio(module, exported)]), "|", flush=True)


def ways(model: BaseAutoencoder, part: str, X: np.ndarray) -> list[Callable[[], Any]]:
    """The estimator's method, its torch module's, and onnxruntime."""
    own = {"encode": model.transform, "reconstruct": model.reconstruct}[part]
    module, tensor = model.module_.eval(), torch.from_numpy(X.reshape(len(X), -1))
    apply = {"encode": module.encode, "reconstruct": module}[part]
    if X.ndim == 3:
        module.image_shape = (*X.shape[1:], 1)

    @torch.no_grad()
    def torch_module() -> np.ndarray:
        return apply(tensor).numpy()

    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        model.export(Path(folder) / "m.onnx", part)
        session = onnxruntime.InferenceSession(Path(folder) / "m.onnx", options)
    name = session.get_inputs()[0].name
    return [lambda: own(X), torch_module, lambda: session.run(None, {name: X})]


def in_turns(functions: list[Callable[[], Any]], repeats: int) -> list[list[float]]:
    """Seconds of each call, in turns that begin with another function each time."""
    found: list[list[float]] = [[] for _ in functions]
    with one_blas_thread():
        counts = [max(1, round(LEAST_SECONDS / timed(function, 3))) for function in functions]
        for turn in range(repeats):
            for i in np.roll(range(len(functions)), turn):
                found[i].append(timed(functions[i], counts[i]))
    return found


def timed(function: Callable[[], Any], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        function()
    return (time.perf_counter() - began) / count


def ratio(first: list[float], second: list[float]) -> str:
    ratios = [a / b for a, b in zip(first, second, strict=True)]
    return f"{statistics.median(ratios):.2g} ({min(ratios):.2g}–{max(ratios):.2g})"


if __name__ == "__main__":
    main()
