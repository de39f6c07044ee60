"""Statistics of the columns of two parts of a table, from those of each part."""

import numpy as np

from isthmus.rows.scaling import ColumnStatistics


def merged(a: ColumnStatistics, n_a: int, b: ColumnStatistics, n_b: int) -> ColumnStatistics:
    """Return the statistics of ``n_a`` and ``n_b`` rows together (Chan, Golub & LeVeque 1983, eq. 1.5)."""
    n = n_a + n_b
    minimum, maximum = np.minimum(a.minimum, b.minimum), np.maximum(a.maximum, b.maximum)
    apart = b.mean - a.mean
    mean = np.where(minimum == maximum, minimum, a.mean + apart * (n_b / n))
    variance = a.deviation**2 * (n_a / n) + b.deviation**2 * (n_b / n) + apart**2 * (n_a / n * (n_b / n))
    deviation = np.sqrt(variance)
    deviation[minimum == maximum] = 0.0  # rounding is no spread
    return ColumnStatistics(mean, deviation, minimum, maximum)
