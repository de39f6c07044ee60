"""Find hatching and fine lines that are no letters, and became pale: the shading of a drawing, a tint of dots.

Stains and shadows are smooth, and the edges of wrinkles narrow; hatching has contrast over an area, between what stays.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from isthmus.documents.bands import bands
from isthmus.documents.picture import Colour, Grey
from isthmus.pages.letters_gone import mean_grey, ninth_of_page
from isthmus.pages.masks import grown, opened

_BAND = 2**18  # pixels of the small page that are computed at a time
_SIDE = 1750  # pixels of the longer side of a page at which it is looked at, about
_AROUND, _INK, _RIM = 41, 0.07, 3  # pixels around ink that stays, its contrast to them, and pixels at its edges
_NEAR, _AREA = 9, 25  # pixels: a pixel is compared with the mean of the first, and contrast averaged over the second
_FREE = 0.35  # share of such a square that has no ink, at least
_MOST = 0.2  # contrast that counts of a pixel, at most
_CLEAR, _GRAIN = 0.03, 2.5  # contrast of hatching: at least this, and so many times that of the page's paper
_SHARE = 0.2  # of the darkness of the area that is contrast: stains and gutters have less
_PALE = 0.35  # share of its contrast below which it is pale
_PAPER = 90  # percentile of grey where no ink is
_WIDE = 15  # pixels: half of the width of the narrowest hatching
_LEAST, _FEWEST = 0.015, 8_000  # share of the page that it covers, and pixels


@dataclass(frozen=True)
class HatchingGone:
    """The share of the page on which hatching became pale, and the middle of it, across and down, from 0 to 1."""

    share: float = 0.0
    middle: tuple[float, float] = (0.5, 0.5)

    @property
    def where(self) -> str:
        """In which ninth of the page that is: "top left", "centre", "bottom" and so on."""
        column, row = (min(int(3 * along), 2) for along in self.middle)
        return ninth_of_page(row, column)


def hatching_gone(before: Grey | Colour, after: Grey | Colour) -> HatchingGone:
    """Find the areas of a page in 8 bits whose fine contrast is gone, and that showed more of it than paper does.

    Letters that stay, and what is near them, do not count; nor do areas that are small all together.
    """
    step = max(1, round(max(before.shape) / _SIDE))
    was, now = (_reduced(page, step) for page in (before, after))
    mean = ndimage.uniform_filter(now, _AROUND)
    free = ~grown(1 - now / np.maximum(mean, 1) > _INK, _RIM)
    wide = ndimage.uniform_filter(free.astype(np.float32), _AREA) > _FREE
    if not wide.any():
        return HatchingGone()
    seen, left = (_fine_contrast(page, free) for page in (was, now))
    least = max(_CLEAR, _GRAIN * float(np.median(seen[wide])))
    paper = max(1.0, float(np.percentile(was[free], _PAPER)))
    shade = 1 - _mean(was, free.astype(np.float32), _AREA) / paper
    gone = opened(wide & (seen > np.maximum(least, _SHARE * shade)) & (left < _PALE * seen), _WIDE)
    share = float(gone.mean())
    if share < _LEAST or share * gone.size < _FEWEST:
        return HatchingGone()
    down, across = (float(along.mean()) / side for along, side in zip(np.nonzero(gone), gone.shape, strict=True))
    return HatchingGone(share, (across, down))


def _reduced(page: Grey | Colour, step: int) -> Float32[np.ndarray, "h w"]:
    """The grey of a page, as means over squares of ``step`` pixels, without those that are cut off at the edges."""
    height, width = (side // step * step for side in page.shape[:2])
    small = np.empty((height // step, width // step), np.float32)
    for rows in bands(small.shape, _BAND):
        part = mean_grey(page[rows.start * step : rows.stop * step, :width])
        small[rows] = part.reshape(-1, step, small.shape[1], step).mean((1, 3), dtype=np.float32)
    return small


def _fine_contrast(page: Float32[np.ndarray, "h w"], free: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """The deviation of pixels from those nearby, as a share of these, over the pixels around that are free of ink."""
    weight = free.astype(np.float32)
    near = _mean(page, weight, _NEAR)
    contrast = np.minimum(np.abs(page - near) / np.maximum(near, 1), _MOST)
    return np.asarray(np.sqrt(np.maximum(_mean(contrast**2, weight, _AREA), 0)))


def _mean(
    values: Float32[np.ndarray, "h w"], weight: Float32[np.ndarray, "h w"], size: int
) -> Float32[np.ndarray, "h w"]:
    """The weighted mean over a square around each pixel."""
    amount = np.maximum(ndimage.uniform_filter(weight, size), 0.05)
    return np.asarray(ndimage.uniform_filter(values * weight, size) / amount)
