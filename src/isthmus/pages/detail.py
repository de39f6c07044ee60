"""Transfer a page cleaned at the scale of the network to all pixels of the original, without blurring strokes.

Around each pixel of the small page, the clean grey is fitted by a linear function of the noisy grey (the guided filter
of He, Sun & Tang 2010, in its fast form of 2015): steep where there is ink on paper, flat where dirt became white.
These functions are smooth where strokes are sharp, so they are enlarged instead of the clean page, and applied to the
pixels of the large page. The difference that remains at the scale of the network is added (Irani & Peleg 1991), so at
that scale the result is the network's output: a faint dot that it darkened is dark, a blurred letter sharper.
"""

import math

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from isthmus.documents.bands import bands
from isthmus.pages.maps import Map, clipped, enlarged, ramp, reduced

_SIGMA = 0.7  # standard deviation of the weights of a fit, in pixels of the small page
_RADIUS = 2
_RIDGE = 1e-4  # variance of grey below which a fit follows its prior
_PRIOR = (0.98, 0.9)  # the prior drops detail from the first clean grey on, and keeps it up to the second
_BAND = 2**22  # pixels of the small page that are fitted at a time


class Detail:
    """Computes the clean grey of the large page from its noisy grey, in bands of rows.

    ``small`` is the noisy page at the scale of the network, in [0, 1], ``clean`` the network's output, and ``factor``
    the number of rows and columns of the large page per pixel of the small page.
    """

    def __init__(self, small: Map, clean: Map, factor: int) -> None:
        self.factor = factor
        self._clean = clean
        self._lines = _lines(small, clean)
        self._missing = np.zeros_like(clean)

    def fit(self, first: int, band: Float[np.ndarray, "H W"]) -> None:
        """Record what a band of the large page lacks; ``first`` is the first row of the band on the small page."""
        seen = reduced(self._straight(first, band), self.factor)
        rows = slice(first, first + seen.shape[0])
        self._missing[rows] = self._clean[rows] - seen

    def apply(self, first: int, band: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W"]:
        """The clean grey of a band, in [0, 1], after ``fit`` on all bands."""
        (missing,) = enlarged(self._missing[None], self.factor, first * self.factor, band.shape, cubic=True)
        missing += self._straight(first, band)
        return clipped(missing)

    def _straight(self, first: int, band: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W"]:
        slope, offset = enlarged(self._lines, self.factor, first * self.factor, band.shape)
        slope *= band
        slope += offset
        return clipped(slope)


def _lines(small: Map, clean: Map) -> Float[np.ndarray, "2 h w"]:
    """Slope and offset of the fit clean = slope · small + offset around each pixel.

    In even areas the slope follows its prior: 0 where the page is white, so that the grain of paper does not return,
    and 1 elsewhere, so that the grain of photographs stays.
    """
    height, width = clean.shape
    margin = 2 * _RADIUS
    lines = np.empty((2, height, width), clean.dtype)
    for rows in bands((height, width), _BAND):
        start = max(0, rows.start - margin)
        wide = slice(start, rows.stop + margin)
        lines[:, rows] = _lines_of_band(small[wide], clean[wide])[:, rows.start - start : rows.stop - start]
    return lines


def _lines_of_band(small: Map, clean: Map) -> Float[np.ndarray, "2 h w"]:
    means = _blurred(np.stack([small, clean, small * small, small * clean]))
    mean, mean_clean = means[0], means[1]
    variance, covariance = means[2] - mean * mean, means[3] - mean * mean_clean
    prior = ramp(mean_clean, _PRIOR)
    slope = (covariance + _RIDGE * prior) / (np.maximum(variance, 0) + _RIDGE)
    return _blurred(np.stack([slope, mean_clean - slope * mean]))


def _blurred(maps: Float[np.ndarray, "maps h w"]) -> Float[np.ndarray, "maps h w"]:
    """A Gaussian blur along each axis; at the edges maps go on as they end."""
    weights = [math.exp(-0.5 * (i / _SIGMA) ** 2) for i in range(_RADIUS + 1)]
    kernel = np.array([*weights[:0:-1], *weights])
    for axis in (1, 2):
        maps = ndimage.correlate1d(maps, kernel / kernel.sum(), axis, mode="nearest")
    return maps
