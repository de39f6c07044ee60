"""The numbers and choices that training is controlled by."""

import math
from dataclasses import dataclass

import numpy as np

Noise = tuple[str, float]
"""A kind of noise and its strength."""


@dataclass(frozen=True)
class Recipe:
    """The parameters that the fits of all kinds of networks share; the estimators document each."""

    loss: str
    scale: str
    noise: Noise | None
    max_epochs: int
    batch_size: int | str
    learning_rate: float
    weight_decay: float
    validation_fraction: float | str
    patience: int | None
    random_state: int | np.random.RandomState | None
    verbose: bool


def suited_batch_size(n_rows: int) -> int:
    """Return the batch size for ``batch_size="auto"``: a power of two near a hundredth of the rows, from 32 to 128."""
    return 2 ** min(7, max(5, int(math.log2(n_rows / 100)))) if n_rows > 100 else 32
