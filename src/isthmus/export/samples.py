"""Rows to check an exported graph with."""

import numpy as np
from jaxtyping import Float64

from isthmus.rows.scaling import ColumnStatistics

CHECKED_ROWS, _MOST_VALUES = 1000, 2**22


def drawn(statistics: ColumnStatistics, n_rows: int) -> Float64[np.ndarray, "rows columns"]:
    """Draw rows with the means and deviations of the training rows, within their range; always the same ones."""
    n = len(statistics.mean)
    rows = statistics.mean + statistics.deviation * np.random.default_rng(0).normal(size=(n_rows, n))
    return np.clip(rows, statistics.minimum, statistics.maximum)


def n_checked(n_values: int, most: int = CHECKED_ROWS) -> int:
    """Return the number of rows to check with: fewer where a row has many values, and always one."""
    return max(1, min(most, _MOST_VALUES // n_values))
