"""Masks of a page opened, closed and widened by squares; bytes are many times as fast as SciPy's binary functions."""

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

Mask = Bool[np.ndarray, "h w"]


def opened(mask: Mask, reach: int) -> Mask:
    """Remove parts that are narrower than ``2 * reach + 1`` pixels."""
    return np.asarray(ndimage.grey_opening(mask.view(np.uint8), 2 * reach + 1).view(bool))


def closed(mask: Mask, reach: int) -> Mask:
    """Fill gaps that are narrower than ``2 * reach + 1`` pixels."""
    return np.asarray(ndimage.grey_closing(mask.view(np.uint8), 2 * reach + 1).view(bool))


def grown(mask: Mask, reach: int) -> Mask:
    """Add all pixels up to ``reach`` rows and columns away."""
    return np.asarray(ndimage.maximum_filter(mask.view(np.uint8), 2 * reach + 1).view(bool))
