"""Transfer a page cleaned at the scale of the network to all pixels of the original, without blurring strokes.

Around each pixel of the small page, the clean grey is fitted by a linear function of the noisy grey (the guided filter
of He, Sun & Tang 2010, in its fast form of 2015): steep where there is ink on paper, flat where dirt became white.
These functions are smooth where strokes are sharp, so they are enlarged instead of the clean page, and applied to the
pixels of the large page. The difference that remains at the scale of the network is added (Irani & Peleg 1991), so at
that scale the result is the network's output: a faint dot that it darkened is dark, a blurred letter sharper.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isthmus.documents.bands import bands

_SIGMA = 0.7  # standard deviation of the weights of a fit, in pixels of the small page
_RADIUS = 2
_RIDGE = 1e-4  # variance of grey below which a fit follows its prior
_PRIOR = (0.98, 0.9)  # the prior drops detail from the first clean grey on, and keeps it up to the second
_BAND = 2**22  # pixels of the small page that are fitted at a time
_MARGIN = 2  # rows beyond a band that are needed to enlarge it


class Detail:
    """Computes the clean grey of the large page from its noisy grey, in bands of rows.

    ``small`` is the noisy page at the scale of the network, in [0, 1], ``clean`` the network's output, and ``factor``
    the number of rows and columns of the large page per pixel of the small page.
    """

    def __init__(self, small: Float[Tensor, "h w"], clean: Float[Tensor, "h w"], factor: int) -> None:
        self.factor = factor
        self._clean = clean
        self._lines = _lines(small, clean)
        self._missing = torch.zeros_like(clean)

    def fit(self, first: int, band: Float[Tensor, "H W"]) -> None:
        """Record what a band of the large page lacks; ``first`` is the first row of the band on the small page."""
        seen = reduced(self._straight(first, band), self.factor)
        rows = slice(first, first + seen.shape[0])
        self._missing[rows] = self._clean[rows] - seen

    def apply(self, first: int, band: Float[Tensor, "H W"]) -> Float[Tensor, "H W"]:
        """The clean grey of a band, in [0, 1], after ``fit`` on all bands."""
        (missing,) = enlarged(self._missing[None], self.factor, first * self.factor, band.shape, "bicubic")
        return self._straight(first, band).add_(missing).clamp_(0, 1)

    def _straight(self, first: int, band: Float[Tensor, "H W"]) -> Float[Tensor, "H W"]:
        slope, offset = enlarged(self._lines, self.factor, first * self.factor, band.shape)
        clean: Tensor = slope.mul_(band).add_(offset).clamp_(0, 1)
        return clean


def enlarged(
    small: Float[Tensor, "maps h w"], factor: int, first: int, shape: Sequence[int], mode: str = "bilinear"
) -> Float[Tensor, "maps H W"]:
    """Enlarge maps by a factor, and return rows of the result from the row ``first`` on."""
    start = max(0, first // factor - _MARGIN)
    stop = -(-(first + shape[0]) // factor) + _MARGIN
    large = F.interpolate(small[None, :, start:stop], scale_factor=factor, mode=mode, align_corners=False)[0]
    above = first - start * factor
    return large[:, above : above + shape[0], : shape[1]]


def reduced(page: Float[Tensor, "*channels H W"], factor: int) -> Float[Tensor, "*channels h w"]:
    """Means over squares of ``factor`` rows and columns; incomplete squares are padded by their last row and column."""
    height, width = page.shape[-2:]
    stack = page.reshape(1, -1, height, width)
    if height % factor or width % factor:
        stack = F.pad(stack, (0, -width % factor, 0, -height % factor), mode="replicate")
    small = F.avg_pool2d(stack, factor)
    return small.reshape(*page.shape[:-2], *small.shape[-2:])


def ramp(values: Float[Tensor, "*shape"], ends: tuple[float, float]) -> Float[Tensor, "*shape"]:
    """0 at the first end and before, 1 at the second and beyond, and linear between."""
    return ((values - ends[0]) / (ends[1] - ends[0])).clamp_(0, 1)


def _lines(small: Float[Tensor, "h w"], clean: Float[Tensor, "h w"]) -> Float[Tensor, "2 h w"]:
    """Slope and offset of the fit clean = slope · small + offset around each pixel.

    In even areas the slope follows its prior: 0 where the page is white, so that the grain of paper does not return,
    and 1 elsewhere, so that the grain of photographs stays.
    """
    height, width = clean.shape
    margin = 2 * _RADIUS
    lines = clean.new_empty(2, height, width)
    for rows in bands((height, width), _BAND):
        start = max(0, rows.start - margin)
        wide = slice(start, rows.stop + margin)
        lines[:, rows] = _lines_of_band(small[wide], clean[wide])[:, rows.start - start : rows.stop - start]
    return lines


def _lines_of_band(small: Float[Tensor, "h w"], clean: Float[Tensor, "h w"]) -> Float[Tensor, "2 h w"]:
    means = _blurred(torch.stack([small, clean, small * small, small * clean]))
    mean, mean_clean = means[0], means[1]
    variance, covariance = means[2] - mean * mean, means[3] - mean * mean_clean
    prior = ramp(mean_clean, _PRIOR)
    slope = (covariance + _RIDGE * prior) / (variance.clamp_(min=0) + _RIDGE)
    return _blurred(torch.stack([slope, mean_clean - slope * mean]))


def _blurred(maps: Float[Tensor, "maps h w"]) -> Float[Tensor, "maps h w"]:
    """A Gaussian blur along each axis, as sums of shifted maps: torch's convolution is eight times slower."""
    weights = [math.exp(-0.5 * (i / _SIGMA) ** 2) for i in range(_RADIUS + 1)]
    total = weights[0] + 2 * sum(weights[1:])
    for axis, padding in ((1, (0, 0, _RADIUS, _RADIUS)), (2, (_RADIUS, _RADIUS, 0, 0))):
        size = maps.shape[axis]
        padded = F.pad(maps[None], padding, mode="replicate")[0]
        maps = padded.narrow(axis, _RADIUS, size) * (weights[0] / total)
        for i in range(1, _RADIUS + 1):
            both = padded.narrow(axis, _RADIUS - i, size) + padded.narrow(axis, _RADIUS + i, size)
            maps.add_(both, alpha=weights[i] / total)
    return maps
