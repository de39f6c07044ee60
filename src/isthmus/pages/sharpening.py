"""One filter for the whole page, which sharpens ink as much as the page is out of focus.

A symmetric linear filter of five by five pixels cannot make one letter of another: all ink of the page is filtered
alike. Its weights are those by which the page's ink comes nearest to the wanted one, so that noise is not sharpened.
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from isthmus.pages.maps import Map, clipped

_RINGS = ((0, 1), (1, 1), (0, 2), (1, 2), (2, 2))  # rows and columns away; all turned and mirrored ones share a weight
_REACH = 2  # pixels
_STIFFNESS = 2e-4  # of the weights, in squares of darkness: the less ink there is, the less it is filtered


def sharpening(parts: Iterable[tuple[Map, Map, Map]]) -> Float[np.ndarray, "5 5"]:
    """The filter for a page, from parts of it: the darkness of ink, the wanted one, and how much each pixel counts."""
    n = len(_RINGS)
    products, targets, total = np.zeros((n, n)), np.zeros(n), 0.0
    for own, wanted, counts in parts:
        rings = _rings(own).reshape(n, -1)
        counted = rings * counts.ravel()
        products += counted @ rings.T
        targets += counted @ (wanted - own).ravel()
        total += float(counts.sum())
    weights = np.linalg.solve(products + (_STIFFNESS * total + 1e-9) * np.eye(n), targets)
    kernel = np.zeros((2 * _REACH + 1,) * 2, np.float32)
    for weight, ring in zip(weights, _RINGS, strict=True):
        places = _places(ring)
        for row, column in places:
            kernel[_REACH + row, _REACH + column] = weight / len(places)
    kernel[_REACH, _REACH] = 1 - kernel.sum()
    return kernel


def sharpened(darkness: Map, kernel: Float[np.ndarray, "5 5"]) -> Map:
    """The filtered darkness, from 0 to 1."""
    return clipped(ndimage.correlate(darkness, kernel, mode="nearest"))


def _rings(own: Map) -> Float[np.ndarray, "rings h w"]:
    """For each ring around each pixel: the mean of its pixels less the pixel itself."""
    height, width = own.shape
    padded = np.pad(own, _REACH, mode="edge")
    found = np.empty((len(_RINGS), height, width), np.float32)
    for ring, out in zip(_RINGS, found, strict=True):
        places = _places(ring)
        views = [padded[_REACH + row :, _REACH + column :][:height, :width] for row, column in places]
        np.subtract(sum(views) / np.float32(len(places)), own, out=out)
    return found


def _places(ring: tuple[int, int]) -> list[tuple[int, int]]:
    """All rows and columns away that a ring has."""
    turned = {ring, ring[::-1]}
    return sorted({(y * row, x * column) for row, column in turned for y in (-1, 1) for x in (-1, 1)})
