"""A step of training for a dense network: forward, backward and AdamW."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any, Generic

import numpy as np

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.joined import Joined
from isthmus.dense.losses import Loss
from isthmus.dense.nested_dropout import NestedDropout
from isthmus.dense.operations import ArrayT, Operations
from isthmus.dense.passes import DecoderPass, EncoderPass, Space, forget_oldest, matrices_of, run
from isthmus.system.threads import Threads, threads

_MOST_SIZES = 4  # sizes of batches whose arrays are kept


class DenseStep(Generic[ArrayT]):
    """Steps of a network's weights, which lie in one vector.

    Parameters
    ----------
    operations : Operations
    network : DenseArrays
        Its weights are copied.
    loss : Loss
    weight_decay : float
    rng : Generator
        For nested dropout.
    n_threads : int, default=1
        Threads that share each batch (NumPy's operations only).

    Attributes
    ----------
    weights : array
        The vector.
    gradients : list of arrays
        Those of each part of the last batch; their sum is the gradient.
    """

    def __init__(
        self,
        operations: Operations[ArrayT],
        network: DenseArrays,
        loss: Loss[ArrayT],
        weight_decay: float,
        rng: np.random.Generator,
        *,
        n_threads: int = 1,
    ) -> None:
        self.operations, self._network, self._loss = operations, network, loss
        self._joined, self._weight_decay, self._n_threads = Joined(network), weight_decay, n_threads
        self.weights = operations.array(self._joined.vector_of(network.arrays, operations.dtype))
        self.gradients = [operations.filled((self._joined.size,), 0.0) for _ in range(n_threads)]
        self._optimiser = operations.adamw(self.weights, weight_decay)
        self._dropout = NestedDropout(network.prefixes, network.code_size, rng) if network.prefixes else None
        self._threads = Threads(1)
        self._plans: dict[int, tuple[list[slice], list[ArrayT]]] = {}
        self._parts: dict[tuple[int, int], _Part[ArrayT]] = {}

    @property
    def joined(self) -> Joined:
        """Where arrays lie in the vector."""
        return self._joined

    @contextmanager
    def in_threads(self) -> Iterator[None]:
        """Let the steps of the body run on their threads."""
        with threads(self._n_threads) as self._threads:
            yield
        self._threads = Threads(1)

    def __call__(self, seen: ArrayT, targets: ArrayT, learning_rate: float, progress: float) -> Any:
        """Make one step; return the mean squared error of the batch before it, in unit scale.

        Rows lie in columns, as ``Batches`` gives them. ``progress`` goes from 0 to 1 in training, for ordered networks.
        """
        error = self.differentiate(seen, targets, progress)
        self._optimiser.step(self.gradients, learning_rate, self._threads)
        return error

    def differentiate(self, seen: ArrayT, targets: ArrayT, progress: float = 0.5) -> Any:
        """Compute the gradients of the mean loss; return the mean squared error."""
        n_features, n_rows = seen.shape
        slices, factors = self._plan(n_features, n_rows)
        if self._dropout is not None:
            factors = self._factors(slices, n_features * n_rows, progress)
        masks = self._masks(slices)

        for gradient in self.gradients[len(slices) :]:  # a batch with fewer rows than threads
            gradient[:] = 0  # type: ignore[index]
        of_part = partial(
            self._differentiate_part, seen=seen, targets=targets, slices=slices, factors=factors, masks=masks
        )
        squares = self._threads.run(of_part, len(slices))
        return sum(squares[1:], squares[0]) / (n_features * n_rows)

    def _differentiate_part(
        self,
        i: int,
        *,
        seen: ArrayT,
        targets: ArrayT,
        slices: Sequence[slice],
        factors: Sequence[ArrayT],
        masks: Sequence[Sequence[ArrayT]],
    ) -> Any:
        columns = slices[i]
        goal = None if targets is seen else targets[:, columns]
        part = self._part(i, columns.stop - columns.start)
        return part.differentiate(seen[:, columns], goal, factors, masks[i])

    def _plan(self, n_features: int, n_rows: int) -> tuple[list[slice], list[ArrayT]]:
        """Return the columns of each thread, and the factors of a network without order."""
        if n_rows not in self._plans:
            n_parts = min(self._n_threads, n_rows)
            slices = [slice(a, b) for a, b in pairwise(n_rows * i // n_parts for i in range(n_parts + 1))]
            self._plans[n_rows] = slices, self._factors(slices, n_features * n_rows, 0.0)
        return self._plans[n_rows]

    def _factors(self, slices: Sequence[slice], n_values: int, progress: float) -> list[ArrayT]:
        """Return what the gradient of each output is multiplied by: of all codes, of each prefix, of fewer codes."""
        factors = [self._loss.factor / n_values]
        if self._dropout is not None:
            *of_prefixes, of_fewer = self._dropout.weights(progress)
            factors += [weight * factors[0] for weight in of_prefixes]
            n_columns = sum(s.stop - s.start for s in slices)
            n_fewer = sum((s.stop - s.start + 1) // 2 for s in slices)
            factors.append(of_fewer * factors[0] * n_columns / n_fewer)
        return [self.operations.filled((1, 1), factor) for factor in factors]

    def _masks(self, slices: Sequence[slice]) -> list[list[ArrayT]]:
        if self._dropout is None:
            return [[] for _ in slices]
        return [
            [self.operations.array(mask) for mask in self._dropout.masks(part.stop - part.start)] for part in slices
        ]

    def _part(self, i: int, n_rows: int) -> "_Part[ArrayT]":
        key = i, n_rows
        if key not in self._parts:
            has_fewer = self._dropout is not None and self._dropout.has_fewer
            forget_oldest(self._parts, _MOST_SIZES * self._n_threads)
            self._parts[key] = _Part(
                self.operations, self._network, self._joined, self.weights, self.gradients[i],
                loss=self._loss, n_rows=n_rows, has_fewer=has_fewer,
            )  # fmt: skip
        return self._parts[key]


class _Part(Generic[ArrayT]):
    """The passes of so many rows, all decoders included."""

    def __init__(
        self,
        operations: Operations[ArrayT],
        network: DenseArrays,
        joined: Joined,
        weights: ArrayT,
        gradients: ArrayT,
        *,
        loss: Loss[ArrayT],
        n_rows: int,
        has_fewer: bool,
    ) -> None:
        self._operations, self._loss, self._n_rows = operations, loss, n_rows
        spread = operations.array(network.arrays["spread"][:, np.newaxis])
        space = Space(operations, network, n_rows)
        self._n_fewer = (n_rows + 1) // 2 if has_fewer else 0
        wide = Space(operations, network, n_rows + self._n_fewer) if has_fewer else space
        self._decoders = [
            DecoderPass(
                wide if size == network.code_size else space,
                network,
                size,
                matrices_of(operations, weights, matrices),
                matrices_of(operations, gradients, matrices),
                spread=spread[:size],
            )
            for (_, size), matrices in zip(network.decoders, joined.decoders, strict=True)
        ]
        whole = self._decoders[-1]
        self._is_alone = not network.prefixes
        self._codes = whole.codes if self._is_alone else space.values(network.code_size)
        self._encoder = EncoderPass(
            space, network, matrices_of(operations, weights, joined.encoder),
            matrices_of(operations, gradients, joined.encoder), spread=spread, codes=self._codes,
        )  # fmt: skip
        self._scratch = space.values(network.n_features) if loss.name == "bce" else whole.output
        self._fewer_codes = space.values(network.code_size)[:, : self._n_fewer]

    def differentiate(
        self, seen: ArrayT, targets: ArrayT | None, factors: Sequence[ArrayT], masks: Sequence[ArrayT]
    ) -> Any:
        """Compute the gradients, and return the sum of squared errors; ``targets`` are None for the rows themselves."""
        operations, encoder, whole = self._operations, self._encoder, self._decoders[-1]
        operations.copy(seen, encoder.rows)
        targets = encoder.rows if targets is None else targets
        run(encoder.forward)
        if not self._is_alone:
            self._decode_prefixes(targets, factors, masks)
            operations.copy(self._codes, whole.codes[:, : self._n_rows])
            if self._n_fewer:
                operations.multiply(self._codes[:, ::2], masks[-1], whole.codes[:, self._n_rows :])
        run(whole.forward)
        output = whole.output[:, : self._n_rows] if self._n_fewer else whole.output
        squares = self._loss.differentiate(output, targets, factors[0], self._scratch)
        if self._n_fewer:
            scratch = self._scratch[:, : self._n_fewer]
            self._loss.differentiate(whole.output[:, self._n_rows :], targets[:, ::2], factors[-1], scratch)
        run(whole.backward)
        self._gather_code_gradients(masks)
        run(encoder.backward)
        return squares

    def _decode_prefixes(self, targets: ArrayT, factors: Sequence[ArrayT], masks: Sequence[ArrayT]) -> None:
        for i, decoder in enumerate(self._decoders[:-1]):
            self._operations.multiply(self._codes[: decoder.codes.shape[0]], masks[i], decoder.codes)
            run(decoder.forward)
            self._loss.differentiate(decoder.output, targets, factors[1 + i], self._scratch)
            run(decoder.backward)

    def _gather_code_gradients(self, masks: Sequence[ArrayT]) -> None:
        """Sum the gradients of the codes over all decoders; what nested dropout left out has none."""
        add, multiply, whole = self._operations.add, self._operations.multiply, self._decoders[-1]
        total = self._encoder.code_gradient
        self._operations.copy(whole.code_gradient[:, : self._n_rows], total)
        if self._n_fewer:
            multiply(whole.code_gradient[:, self._n_rows :], masks[-1], self._fewer_codes)
            add(total[:, ::2], self._fewer_codes, total[:, ::2])
        for decoder, mask in zip(self._decoders[:-1], masks, strict=False):
            gradient = decoder.code_gradient
            multiply(gradient, mask, gradient)
            add(total[: gradient.shape[0]], gradient, total[: gradient.shape[0]])
