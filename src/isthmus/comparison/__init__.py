"""Compare the mean, PCA, a randomly initialised network and Isthmus on the same held-out rows."""

from isthmus.comparison.measure import compare
from isthmus.comparison.result import Comparison

__all__ = ["Comparison", "compare"]
