"""Estimate the resolution of a scanned page from the height of its letters, or from its dots per inch."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from scipy import ndimage

NETWORK_DPI = 150  # that networks are designed for; they are trained on 100 to 300
NETWORK_LETTERS = 12  # height in pixels of a small letter, such as x, in type of common size at NETWORK_DPI
_TOO_COARSE = 0.6  # share of the network's scale below which a page is enlarged
_CREDIBLE_DPI = (50, 2400)
_CREDIBLE_LETTERS = (0.4, 4)  # of NETWORK_LETTERS, at NETWORK_DPI
_MOST_SIDE = 2400  # pixels: if the longer side has more, letters are measured on a reduced page
_FEWEST_LETTERS = 20


def reduction(grey: UInt8[np.ndarray, "h w"], dpi: float | None = None) -> float:
    """The factor by which to reduce a page to the scale of the networks.

    The dpi decides, unless the height of the letters contradicts it; then the letters decide. Without both the factor
    is 1. It is a whole number, or 0.5 if the page must be enlarged.
    """
    letters = letter_height(grey)
    by_letters = 1.0 if letters is None else letters / NETWORK_LETTERS
    scale = by_letters
    if dpi is not None and _CREDIBLE_DPI[0] <= dpi <= _CREDIBLE_DPI[1]:
        by_dpi = dpi / NETWORK_DPI
        if letters is None or _CREDIBLE_LETTERS[0] <= by_letters / by_dpi <= _CREDIBLE_LETTERS[1]:
            scale = by_dpi
    return 0.5 if scale < _TOO_COARSE else max(1.0, float(round(scale)))


def letter_height(grey: UInt8[np.ndarray, "h w"]) -> float | None:
    """The height of the small letters of a page in pixels, or None if there are too few letters.

    It is the most common height of connected dark regions with the shape of letters. Taller regions have more weight,
    so that specks and dot leaders do not outnumber letters. Dark means much darker than the surroundings, so that
    stains and shadows do not count.
    """
    factor = max(1, -(-max(grey.shape) // _MOST_SIDE))
    seen = np.asarray(Image.fromarray(grey).reduce(factor) if factor > 1 else grey, np.float32)
    dark = seen < 0.85 * ndimage.uniform_filter(seen, 41, mode="nearest")
    regions, n_found = ndimage.label(dark, np.ones((3, 3)))
    if n_found < _FEWEST_LETTERS:
        return None
    sides = [(box[0].stop - box[0].start, box[1].stop - box[1].start) for box in ndimage.find_objects(regions)]
    height, width = np.array(sides).T
    filled = np.bincount(regions.ravel())[1:] / (height * width)
    like_letters = (height >= 4) & (height <= 150) & (width <= 4 * height) & (5 * width >= height) & (filled >= 0.15)
    height = height[like_letters]
    if len(height) < _FEWEST_LETTERS:
        return None
    heights, counts = np.unique(height, return_counts=True)
    tried = np.geomspace(3, 160, 200)
    distances = np.log(tried[:, None] / heights[None, :])
    density = np.exp(-0.5 * (distances / 0.1) ** 2) @ (counts * heights)
    return float(factor * tried[np.argmax(density)])
