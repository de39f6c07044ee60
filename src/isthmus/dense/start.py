"""Initial weights of dense networks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isthmus.dense.arrays import DenseArrays


def initial_network(
    n_features: int,
    code_size: int,
    encoder_layers: Sequence[int],
    decoder_layers: Sequence[int],
    activation: str,
    *,
    linear_paths: bool,
    stacks: bool,
    output: str,
    prefixes: Sequence[int],
    values: Mapping[str, np.ndarray],
    seed: int,
) -> DenseArrays:
    """Make a network whose stacks are drawn at random.

    Weights and biases are uniform in ±1/√(inputs of a node), as PyTorch draws them. With linear paths, ``values`` has
    their weights and the last layers of the stacks are zero. A network that is PCA is in float64, as exact as PCA.
    """
    prefixes = tuple(prefixes)
    first_sizes = tuple(size + 1 for size in (0, *prefixes))
    network = DenseArrays(
        n_features, tuple(encoder_layers), tuple(decoder_layers), activation, linear_paths, stacks, output, prefixes,
        first_sizes, {"spread": np.ones(code_size)},
    )  # fmt: skip
    dtype: Any = np.float32 if stacks or output == "sigmoid" else np.float64
    rng, bound = np.random.default_rng(seed), 1.0
    arrays: dict[str, np.ndarray] = {}
    for name, shape in network.weights().items():
        if name.endswith("weight"):
            bound = 1 / math.sqrt(shape[1])
        arrays[name] = rng.uniform(-bound, bound, shape).astype(dtype)
    if linear_paths and stacks:
        halves = [("encoder", len(encoder_layers)), *((name, len(decoder_layers)) for name, _ in network.decoders)]
        for half, n_hidden in halves:
            for kind in ("weight", "bias"):
                arrays[f"{half}.stack.{2 * n_hidden}.{kind}"][:] = 0
    return network.updated(arrays | network_values(network, values, dtype))


def network_values(network: DenseArrays, values: Mapping[str, np.ndarray], dtype: Any) -> dict[str, np.ndarray]:
    """Return arrays by name as a network has them, those of the whole code's decoder also for the prefixes.

    Principal components are uncorrelated, so the best map from the first few is the first part of the whole map.
    """
    arrays = {
        name: np.array(value, dtype=np.float64 if name in ("shift", "scale", "code_unit") else dtype)
        for name, value in values.items()
    }
    if "decoder.linear.weight" in arrays:
        for name, size in network.decoders[:-1]:
            arrays[f"{name}.linear.weight"] = arrays["decoder.linear.weight"][:, :size].copy()
            arrays[f"{name}.linear.bias"] = arrays["decoder.linear.bias"].copy()
    return arrays
