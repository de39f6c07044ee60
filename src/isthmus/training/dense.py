"""Dense networks for the trainer, on NumPy or on torch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Generic

import numpy as np
from jaxtyping import Bool, Float64

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.forward import Forward
from isthmus.dense.joined import Joined
from isthmus.dense.losses import Loss
from isthmus.dense.operations import ArrayT, Operations
from isthmus.dense.step import DenseStep
from isthmus.system.threads import SILENT
from isthmus.training.trainable import Step


class DenseScorer(Generic[ArrayT]):
    """A dense network that rows of unit scale are scored with, by code size."""

    def __init__(
        self,
        operations: Operations[ArrayT],
        network: DenseArrays,
        loss: str,
        weights: ArrayT | None = None,
        joined: Joined | None = None,
    ) -> None:
        self.operations, self._network = operations, network
        self.shift, self.scale = network.arrays["shift"], network.arrays["scale"]
        self._loss = Loss(operations, loss, shift=self.shift, scale=self.scale)
        self._forward = Forward(operations, network, weights, joined)

    @np.errstate(**SILENT)
    def row_errors(self, inputs: ArrayT, targets: ArrayT, sizes: Sequence[int]) -> Float64[np.ndarray, "sizes rows"]:
        """Return the mean squared error of each row, in unit scale, with the first codes only, for each size."""
        codes, goal = self._forward.codes(inputs.swapaxes(0, 1)), targets.swapaxes(0, 1)
        errors = np.empty((len(sizes), inputs.shape[0]))
        for i, size in enumerate(sizes):
            output = self._forward.output(codes, size, self._network.decoder_for(size))
            errors[i] = self.operations.numpy(self._loss.column_errors(output, goal))
        return errors


class DenseTraining(DenseScorer[ArrayT]):
    """A dense network with its loss and optimiser; see ``Trainable``."""

    def __init__(
        self,
        operations: Operations[ArrayT],
        network: DenseArrays,
        loss: str,
        weight_decay: float,
        rng: np.random.Generator,
        *,
        n_threads: int = 1,
        running: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        of_network = Loss(operations, loss, shift=network.arrays["shift"], scale=network.arrays["scale"])
        self._step = DenseStep(operations, network, of_network, weight_decay, rng, n_threads=n_threads)
        super().__init__(operations, network, loss, self._step.weights, self._step.joined)
        self.running = running

    @property
    def network(self) -> DenseArrays:
        """A copy of the network as it is."""
        return self._network.updated(self.copy_weights())

    @property
    def ignored(self) -> Bool[np.ndarray, " features"]:
        """The columns that the encoder ignores altogether."""
        return self.network.ignored

    @property
    def n_values(self) -> int:
        return self._network.n_values

    @property
    def code_size(self) -> int:
        return self._network.code_size

    @property
    def prefixes(self) -> Sequence[int]:
        return self._network.prefixes

    @contextmanager
    def steps(self) -> Iterator[Step[ArrayT]]:
        """Give the function that makes a step."""
        with np.errstate(**SILENT), self._step.in_threads():
            yield self._make_step

    def _make_step(self, seen: ArrayT, targets: ArrayT, learning_rate: float, progress: float) -> Any:
        columns = seen.swapaxes(0, 1)
        goal = columns if targets is seen else targets.swapaxes(0, 1)
        return self._step(columns, goal, learning_rate, progress)

    def use_decoders(self, first_sizes: Sequence[int] | None) -> None:
        """Use each decoder of an ordered network from these code sizes on; from the first that it has, if None."""
        natural = tuple(size + 1 for size in (0, *self.prefixes))
        self._network = replace(self._network, first_sizes=natural if first_sizes is None else tuple(first_sizes))

    def is_finite(self) -> bool:
        return self.operations.is_finite(self._step.weights)

    def copy_weights(self) -> Mapping[str, np.ndarray]:
        return self._step.joined.arrays_of(self.operations.numpy(self._step.weights))

    def restore_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        self._network = self._network.updated(weights)
        vector = self._step.joined.vector_of(weights, self.operations.dtype)
        self._step.weights[:] = self.operations.array(vector)  # type: ignore[index]
