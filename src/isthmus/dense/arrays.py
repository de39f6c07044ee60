"""Dense networks as plain arrays, the form in which they are made, kept and saved.

For a row u of unit scale a network computes

    z = W u + s ∘ e(u)            û = V z + b + d(z / s)

where e and d are stacks of dense layers and s is the spread (standard deviation) of each code. Without linear paths
it is the classic stacked autoencoder (Hinton & Salakhutdinov 2006), z = e(u) and û = d(z). An ordered network has one
encoder and several decoders: for the first code, the first two, four, eight, … and all codes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool


@dataclass(frozen=True, eq=False)
class DenseArrays:
    """A dense network: its layers, and its weights by the names that its torch module gives them.

    Layers are in the order that data meets them. ``prefixes`` are the code sizes with decoders of their own, and
    ``first_sizes`` the smallest code size that each decoder is used for: one that lacks many of its codes can be worse
    than the next smaller one, which lacks none. ``output`` is "linear", or "sigmoid" where the decoder gives logits.

    ``arrays`` holds the weights, and beside them ``shift`` and ``scale`` (what rows are reduced and divided by, in
    float64, since the mean of a column can be millions of times its deviation), ``code_unit`` (float64) and ``spread``.
    """

    n_features: int
    encoder_layers: tuple[int, ...]
    decoder_layers: tuple[int, ...]
    activation: str
    linear_paths: bool
    stacks: bool
    output: str
    prefixes: tuple[int, ...]
    first_sizes: tuple[int, ...]
    arrays: Mapping[str, np.ndarray]

    @property
    def code_size(self) -> int:
        return len(self.arrays["spread"])

    @property
    def precision(self) -> str:
        """Data type of the weights: "float32" or "float64"."""
        return self.arrays["spread"].dtype.name

    @property
    def n_values(self) -> int:
        """Number of values of the widest layer for a row."""
        return max((self.n_features, self.code_size, *self.encoder_layers, *self.decoder_layers))

    @property
    def n_weights(self) -> int:
        """Number of weights and biases; about as many multiplications reconstruct a row."""
        return sum(self.arrays[name].size for name in self.weights())

    @property
    def decoders(self) -> list[tuple[str, int]]:
        """The name of every decoder and its number of codes, the smallest first."""
        return [*((f"prefix_decoders.{i}", size) for i, size in enumerate(self.prefixes)), ("decoder", self.code_size)]

    def decoder_for(self, size: int) -> int:
        """Return the index of the decoder that is used for a code size."""
        return max(i for i, first in enumerate(self.first_sizes) if first <= size)

    def weights(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight and bias, by name."""
        n, size = self.n_features, self.code_size
        shapes: dict[str, tuple[int, ...]] = {}
        if self.linear_paths:
            shapes["encoder.linear.weight"] = (size, n)
        shapes |= dict(self._stack("encoder", (n, *self.encoder_layers, size)))
        for name, width in self.decoders:
            if self.linear_paths:
                shapes |= {f"{name}.linear.weight": (n, width), f"{name}.linear.bias": (n,)}
            shapes |= dict(self._stack(name, (width, *self.decoder_layers, n)))
        return shapes

    def updated(self, arrays: Mapping[str, np.ndarray]) -> "DenseArrays":
        """Return the network with some of its arrays replaced."""
        return replace(self, arrays={**self.arrays, **arrays})

    def truncated(self, size: int) -> "DenseArrays":
        """Copy the network with the first ``size`` codes only; it computes what this one does with that many."""
        chosen = self.decoder_for(size)
        name, width = self.decoders[chosen]
        kept = {f"{own}.": f"{own}." for own in ("encoder", *(each for each, _ in self.decoders[:chosen]))}
        kept[f"{name}."] = "decoder."
        arrays = {key: self.arrays[key] for key in ("shift", "scale")}
        arrays |= {key: self.arrays[key][:size] for key in ("code_unit", "spread")}
        for key, values in self.arrays.items():
            for old, new in kept.items():
                if key.startswith(old):
                    arrays[new + key.removeprefix(old)] = values
        of_codes = [f"encoder.stack.{2 * len(self.encoder_layers)}.weight", "encoder.linear.weight"]
        for key in (*of_codes, of_codes[0].replace("weight", "bias")):
            if key in arrays:
                arrays[key] = arrays[key][:size]
        for key in ("decoder.linear.weight", "decoder.stack.0.weight"):
            if key in arrays:
                arrays[key] = np.pad(arrays[key], ((0, 0), (0, max(0, size - width))))[:, :size]
        arrays = {key: values.copy() for key, values in arrays.items()}
        prefixes, first_sizes = self.prefixes[:chosen], self.first_sizes[: chosen + 1]
        return replace(self, arrays=arrays, prefixes=prefixes, first_sizes=first_sizes)

    def ignoring(self, constant: Bool[np.ndarray, " features"]) -> "DenseArrays":
        """Return the network with the encoder's weights on columns that never vary at zero.

        A weight on an input that is always zero is never trained: it would stay as it was drawn, and move every code
        once the column varies. At zero it stays zero.
        """
        return self.updated({name: np.where(constant, 0, self.arrays[name]) for name in self._seeing()})

    def leaving(self, constant: Bool[np.ndarray, " features"]) -> "DenseArrays":
        """Return the network with the decoders' weights for columns that never vary at zero: decoded to ``shift``."""
        last = f"stack.{2 * len(self.decoder_layers)}"
        changed = {}
        for name, _ in self.decoders:
            for layer in (f"{name}.linear", f"{name}.{last}"):
                for key in (f"{layer}.weight", f"{layer}.bias"):
                    if key in self.arrays:
                        changed[key] = self.arrays[key].copy()
                        changed[key][constant] = 0
        return self.updated(changed)

    @property
    def ignored(self) -> Bool[np.ndarray, " features"]:
        """The columns that the encoder ignores altogether."""
        ignored: np.ndarray = np.logical_and.reduce([(self.arrays[name] == 0).all(axis=0) for name in self._seeing()])
        return ignored

    def _seeing(self) -> list[str]:
        """Names of the weights that a row meets first."""
        return [name for name in ("encoder.linear.weight", "encoder.stack.0.weight") if name in self.arrays]

    def _stack(self, half: str, widths: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield names and shapes of a stack's layers; the odd numbers are activations."""
        if self.stacks:
            for i, (n_inputs, n_outputs) in enumerate(pairwise(widths)):
                yield f"{half}.stack.{2 * i}.weight", (n_outputs, n_inputs)
                yield f"{half}.stack.{2 * i}.bias", (n_outputs,)
