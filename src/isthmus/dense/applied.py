"""A dense network in use: from arrays of rows in the data's units to codes, and back."""

from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.backends import NUMPY, Backend
from isthmus.dense.forward import Forward
from isthmus.dense.influence import mean_absolute_jacobian
from isthmus.system.threads import SILENT

# Rows at a time: products of fewer are slower, and more values of the widest layer than these leave the cache.
_FEWEST_ROWS, _CHUNK_VALUES = 256, 2**15


class DenseInUse:
    """A dense network for rows of one precision, float32 or float64; several threads may use it at the same time.

    Rows are computed in chunks. The subtraction of the mean is done in float64.
    """

    in_threads = True

    def __init__(
        self, network: DenseArrays, dtype: type[np.float32] | type[np.float64], backend: Backend = NUMPY
    ) -> None:
        # Rows in float32 are computed in the precision of the weights.
        precision = np.float64 if dtype == np.float64 else np.dtype(network.precision)
        self._network, self._operations = network, backend.operations(precision)
        self._backend = backend
        self._free: list[Forward[Any]] = [Forward(self._operations, network)]
        self._chunk_rows = max(_FEWEST_ROWS, _CHUNK_VALUES // network.n_values)
        arrays = network.arrays
        self._shift, self._scale, self._unit = arrays["shift"], arrays["scale"], arrays["code_unit"]

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
            rows, self.n_features, lambda forward, part: self._rows(forward, self._codes(forward, part))
        )

    def influence(
        self, codes: Float64[np.ndarray, "rows code"], *, standardise: bool
    ) -> Float64[np.ndarray, "code features"]:
        """Return the mean absolute derivative of each decoded column with respect to each code."""
        return mean_absolute_jacobian(self._network, codes, standardise=standardise)

    def _codes(self, forward: Forward[Any], rows: np.ndarray) -> np.ndarray:
        u = (rows - self._shift) / self._scale
        codes = self._operations.numpy(forward.codes(self._operations.array(u).swapaxes(0, 1)))
        result: np.ndarray = (codes.T * self._unit).astype(rows.dtype, copy=False)
        return result

    def _rows(self, forward: Forward[Any], codes: np.ndarray) -> np.ndarray:
        z = self._operations.array(codes / self._unit).swapaxes(0, 1)
        output = forward.output(z, self.code_size, len(self._network.decoders) - 1)
        if self._network.output == "sigmoid":
            self._operations.sigmoid(output, output)
        rows = self._operations.numpy(output).T
        if self._network.output != "sigmoid":
            rows = rows * self._scale + self._shift
        result: np.ndarray = rows.astype(codes.dtype, copy=False)
        return result

    @np.errstate(**SILENT)
    def _by_chunks(self, rows: np.ndarray, width: int, function: Any) -> np.ndarray:
        forward = self._free.pop() if self._free else Forward(self._operations, self._network)
        result, n = np.empty((len(rows), width), rows.dtype), self._chunk_rows
        for start in range(0, len(rows), n):
            result[start : start + n] = function(forward, rows[start : start + n])
        self._free.append(forward)
        return result
