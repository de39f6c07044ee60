"""Nested dropout: only the first few codes of a row are kept, so that codes become ordered by importance.

O. Rippel, M. Gelbart, R. Adams (2014). Learning ordered representations with nested dropout. ICML, §3. Unlike there,
every decoder of an ordered network is trained in each step, as in A. Kusupati et al. (2022), Matryoshka representation
learning, §3; docs/notes/ordered-codes.md compares them.
"""

from collections.abc import Sequence

import numpy as np

# The weight of a decoder's loss beside that of the whole code, at the start of training and at its end, and the power
# of the decoder's share of the codes in it.
_START, _END = 0.07, 0.35
_POWER = 0.3


class NestedDropout:
    """Which codes each decoder of an ordered network sees in training, and how much its loss counts.

    Each decoder for a prefix sees for half of the rows as many codes as it takes, and for the others a random number of
    them, more than the next smaller decoder takes. That of the whole code sees all codes of every row, and beside them
    every other row with fewer than all; ``has_fewer`` says whether there are numbers between.
    """

    def __init__(self, prefixes: Sequence[int], code_size: int, rng: np.random.Generator) -> None:
        self._prefixes, self._code_size, self._rng = tuple(prefixes), code_size, rng
        self.has_fewer = code_size - (self._prefixes[-1] if self._prefixes else code_size) > 1

    def weights(self, progress: float) -> list[float]:
        """Return the weight of each prefix's loss, and of every other row's with fewer codes.

        ``progress`` goes from 0 to 1 in training, and the weights rise with it.
        """
        weight = _START + (_END - _START) * progress
        return [*(weight * (size / self._code_size) ** _POWER for size in self._prefixes), weight / 2]

    def masks(self, n_rows: int) -> list[np.ndarray]:
        """Draw which codes are kept, as an array (codes, rows) of bool for each of ``weights``."""
        masks, fewer = [], 0
        for size in self._prefixes:
            kept = self._rng.integers(fewer + 1, size + 1, n_rows)
            kept[self._rng.random(n_rows) < 0.5] = size
            masks.append(_first(kept, size))
            fewer = size
        if self.has_fewer:
            masks.append(_first(self._rng.integers(fewer + 1, self._code_size, (n_rows + 1) // 2), self._code_size))
        return masks


def _first(kept: np.ndarray, size: int) -> np.ndarray:
    mask: np.ndarray = np.arange(size)[:, np.newaxis] < kept
    return mask
