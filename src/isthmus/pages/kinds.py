"""Tell pages from photographs, and scans from what was drawn by a program: a page has print, or at least paper."""

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from isthmus.documents.bands import bands

_INK = 0.85  # clean grey up to which a pixel is print or picture
_FACTORS = (2, 4)  # reductions of a page to tell print from pictures
_WINDOW, _STEP = 12, 4  # side and distance of windows, in pixels of the reduced page
_ROWS = 128  # rows of windows that are looked at at a time
_CONTRAST = 0.3  # a window counts if its brightest and darkest pixels differ by this
_MIDDLE = 0.6  # share of that contrast above which the median of print lies, since most of it is paper
_BLOCK = 12  # side of a block, in windows
_FEWEST = 0.25  # share of the windows of a block that must count
_IN_PRINT, _IN_PICTURES = 0.1, 0.3  # share of them with a low median: at most this in print, at least this in pictures
_LEAST_PRINT, _MUCH_PICTURE = 0.1, 0.28  # share of an image for it to be a page, and to be perhaps a photograph
_SOME_INK, _MUCH_INK = 0.015, 0.4  # share of ink in the network's output: less than the first is always a page

_SHADE, _GENTLE = 2, 12  # levels of 255: most spread of a pixel and those around it in a gradient, and in soft dirt
_DRAWN, _SHADES = 0.6, 0.005  # of what is drawn, least share that has one grey, and most that may be gradients
_SOFT = 7  # pixels: side of a square of soft dirt
_GREYS, _LARGE = 4, 0.002  # fewest greys that have areas, each of at least this share of the image


def is_page(seen: Float[np.ndarray, "h w"], clean: Float[np.ndarray, "h w"]) -> bool:
    """Whether an image is a page, with print or at least paper, and not a photograph.

    Around print most pixels are paper, so within a few millimetres the median is near the brightest pixel; in
    photographs it can be anywhere. An image is not a page if hardly any block looks like print, and the network leaves
    much of it dark, or leaves some of it dark and much looks like a picture. Empty sheets are pages, however noisy.
    """
    dark = (clean < _INK).mean()
    if dark < _SOME_INK or looks_like_print(seen):
        return True
    enough, low = _blocks(seen, _FACTORS[0])
    return bool(dark < _MUCH_INK and (enough & (low > _IN_PICTURES)).mean() < _MUCH_PICTURE)


def is_drawn(grey: UInt8[np.ndarray, "h w"]) -> bool:
    """Whether a program drew an image: a map, a chart or a page with tints that was neither scanned nor compressed.

    Most of it has exactly one of several greys, and nowhere the slight differences of scanned paper and dirt.
    """
    areas, shades = np.zeros(256, np.int64), 0
    for rows in bands(grey.shape):
        part = grey[rows]
        spread = ndimage.maximum_filter(part, 3) - ndimage.minimum_filter(part, 3)
        soft = ((spread > 0) & (spread <= _GENTLE)).view(np.uint8)
        if ndimage.minimum_filter(soft, _SOFT).any():
            return False
        areas += np.bincount(part[spread == 0], minlength=256)
        shades += int(np.count_nonzero((spread > 0) & (spread <= _SHADE)))
    large = np.count_nonzero(areas >= _LARGE * grey.size)
    return bool(areas.sum() >= _DRAWN * grey.size and shades <= _SHADES * grey.size and large >= _GREYS)


def looks_like_print(seen: Float[np.ndarray, "h w"]) -> bool:
    """Whether enough blocks of an image look like print, in letters of common size or twice as large."""
    return share_of_print(seen) >= _LEAST_PRINT


def share_of_print(seen: Float[np.ndarray, "h w"]) -> float:
    """The share of an image that looks like print, in letters of common size or twice as large."""
    found = (_blocks(seen, factor) for factor in _FACTORS)
    return max(float((enough & (low < _IN_PRINT)).mean()) for enough, low in found)


def _blocks(
    seen: Float[np.ndarray, "h w"], factor: int
) -> tuple[Bool[np.ndarray, "blocks_down blocks_across"], Float[np.ndarray, "blocks_down blocks_across"]]:
    """For each block, whether enough of its windows count, and the share of those whose median is low."""
    height, width = (side // factor * factor for side in seen.shape)
    small = seen[:height, :width].reshape(height // factor, factor, width // factor, factor).mean((1, 3))
    if min(small.shape) < _WINDOW:
        return np.zeros((1, 1), bool), np.zeros((1, 1), np.float64)
    windows = sliding_window_view(small, (_WINDOW, _WINDOW))[::_STEP, ::_STEP]
    tells, low = np.empty(windows.shape[:2], bool), np.empty(windows.shape[:2], bool)
    for first in range(0, len(windows), _ROWS):  # each pixel is in nine windows
        rows = slice(first, first + _ROWS)
        part = windows[rows].reshape(*windows[rows].shape[:2], -1)
        lowest, middle, highest = np.percentile(part, (0, 50, 100), axis=-1)
        tells[rows] = highest - lowest > _CONTRAST
        low[rows] = tells[rows] & (middle - lowest < _MIDDLE * (highest - lowest))
    telling, low_ones = (_block_means(values) for values in (tells, low))
    return telling > _FEWEST, low_ones / np.maximum(telling, 1e-9)


def _block_means(windows: Bool[np.ndarray, "rows columns"]) -> Float[np.ndarray, "blocks_down blocks_across"]:
    """Means over blocks of windows that overlap by two thirds; a smaller image is one block."""
    size = [min(_BLOCK, side) for side in windows.shape]
    blocks = sliding_window_view(windows, size)[:: _BLOCK // 3, :: _BLOCK // 3]
    return np.asarray(blocks.mean((2, 3)))
