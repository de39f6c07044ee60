"""Measure how much of a page cleaning removed, and whether that might have been text."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from isthmus.documents.picture import Colour, Grey

_LIGHTER = 24  # levels of 255: a pixel that becomes lighter by no more than this is not removed
_DARK, _PALE = 112, 192
_SHADE, _AROUND = 0.75, 41  # share of the mean over so many pixels around, above which dark is a shade of dark paper
_ENOUGH_MARKS = 3
_LARGE = 12_000_000  # pixels: on larger pages every second row and column is used


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
    was, now = _grey(before), _grey(after)
    lighter = now.astype(np.int16) - was
    dirt = lighter > _LIGHTER + max(0.0, float(np.median(lighter)))
    return Removed(float(dirt.mean()), _marks(was, now))


def _grey(pixels: Grey | Colour) -> Grey:
    """The weighted mean of red, green and blue, with green counted twice."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (pixels[..., channel].astype(np.uint16) for channel in range(3))
    return ((red + 2 * green + blue + 2) // 4).astype(np.uint8)


def _marks(before: Grey, after: Grey) -> int:
    """The number of removed marks that resemble letters."""
    if before.size > _LARGE:
        before, after = before[::2, ::2], after[::2, ::2]
    dark = (before < _DARK) & (before < _SHADE * ndimage.uniform_filter(before.astype(np.float32), _AROUND))
    labels, count = ndimage.label(dark, np.ones((3, 3)))
    if count == 0:
        return 0
    total = np.bincount(labels.ravel(), minlength=count + 1)
    gone = np.bincount(labels[dark & (after > _PALE)], minlength=count + 1)
    boxes = ndimage.find_objects(labels)
    heights, widths = (np.array([0, *(box[i].stop - box[i].start for box in boxes)]) for i in (0, 1))
    whole = gone > 0.8 * total
    letters = ~whole & (heights >= 5) & (heights < 0.05 * len(before) + 8)
    if letters[1:].sum() < 3:
        return 0
    height = float(np.median(heights[1:][letters[1:]]))
    alike = (heights >= 0.5 * height) & (heights <= 1.6 * height) & (widths <= 3 * height) & (total >= 0.1 * height**2)
    return int((whole & alike)[1:].sum())
