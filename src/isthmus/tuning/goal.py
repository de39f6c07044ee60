"""The goal of a search: how a network's errors at one or many code sizes become the number that is maximised."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

OBJECTIVES = ("error", "code-size", "both")
_MOST_SIZES = 32


@dataclass(frozen=True)
class Goal:
    """The objective, the share of variance for "code-size", and the smallest code size at which codes are scored."""

    objective: str
    target_variance: float
    smallest: int

    @property
    def is_ordered(self) -> bool:
        """Whether networks have ordered codes, so that one fit is scored at every code size."""
        return self.objective != "error"

    def sizes(self, code_size: int) -> list[int]:
        """The code sizes at which a network is scored: its own, or with ordered codes up to 32 that lead to it."""
        if not self.is_ordered:
            return [code_size]
        low = min(self.smallest, code_size)
        sizes: list[int] = np.unique(np.geomspace(low, code_size, _MOST_SIZES).round().astype(int)).tolist()
        return sizes

    def merit(self, sizes: list[int], unexplained: Float64[np.ndarray, " sizes"]) -> float:
        """The number that is maximised, from the shares of variance that are lost at each code size.

        For "error" it is the share of variance explained. For "code-size" it is minus the number of codes that explain
        ``target_variance``, interpolated between sizes; if no size does, it falls further by the share that is missing.
        For "both" it is the mean of −log10(unexplained) over code sizes.
        """
        if self.objective == "error":
            return float(1 - unexplained[-1])
        if self.objective == "both":
            return float(-np.mean(np.log10(np.maximum(unexplained, 1e-12))))
        allowed = 1 - self.target_variance
        enough = np.flatnonzero(unexplained <= allowed)
        if not len(enough):
            return float(-sizes[-1] * (1 + unexplained.min() - allowed))
        i = int(enough[0])
        if i == 0:
            return -float(sizes[0])
        above, below = unexplained[i - 1], unexplained[i]
        return float(-(sizes[i - 1] + (sizes[i] - sizes[i - 1]) * (above - allowed) / (above - below)))
