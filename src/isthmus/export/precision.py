"""What float32 cannot hold of the rows that an exported model takes."""

import warnings
from collections.abc import Sequence

import numpy as np

from isthmus.errors import ParameterError
from isthmus.rows.scaling import ColumnStatistics
from isthmus.words import listed

_FEWEST_STEPS = 1000  # of a column's deviation


def warn_of_coarse_columns(statistics: ColumnStatistics, names: Sequence[str], *, stacklevel: int) -> None:
    """Warn of columns whose deviation is less than a thousand of float32's steps, such as times in seconds since 1970.

    ParameterError if values are too large for float32.
    """
    size = np.maximum(np.abs(statistics.minimum), np.abs(statistics.maximum))
    if size.max() > np.finfo(np.float32).max:
        name = listed([names[int(size.argmax())]])
        raise ParameterError(
            f"dtype must be float64, since column {name} has values up to {size.max():.3g} in size, which float32 does "
            "not hold. Got 'float32' instead."
        )
    step = np.spacing(size.astype(np.float32)).astype(np.float64)
    coarse = (statistics.deviation > 0) & (statistics.deviation < _FEWEST_STEPS * step)
    if coarse.any():
        rounded = listed([name for name, is_coarse in zip(names, coarse, strict=True) if is_coarse])
        warnings.warn(
            f"float32 rounds values of {rounded} by more than a thousandth of their standard deviation; "
            "dtype='float64' (--dtype float64) keeps them.",
            stacklevel=stacklevel + 1,
        )
