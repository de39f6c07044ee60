"""Which kind an image is of, a page or a photograph: an image without print and without paper is no page."""

import numpy as np
from jaxtyping import Bool, Float
from numpy.lib.stride_tricks import sliding_window_view

_INK = 0.85  # clean grey up to which something is print or picture
_FACTORS = (2, 4)  # by which a page is reduced to tell print from pictures
_WINDOW, _STEP = 12, 4  # pixels of that
_CONTRAST = 0.3  # between the darkest and the brightest pixel of a window, for it to tell anything
_MIDDLE = 0.6  # of that contrast: above it lies the median of print, since most of it is paper
_BLOCK = 12  # windows
_FEWEST = 0.25  # of the windows of a block that tell something, for it to be of a kind
_IN_PRINT, _IN_PICTURES = 0.1, 0.3  # of these, the share with a low median: at most in print, at least in pictures
_LEAST_PRINT, _MUCH_PICTURE = 0.1, 0.28  # of an image, from which on it is a page, and can be a photograph
_SOME_INK, _MUCH_INK = 0.015, 0.4  # of what the network made: what is no page has more, where it looks like one or not


def is_page(seen: Float[np.ndarray, "h w"], clean: Float[np.ndarray, "h w"]) -> bool:
    """Whether an image is a page, with print or at least paper on it, and not a photograph.

    Around print most is paper, so within a few millimetres the median lies near the brightest pixel; in photographs it
    lies anywhere. An image is none of a page if hardly a block of it looks like print, and the network leaves much of
    it dark, or some where much looks like a picture; so sheets without print are pages, however dirty.
    """
    dark = (clean < _INK).mean()
    if dark < _SOME_INK or looks_like_print(seen):
        return True
    return bool(dark < _MUCH_INK and _picture(seen) < _MUCH_PICTURE)


def looks_like_print(seen: Float[np.ndarray, "h w"]) -> bool:
    """Whether enough of an image, by blocks, looks like print, in letters of common size or twice as large."""
    for factor in _FACTORS:
        enough, low = _blocks(seen, factor)
        if (enough & (low < _IN_PRINT)).mean() >= _LEAST_PRINT:
            return True
    return False


def _picture(seen: Float[np.ndarray, "h w"]) -> float:
    """The share of an image, by blocks, that looks like a picture."""
    enough, low = _blocks(seen, _FACTORS[0])
    return float((enough & (low > _IN_PICTURES)).mean())


def _blocks(
    seen: Float[np.ndarray, "h w"], factor: int
) -> tuple[Bool[np.ndarray, "blocks_down blocks_across"], Float[np.ndarray, "blocks_down blocks_across"]]:
    """Whether enough windows of a block tell anything, and of those the share whose median is low."""
    height, width = (side // factor * factor for side in seen.shape)
    small = seen[:height, :width].reshape(height // factor, factor, width // factor, factor).mean((1, 3))
    if min(small.shape) < _WINDOW:
        return np.zeros((1, 1), bool), np.zeros((1, 1), np.float64)
    windows = sliding_window_view(small, (_WINDOW, _WINDOW))[::_STEP, ::_STEP]
    lowest, middle, highest = np.percentile(windows.reshape(*windows.shape[:2], -1), (0, 50, 100), axis=-1)
    tells = highest - lowest > _CONTRAST
    low = tells & (middle - lowest < _MIDDLE * (highest - lowest))
    telling, low_ones = (_block_means(values) for values in (tells, low))
    return telling > _FEWEST, low_ones / np.maximum(telling, 1e-9)


def _block_means(windows: Bool[np.ndarray, "rows columns"]) -> Float[np.ndarray, "blocks_down blocks_across"]:
    """Means over blocks of windows that overlap by two thirds; what is smaller than a block is one."""
    size = [min(_BLOCK, side) for side in windows.shape]
    blocks = sliding_window_view(windows, size)[:: _BLOCK // 3, :: _BLOCK // 3]
    means: Float[np.ndarray, "blocks_down blocks_across"] = blocks.mean((2, 3))
    return means
