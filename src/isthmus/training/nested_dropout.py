"""Nested dropout: of each row's code only the first few numbers are kept, so that codes come in order of use.

O. Rippel, M. Gelbart, R. Adams (2014). Learning ordered representations with nested dropout. ICML, §3.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class NestedDropout:
    """How often each number of codes is kept; ``probabilities[k − 1]`` is that of the first k."""

    probabilities: Float[Tensor, " code"]

    @classmethod
    def suited(cls, code_size: int) -> "NestedDropout":
        """The distribution that was found best (docs/ordered-codes.md)."""
        return cls(torch.full((code_size,), 1 / code_size))

    def __call__(self, n_rows: int, generator: torch.Generator) -> Bool[Tensor, "rows code"]:
        """Which codes of each row are kept."""
        sizes = 1 + torch.multinomial(self.probabilities, n_rows, replacement=True, generator=generator)
        return torch.arange(len(self.probabilities)) < sizes[:, None]


def ladder(code_size: int) -> tuple[int, ...]:
    """Code sizes that stand for all: the powers of two below ``code_size``, and ``code_size``."""
    return (*(2**i for i in range(code_size.bit_length()) if 2**i < code_size), code_size)
