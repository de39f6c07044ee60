"""Pages in bands of rows, for what needs many times the memory of their pixels."""

from collections.abc import Iterator, Sequence

_BAND = 2**22  # pixels


def bands(shape: Sequence[int], most: int = _BAND) -> Iterator[slice]:
    """The rows of a page of some height and width, in slices of a few million pixels."""
    height, width = shape[:2]
    step = max(1, most // width)
    return (slice(first, min(first + step, height)) for first in range(0, height, step))
