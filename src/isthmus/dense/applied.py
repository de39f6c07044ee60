"""A dense network in use: from arrays of rows in the data's units to codes, and back."""

from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.backends import NUMPY, Backend
from isthmus.dense.forward import Forward
from isthmus.dense.influence import mean_absolute_jacobian
from isthmus.dense.operations import Operations
from isthmus.system.threads import SILENT

# Rows at a time: products of fewer are slower, and more values of the widest layer than these leave the cache.
_FEWEST_ROWS, _CHUNK_VALUES = 256, 2**15
_ORDINARY = 1e-30, 1e30  # sizes of numbers with which float32 is exact


class DenseInUse:
    """A dense network for rows of one precision, float32 or float64; several threads may use it at the same time.

    Rows are computed in chunks.
    """

    in_threads = True

    def __init__(
        self, network: DenseArrays, dtype: type[np.float32] | type[np.float64], backend: Backend = NUMPY
    ) -> None:
        # Rows in float32 are computed in the precision of the weights.
        precision = np.float64 if dtype == np.float64 else np.dtype(network.precision)
        self._network, self._operations = network, backend.operations(precision)
        self._backend = backend
        self._chunk_rows = max(_FEWEST_ROWS, _CHUNK_VALUES // network.n_values)
        self._free: list[_Computing] = []
        arrays = network.arrays
        self._units = _units_of(arrays["shift"], arrays["scale"], self._operations.dtype)
        self._unit = arrays["code_unit"]

    @property
    def n_features(self) -> int:
        return self._network.n_features

    @property
    def code_size(self) -> int:
        return self._network.code_size

    @property
    def n_values(self) -> int:
        return self._network.n_values

    def per_column(self, values: Float64[np.ndarray, " features"]) -> Float64[np.ndarray, " features"]:
        """Return the values: each unit of the network is a column."""
        return values

    def encode(self, rows: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows code"]:
        """Encode rows in the data's units."""
        return self._by_chunks(rows, self.code_size, self._codes)

    def decode(self, codes: Float[np.ndarray, "rows code"]) -> Float[np.ndarray, "rows features"]:
        """Decode codes to rows in the data's units."""
        return self._by_chunks(codes, self.n_features, self._rows)

    def reconstruct(self, rows: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows features"]:
        """Encode and decode rows."""
        return self._by_chunks(
            rows, self.n_features, lambda computing, part: self._rows(computing, self._codes(computing, part))
        )

    def influence(
        self, codes: Float64[np.ndarray, "rows code"], *, standardise: bool
    ) -> Float64[np.ndarray, "code features"]:
        """Return the mean absolute derivative of each decoded column with respect to each code."""
        return mean_absolute_jacobian(self._network, codes, standardise=standardise)

    def _codes(self, computing: "_Computing", rows: np.ndarray) -> np.ndarray:
        forward, u = computing.forward, computing.columns(len(rows))
        np.copyto(u, rows.T)
        for part in self._units.shift:
            np.subtract(u, part, u)
        np.divide(u, self._units.scale, u)
        codes: np.ndarray = self._operations.numpy(forward.codes(self._operations.array(u)))
        result: np.ndarray = codes.T * self._unit
        return result

    def _rows(self, computing: "_Computing", codes: np.ndarray) -> np.ndarray:
        """Decode codes; what is returned is overwritten by the next call."""
        z = self._operations.array(codes / self._unit).swapaxes(0, 1)
        output = computing.forward.output(z, self.code_size, len(self._network.decoders) - 1)
        if self._network.output == "sigmoid":
            self._operations.sigmoid(output, output)
            decoded: np.ndarray = self._operations.numpy(output)
            return decoded.T
        rows = computing.columns(len(codes))
        np.multiply(self._operations.numpy(output), self._units.scale, rows)
        np.add(rows, self._units.shift[0], rows)
        return rows.T

    @np.errstate(**SILENT)
    def _by_chunks(self, rows: np.ndarray, width: int, function: Any) -> np.ndarray:
        result, n = np.empty((len(rows), width), rows.dtype), self._chunk_rows
        computing = self._free.pop() if self._free else _Computing(self._operations, self._units, self._network, n)
        for start in range(0, len(rows), n):
            result[start : start + n] = function(computing, rows[start : start + n])
        self._free.append(computing)
        return result


class _Units(NamedTuple):
    """What rows are reduced by, as a sum, and divided by; in columns."""

    shift: tuple[np.ndarray, ...]
    scale: np.ndarray


def _units_of(shift: np.ndarray, scale: np.ndarray, dtype: np.dtype) -> _Units:
    """Return shift and scale in a precision, or in float64 where float32 would lose some of them.

    The mean of a column can be millions of times its deviation. In float32 it is the sum of two numbers. A value near
    the first is reduced by it without rounding (Sterbenz 1974), and the second is small: the result is as exact as from
    float64.
    """
    shift, scale = shift[:, np.newaxis], scale[:, np.newaxis]
    low, high = _ORDINARY
    if dtype == np.float64 or np.abs(shift).max() > high or scale.min() < low or scale.max() > high:
        return _Units((shift,), scale)
    first = shift.astype(dtype)
    return _Units((first, (shift - first).astype(dtype)), scale.astype(dtype))


class _Computing:
    """What one thread computes with: arrays that are made once."""

    def __init__(self, operations: Operations[Any], units: _Units, network: DenseArrays, chunk_rows: int) -> None:
        self.forward = Forward(operations, network)
        # The longer side is contiguous: NumPy walks along it.
        order: Literal["C", "F"] = "F" if network.n_features > chunk_rows else "C"
        self._columns = np.empty((network.n_features, chunk_rows), units.scale.dtype, order)

    def columns(self, n_rows: int) -> Float[np.ndarray, "features rows"]:
        """Return an array for so many rows, in columns."""
        columns: np.ndarray = self._columns[:, :n_rows]
        return columns
