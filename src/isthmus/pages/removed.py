"""Measure how much of a page cleaning removed, and whether that might have been text."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from isthmus.documents.bands import bands
from isthmus.documents.picture import Colour, Grey
from isthmus.pages.hatching_gone import HatchingGone, hatching_gone
from isthmus.pages.letters_gone import LettersGone, letters_gone, mean_grey
from isthmus.words import counted

_LIGHTER = 24  # levels of 255: a pixel that becomes lighter by no more than this is not removed
_ENOUGH_MARKS = 3


@dataclass(frozen=True)
class Removed:
    """The share of the page's pixels that were removed, and what became of its letters.

    A pixel is removed if it becomes lighter by more than the page as a whole, so paper that becomes white does not
    count. ``letters`` and ``hatching`` are None for a page that did not change.
    """

    share: float = 0.0
    letters: LettersGone | None = None
    hatching: HatchingGone | None = None

    @property
    def warning(self) -> str | None:
        """A sentence, if the marks that became pale might have been text, or else if hatching became pale."""
        if self.letters is not None and self.letters.count >= _ENOUGH_MARKS:
            return f"{counted(self.letters.count, 'mark')} like letters became pale, {self.letters.where}"
        if self.hatching is not None and self.hatching.share:
            return f"hatching on {self.hatching.share:.1%} of the page became pale, {self.hatching.where}"
        return None


def removed(before: Grey | Colour, after: Grey | Colour, written: Grey | Colour | None = None) -> Removed:
    """Compare a page before and after cleaning.

    Letters are looked for on ``written``, if the page is written otherwise than it was cleaned: in black and white.
    """
    written = after if written is None else written
    if written is before:
        return Removed()
    return Removed(_share_removed(before, after), letters_gone(before, written), hatching_gone(before, written))


def _share_removed(before: Grey | Colour, after: Grey | Colour) -> float:
    if after is before:
        return 0.0
    lighter = np.zeros(511, np.int64)  # pixels by how much lighter they became, from -255 on
    for rows in bands(before.shape):
        change = mean_grey(after[rows]).astype(np.int16) - mean_grey(before[rows])
        lighter += np.bincount((change + 255).ravel(), minlength=511)
    least = _LIGHTER + max(0.0, median_of(lighter) - 255)
    return float(lighter[np.arange(-255, 256) > least].sum() / lighter.sum())


def median_of(counts: Int64[np.ndarray, " values"]) -> float:
    """The median of whole numbers from 0 on, of which each occurs so many times."""
    below, total = np.cumsum(counts), int(counts.sum())
    return float(np.searchsorted(below, [(total - 1) // 2, total // 2], side="right").mean())
