"""Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), over blocks that stay in the cache."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from isthmus.system.threads import Threads

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8
_BLOCK = 2**14  # values; the five blocks of a step take 320 kB in float32
# The mean of a gradient that stays zero falls by a tenth in each step, to numbers so small that arithmetic with them
# takes a hundred times as long (denormal ones). Before it can become one, it is set to zero.
_FLUSH_EVERY, _FLUSHED = 256, 1e-25


class NumpyAdamW:
    """Optimiser of a vector of weights, which ``step`` changes in place.

    The moments are kept without the factors 1 − β of the paper, which a step multiplies in once: that saves two
    operations on all values.
    """

    def __init__(self, weights: np.ndarray, weight_decay: float) -> None:
        self._weights, self._weight_decay = weights, weight_decay
        self._means, self._squares = np.zeros_like(weights), np.zeros_like(weights)
        self._n_steps = 0
        self._beta1, self._beta2, self._epsilon, self._rate, self._kept = (
            np.array(value, weights.dtype) for value in (_BETA1, _BETA2, 0.0, 0.0, 0.0)
        )
        self._blocks = [slice(start, start + _BLOCK) for start in range(0, len(weights), _BLOCK)]
        self._scratch: list[np.ndarray] = []

    def step(self, gradients: Sequence[np.ndarray], learning_rate: float, threads: Threads) -> None:
        """Change the weights by the sum of the gradients."""
        self._n_steps += 1
        of_means, of_squares = (1 - beta**self._n_steps for beta in (_BETA1, _BETA2))
        # w −= rate · (0.1 m / of_means) / (√(0.001 v / of_squares) + ε), with m and v as they are kept
        scale = math.sqrt((1 - _BETA2) / of_squares)
        self._epsilon[()] = _EPSILON / scale
        self._rate[()] = learning_rate * (1 - _BETA1) / (of_means * scale)
        self._kept[()] = 1 - learning_rate * self._weight_decay
        n_parts = min(threads.n, len(self._blocks))
        while len(self._scratch) < n_parts:
            self._scratch.append(np.empty((2, min(_BLOCK, len(self._weights))), self._weights.dtype))

        threads.run(partial(self._step_part, n_parts, gradients), n_parts)

    def _step_part(self, n_parts: int, gradients: Sequence[np.ndarray], i: int) -> None:
        first, end = (part * len(self._blocks) // n_parts for part in (i, i + 1))
        for block in self._blocks[first:end]:
            self._step_block(block, [gradient[block] for gradient in gradients], self._scratch[i])

    def _step_block(self, block: slice, gradients: Sequence[np.ndarray], scratch: np.ndarray) -> None:
        weights, mean, square = self._weights[block], self._means[block], self._squares[block]
        gradient, *others = gradients
        one, total = scratch[0, : len(weights)], scratch[1, : len(weights)]
        for other in others:
            np.add(gradient, other, total)
            gradient = total
        np.multiply(mean, self._beta1, mean)
        np.add(mean, gradient, mean)
        np.multiply(square, self._beta2, square)
        np.multiply(gradient, gradient, one)
        np.add(square, one, square)
        np.sqrt(square, one)
        np.add(one, self._epsilon, one)
        np.divide(mean, one, one)
        np.multiply(one, self._rate, one)
        np.multiply(weights, self._kept, weights)
        np.subtract(weights, one, weights)
        if self._n_steps % _FLUSH_EVERY == 0:
            mean[np.abs(mean) < _FLUSHED] = 0
