"""The same held-out rows through the mean, PCA, a randomly started network and Isthmus."""

from isthmus.comparison.measure import compare
from isthmus.comparison.result import Comparison

__all__ = ["Comparison", "compare"]
