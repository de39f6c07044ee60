"""Pages in bands of rows, for what needs many times the memory of their pixels, and their grey."""

from collections.abc import Iterator

import numpy as np

from isthmus.documents.picture import Colour, Grey

_BAND = 2**22  # pixels


def bands(pixels: Grey | Colour, most: int = _BAND) -> Iterator[slice]:
    """The rows of a page in slices of a few million pixels, for what needs many times the memory of its pixels."""
    height, width = pixels.shape[:2]
    step = max(1, most // width)
    return (slice(first, min(first + step, height)) for first in range(0, height, step))


def mean_grey(pixels: Grey | Colour) -> Grey:
    """The weighted mean of red, green and blue, with green counted twice."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (pixels[..., channel].astype(np.uint16) for channel in range(3))
    return ((red + 2 * green + blue + 2) // 4).astype(np.uint8)
