"""A page cleaned at the network's scale, brought back to all its pixels without blurring a stroke.

Around each pixel of the small page the clean grey is fitted by a line in the grey that was seen (the guided filter of
He, Sun & Tang 2010, in its fast form of 2015): steep and straight where there is ink on paper, and flat where dirt
became white. Lines are smooth where strokes are sharp, so they are enlarged instead of the clean page, and applied to
the pixels of the large one. What the result then lacks, seen at the network's scale, is added (Irani & Peleg 1991), so
that on that scale it is what the network made: a faint dot that it darkened is dark, a blurred letter sharper.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_SIGMA = 0.7  # pixels of the small page: the reach of a fit
_RADIUS = 2
_RIDGE = 1e-4  # variance of grey below which a fit follows its prior
_WHITE, _GREY = 0.98, 0.9  # clean grey from which on, and up to which, detail that nobody fitted is dropped or kept
_MARGIN = 2  # rows beyond a band that enlarging it looks at


class Detail:
    """From the grey of pixels to their clean grey, by bands of rows.

    Parameters
    ----------
    small, clean : tensor of shape (h, w)
        The page at the network's scale, in [0, 1], and what the network made of it.
    factor : int
        Rows and columns of the large page to a pixel of the small one.
    """

    def __init__(self, small: Float[Tensor, "h w"], clean: Float[Tensor, "h w"], factor: int) -> None:
        self.factor = factor
        self._clean = clean
        self._lines = _lines(small, clean)
        self._missing = torch.zeros_like(clean)

    def fit(self, first: int, band: Float[Tensor, "H W"]) -> None:
        """Note what a band of the large page lacks; ``first`` is the row of the small page that it begins at."""
        seen = reduced(self._straight(first, band), self.factor)
        rows = slice(first, first + seen.shape[0])
        self._missing[rows] = self._clean[rows] - seen

    def apply(self, first: int, band: Float[Tensor, "H W"]) -> Float[Tensor, "H W"]:
        """The clean grey of a band, in [0, 1]; ``fit`` has seen all bands."""
        height, width = band.shape
        (missing,) = enlarged(self._missing[None], self.factor, first * self.factor, (height, width), "bicubic")
        return self._straight(first, band).add_(missing).clamp_(0, 1)

    def _straight(self, first: int, band: Float[Tensor, "H W"]) -> Float[Tensor, "H W"]:
        height, width = band.shape
        slope, offset = enlarged(self._lines, self.factor, first * self.factor, (height, width))
        clean: Tensor = slope.mul_(band).add_(offset).clamp_(0, 1)
        return clean


def enlarged(
    small: Float[Tensor, "maps h w"], factor: int, first: int, shape: tuple[int, int], mode: str = "bilinear"
) -> Float[Tensor, "maps H W"]:
    """Rows of maps that are ``factor`` times as large, from the row ``first`` of these on."""
    start = max(0, first // factor - _MARGIN)
    stop = -(-(first + shape[0]) // factor) + _MARGIN
    large = F.interpolate(small[None, :, start:stop], scale_factor=factor, mode=mode, align_corners=False)[0]
    above = first - start * factor
    return large[:, above : above + shape[0], : shape[1]]


def reduced(page: Float[Tensor, "*channels H W"], factor: int) -> Float[Tensor, "*channels h w"]:
    """The means of squares of ``factor`` rows and columns; the last row and column go on where they do not divide."""
    height, width = page.shape[-2:]
    stack = page.reshape(1, -1, height, width)
    if height % factor or width % factor:
        stack = F.pad(stack, (0, -width % factor, 0, -height % factor), mode="replicate")
    small = F.avg_pool2d(stack, factor)
    return small.reshape(*page.shape[:-2], *small.shape[-2:])


def _lines(small: Float[Tensor, "h w"], clean: Float[Tensor, "h w"]) -> Float[Tensor, "2 h w"]:
    """Slope and offset of the line clean = slope · small + offset around each pixel.

    Where all around has the same grey, a line has no slope. Its prior is 0 where the page is white, so that the grain
    of paper does not come back, and 1 elsewhere, so that the grain of photographs stays.
    """
    means = _blurred(torch.stack([small, clean, small * small, small * clean]))
    mean, mean_clean = means[0], means[1]
    variance, covariance = means[2] - mean * mean, means[3] - mean * mean_clean
    prior = ((_WHITE - mean_clean) / (_WHITE - _GREY)).clamp_(0, 1)
    slope = (covariance + _RIDGE * prior) / (variance.clamp_(min=0) + _RIDGE)
    return _blurred(torch.stack([slope, mean_clean - slope * mean]))


def _blurred(maps: Float[Tensor, "maps h w"]) -> Float[Tensor, "maps h w"]:
    """A bell curve along each axis, as sums of shifted maps: a convolution of one channel is eight times slower."""
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
