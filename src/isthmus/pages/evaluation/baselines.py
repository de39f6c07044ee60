"""Classical methods of cleaning pages: division by the background, and an adaptive threshold.

Sizes are for 150 dpi, and grow with the scale of the page.
"""
# ruff: noqa: PLC0415 — scikit-image is optional, and imported where it is used

import numpy as np
from PIL import Image
from scipy import ndimage

from isthmus.documents.picture import Colour, Grey, grey_pixels
from isthmus.pages.scale import reduction

_COARSE = 2  # reduction of the page on which the background is computed
_MEDIAN = 15  # pixels of the reduced page
_BLACK, _WHITE = 0.1, 0.9  # shares of the background that become black and white
_WINDOW, _OFFSET = 25, 0.15


def divide_background(page: Grey | Colour, dpi: float | None = None) -> Grey | Colour:
    """Divide the page by its background, the median over about 31 × 31 pixels at 150 dpi, and increase the contrast.

    Red, green and blue have a background each.
    """
    factor = min(_COARSE * max(1, int(reduction(grey_pixels(page), dpi))), *page.shape[:2])
    if page.ndim == 2:
        return _divided(page, factor)
    return np.stack([_divided(np.ascontiguousarray(page[..., channel]), factor) for channel in range(3)], axis=2)


def _divided(page: Grey, factor: int) -> Grey:
    small = Image.fromarray(page).reduce(factor)
    background = ndimage.median_filter(np.asarray(small, np.float32), _MEDIAN)
    large = np.asarray(Image.fromarray(background).resize(page.shape[::-1], Image.Resampling.BILINEAR))
    share = page / np.maximum(large, 1)
    return np.asarray(np.round(255 * np.clip((share - _BLACK) / (_WHITE - _BLACK), 0, 1)), np.uint8)


def adaptive_threshold(page: Grey | Colour, dpi: float | None = None) -> Grey:
    """Black where the page is darker by 0.15 than the Gaussian mean of 25 × 25 pixels at 150 dpi; white elsewhere."""
    from skimage import filters

    grey = grey_pixels(page)
    window = _WINDOW * max(1, int(reduction(grey, dpi))) // 2 * 2 + 1
    threshold = filters.threshold_local(grey, window, method="gaussian", offset=_OFFSET * 255)  # type: ignore[no-untyped-call]
    return np.where(grey > threshold, np.uint8(255), np.uint8(0))
