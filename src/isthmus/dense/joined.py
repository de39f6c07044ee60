"""All weights of a dense network in one vector, as a few matrices.

A bias is the last column of its matrix, and the values that a matrix is multiplied with end in a row of ones. Layers
that see the same values lie below each other: the encoder's first layer and its linear path. Those whose results are
added lie side by side: the decoder's last layer and its linear path. So a product of matrices is all that a step makes
of them, forward and backward, and the optimiser walks over one vector.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from isthmus.dense.arrays import DenseArrays


class _Place(NamedTuple):
    """Where an array lies in its matrix; biases are columns."""

    rows: slice
    columns: slice | int


@dataclass(frozen=True)
class Matrix:
    """A matrix in the vector, and the arrays in it."""

    start: int
    shape: tuple[int, int]
    places: Mapping[str, _Place]


class Joined:
    """The matrices of a dense network: ``encoder``, and one list for each of ``decoders``; ``size`` values together."""

    def __init__(self, network: DenseArrays) -> None:
        self.size = 0
        n, n_codes = network.n_features, network.code_size
        widths, first = (n, *network.encoder_layers, n_codes), 0
        self.encoder: list[Matrix] = []
        places: dict[str, _Place] = {}
        if network.stacks:
            first = widths[1]
            places |= _layer("encoder.stack.0", slice(0, first), 0, n)
        if network.linear_paths:
            places["encoder.linear.weight"] = _Place(slice(first, first + n_codes), slice(0, n))
            first += n_codes
        self.encoder.append(self._matrix((first, n + 1), places))
        if network.stacks:
            self.encoder += self._layers("encoder", widths, 1, len(widths) - 1)
        self.decoders = [self._decoder(network, name, size) for name, size in network.decoders]

    def _decoder(self, network: DenseArrays, name: str, size: int) -> list[Matrix]:
        n, widths, matrices = network.n_features, (size, *network.decoder_layers, network.n_features), []
        places: dict[str, _Place] = {}
        column = 0
        if network.stacks:
            last = len(widths) - 2
            matrices += self._layers(name, widths, 0, last)
            places |= _layer(f"{name}.stack.{2 * last}", slice(0, n), 0, widths[last])
            column = widths[last] + 1
        if network.linear_paths:
            places |= _layer(f"{name}.linear", slice(0, n), column, size)
            column += size + 1
        return [*matrices, self._matrix((n, column), places)]

    def _layers(self, half: str, widths: tuple[int, ...], start: int, stop: int) -> list[Matrix]:
        shapes = list(pairwise(widths))
        return [
            self._matrix((b, a + 1), _layer(f"{half}.stack.{2 * i}", slice(0, b), 0, a))
            for i, (a, b) in enumerate(shapes)
            if start <= i < stop
        ]

    def _matrix(self, shape: tuple[int, int], places: dict[str, _Place]) -> Matrix:
        matrix = Matrix(self.size, shape, places)
        self.size += shape[0] * shape[1]
        return matrix

    @property
    def matrices(self) -> list[Matrix]:
        """All of them, in the order of the vector."""
        return sorted((*self.encoder, *(each for one in self.decoders for each in one)), key=lambda each: each.start)

    def vector_of(self, arrays: Mapping[str, np.ndarray], dtype: np.dtype) -> np.ndarray:
        """Return the vector of weights by name; what is no weight in it is zero."""
        vector = np.zeros(self.size, dtype)
        for name, part in self._parts(vector).items():
            part[...] = arrays[name]
        return vector

    def arrays_of(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """Copy weights by name from a vector."""
        return {name: part.copy() for name, part in self._parts(vector).items()}

    def _parts(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        parts: dict[str, np.ndarray] = {}
        for matrix in self.matrices:
            values = vector[matrix.start : matrix.start + matrix.shape[0] * matrix.shape[1]].reshape(matrix.shape)
            parts |= {name: values[place.rows, place.columns] for name, place in matrix.places.items()}
        return parts


def _layer(name: str, rows: slice, column: int, n_inputs: int) -> dict[str, _Place]:
    return {
        f"{name}.weight": _Place(rows, slice(column, column + n_inputs)),
        f"{name}.bias": _Place(rows, column + n_inputs),
    }
