"""The numbers that training is controlled by."""

import math
from dataclasses import dataclass

Noise = tuple[str, float]
"""A kind of noise and its strength."""


@dataclass(frozen=True)
class Recipe:
    """How to train; the meaning of each number is documented at the estimators."""

    max_epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    patience: int | None
    noise: Noise | None = None


def suited_batch_size(n_rows: int) -> int:
    """Return the batch size for ``batch_size="auto"``: a power of two near a hundredth of the rows, from 32 to 128."""
    return 2 ** min(7, max(5, int(math.log2(n_rows / 100)))) if n_rows > 100 else 32
