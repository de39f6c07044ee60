"""Noise that a denoising autoencoder has to undo (Vincent et al. 2010, §3.3)."""

from collections.abc import Callable
from functools import partial
from typing import Generic

import numpy as np
from jaxtyping import Float64

from isthmus.dense.operations import ArrayT, Operations
from isthmus.rows.scaling import Columns

Corruption = Callable[[ArrayT], ArrayT]
Unit = Float64[np.ndarray, " features"]


class Noise(Generic[ArrayT]):
    """A kind of noise and its strength, as a function of rows of unit scale.

    ``gaussian`` adds normal noise whose standard deviation is ``strength`` times the unit scale of the rows;
    ``masking`` replaces a share ``strength`` of the values by zero (of the scaled data: the mean where the scale
    centres it); ``salt_and_pepper`` replaces that share by the column's smallest or largest value, at random.
    """

    def __init__(
        self,
        operations: Operations[ArrayT],
        kind: str,
        strength: float,
        rng: np.random.Generator,
        *,
        zero: Unit,
        low: Unit,
        high: Unit,
    ) -> None:
        self._operations, self._kind, self._strength, self._rng = operations, kind, strength, rng
        self._zero, self._low, self._high = (values.astype(operations.dtype) for values in (zero, low, high))

    def __call__(self, u: ArrayT) -> ArrayT:
        """Return the rows with noise on them."""
        operations, shape = self._operations, tuple(u.shape)
        result = operations.filled(shape, 0.0)
        if self._kind == "gaussian":
            noise = self._rng.standard_normal(shape, dtype=np.float32)
            noise *= self._strength
            operations.add(u, operations.array(noise), result)
            return result
        values = np.broadcast_to(self._zero, shape)
        if self._kind == "salt_and_pepper":
            values = np.where(self._draw(shape, 0.5), self._low, self._high)
        is_replaced = operations.array(self._draw(shape, self._strength))
        # u + 1 · (value − u), or u + 0
        operations.subtract(operations.array(np.ascontiguousarray(values)), u, result)
        operations.multiply(result, is_replaced, result)
        operations.add(result, u, result)
        return result

    def _draw(self, shape: tuple[int, ...], share: float) -> np.ndarray:
        drawn: np.ndarray = self._rng.random(shape, dtype=np.float32) < share
        return drawn


def noise_for(
    noise: tuple[str, float], operations: Operations[ArrayT], shift: Unit, scale: Unit, columns: Columns
) -> Callable[[np.random.Generator], Noise[ArrayT]]:
    """Return what makes the noise on a network's batches, from a generator.

    Images without a dense code have statistics by channel; ``shift`` and ``scale`` have a value for each column.
    """
    statistics = columns.statistics
    zero = np.zeros_like(statistics.mean) if (columns.scale == 1).all() else statistics.mean
    n_times = len(shift) // len(zero)
    zero, low, high = (
        (np.tile(values, n_times) - shift) / scale for values in (zero, statistics.minimum, statistics.maximum)
    )
    return partial(Noise, operations, *noise, zero=zero, low=low, high=high)
