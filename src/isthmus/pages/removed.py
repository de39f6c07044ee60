"""Measure how much of a page cleaning removed, and whether that might have been text."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Bool, Int, Int64
from scipy import ndimage

from isthmus.documents.picture import Colour, Grey

_LIGHTER = 24  # levels of 255: a pixel that becomes lighter by no more than this is not removed
_DARK, _PALE = 112, 192
_SHADE, _AROUND = 0.75, 41  # share of the mean over so many pixels around, above which dark is a shade of dark paper
_ENOUGH_MARKS = 3
_LOWEST, _LEAST = 5, 3  # pixels: the height of a letter, and the smallest mark that half of one could be
_LARGE = 12_000_000  # pixels: on larger pages every second row and column is used
_MOST = 32_000_000  # pixels of which marks are looked for; of larger pages still fewer rows and columns are used
_BAND = 2**22  # pixels


@dataclass(frozen=True)
class Removed:
    """The share of the page's pixels that were removed, and the number of removed marks that resemble letters.

    A pixel is removed if it becomes lighter by more than the page as a whole, so paper that becomes white does not
    count. A mark resembles a letter if it was dark, disappeared completely, and is about as high as the letters that
    stayed.
    """

    share: float
    marks: int

    @property
    def warning(self) -> str | None:
        """A sentence, if the marks might have been text."""
        return f"{self.marks} marks as large as letters were removed" if self.marks >= _ENOUGH_MARKS else None


def removed(before: Grey | Colour, after: Grey | Colour) -> Removed:
    """Compare a page before and after cleaning."""
    lighter = np.zeros(511, np.int64)  # pixels by how much lighter they became, from -255 on
    for rows in bands(before):
        change = _grey(after[rows]).astype(np.int16) - _grey(before[rows])
        lighter += np.bincount((change + 255).ravel(), minlength=511)
    least = _LIGHTER + max(0.0, median_of(lighter) - 255)
    n_dirty = lighter[np.arange(-255, 256) > least].sum()
    return Removed(float(n_dirty / lighter.sum()), _marks(before, after))


def bands(pixels: Grey | Colour) -> Iterator[slice]:
    """The rows of a page in slices of a few million pixels, for what needs many times the memory of its pixels."""
    height, width = pixels.shape[:2]
    step = max(1, _BAND // width)
    return (slice(first, min(first + step, height)) for first in range(0, height, step))


def median_of(counts: Int64[np.ndarray, " values"]) -> float:
    """The median of whole numbers from 0 on, of which each occurs so many times."""
    below, total = np.cumsum(counts), int(counts.sum())
    return float(np.searchsorted(below, [(total - 1) // 2, total // 2], side="right").mean())


def _grey(pixels: Grey | Colour) -> Grey:
    """The weighted mean of red, green and blue, with green counted twice."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (pixels[..., channel].astype(np.uint16) for channel in range(3))
    return ((red + 2 * green + blue + 2) // 4).astype(np.uint8)


def _marks(before: Grey | Colour, after: Grey | Colour) -> int:
    """The number of removed marks that resemble letters."""
    n_pixels = before.shape[0] * before.shape[1]
    if n_pixels > _LARGE:
        step = max(2, ceil((n_pixels / _MOST) ** 0.5))
        before, after = before[::step, ::step], after[::step, ::step]
    was, now = _grey(before), _grey(after)
    dark = (was < _DARK) & _darker_than_around(was)
    labels, count = ndimage.label(dark, np.ones((3, 3)))
    places = np.flatnonzero(dark)
    of = labels.ravel()[places]
    del labels
    total = np.bincount(of, minlength=count + 1)
    is_large = total >= _LEAST
    places, of = places[is_large[of]], (np.cumsum(is_large) - 1)[of[is_large[of]]]
    total = total[is_large]
    if len(total) == 0:
        return 0
    gone = np.bincount(of[now.ravel()[places] > _PALE], minlength=len(total))
    heights, widths = (_extents(of, along, len(total)) for along in np.divmod(places, was.shape[1]))
    whole = gone > 0.8 * total
    letters = ~whole & (heights >= _LOWEST) & (heights < 0.05 * len(was) + 8)
    if letters.sum() < 3:
        return 0
    height = float(np.median(heights[letters]))
    alike = (heights >= 0.5 * height) & (heights <= 1.6 * height) & (widths <= 3 * height) & (total >= 0.1 * height**2)
    return int((whole & alike).sum())


def _darker_than_around(grey: Grey) -> Bool[np.ndarray, "rows columns"]:
    """Whether each pixel is darker than a shade of the pixels around it."""
    found, edge = np.empty(grey.shape, bool), _AROUND // 2
    for rows in bands(grey):
        first, end = max(0, rows.start - edge), min(len(grey), rows.stop + edge)
        mean = ndimage.uniform_filter(grey[first:end].astype(np.float32), _AROUND)
        found[rows] = grey[rows] < _SHADE * mean[rows.start - first : rows.stop - first]
    return found


def _extents(
    of: Int[np.ndarray, " pixels"], places: Int[np.ndarray, " pixels"], count: int
) -> Int[np.ndarray, " marks"]:
    """The extent of each mark along rows or columns, from the places of its pixels there."""
    first, last = np.full(count, np.iinfo(np.int32).max), np.full(count, -1)
    np.minimum.at(first, of, places)
    np.maximum.at(last, of, places)
    return np.asarray(last - first + 1)
