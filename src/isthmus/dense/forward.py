"""A dense network in use: the codes of rows, and rows of codes."""

from typing import Generic

import numpy as np

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.joined import Joined
from isthmus.dense.operations import ArrayT, Operations
from isthmus.dense.passes import DecoderPass, EncoderPass, Space, forget_oldest, matrices_of, run

_MOST_SIZES = 4  # numbers of rows whose arrays are kept


class Forward(Generic[ArrayT]):
    """The forward passes of a network; what they return is overwritten by the next call with as many rows."""

    def __init__(
        self,
        operations: Operations[ArrayT],
        network: DenseArrays,
        weights: ArrayT | None = None,
        joined: Joined | None = None,
    ) -> None:
        joined = Joined(network) if joined is None else joined
        if weights is None:
            weights = operations.array(joined.vector_of(network.arrays, operations.dtype))
        self.operations, self._network = operations, network
        self._encoder = matrices_of(operations, weights, joined.encoder)
        self._decoders = [matrices_of(operations, weights, matrices) for matrices in joined.decoders]
        self._spread = operations.array(network.arrays["spread"][:, np.newaxis])
        self._encoders: dict[int, EncoderPass[ArrayT]] = {}
        self._decodings: dict[tuple[int, int], DecoderPass[ArrayT]] = {}

    def codes(self, rows: ArrayT) -> ArrayT:
        """Return the codes (one a row) of rows of unit scale, given in columns."""
        n = rows.shape[1]
        if n not in self._encoders:
            forget_oldest(self._encoders, _MOST_SIZES)
            space = Space(self.operations, self._network, n)
            codes = space.values(self._network.code_size)
            self._encoders[n] = EncoderPass(space, self._network, self._encoder, None, spread=self._spread, codes=codes)
        encoder = self._encoders[n]
        self.operations.copy(rows, encoder.rows)
        run(encoder.forward)
        return encoder.codes

    def output(self, codes: ArrayT, size: int, decoder: int) -> ArrayT:
        """Return rows of unit scale (or logits), in columns, from the first codes only, by one of the decoders."""
        n = codes.shape[1]
        if (decoder, n) not in self._decodings:
            forget_oldest(self._decodings, _MOST_SIZES * len(self._decoders))
            space, width = Space(self.operations, self._network, n), self._network.decoders[decoder][1]
            self._decodings[decoder, n] = DecoderPass(
                space, self._network, width, self._decoders[decoder], None, spread=self._spread[:width]
            )
        found = self._decodings[decoder, n]
        n_kept = min(size, found.codes.shape[0])  # a decoder may be the best for more codes than it takes
        self.operations.copy(codes[:n_kept], found.codes[:n_kept])
        found.codes[n_kept:] = 0
        run(found.forward)
        return found.output
