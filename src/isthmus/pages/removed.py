"""Measure how much of a page cleaning removed, and whether that might have been text."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from isthmus.documents.bands import bands
from isthmus.documents.picture import Colour, Grey
from isthmus.pages.letters_gone import letters_gone, mean_grey
from isthmus.words import counted

_LIGHTER = 24  # levels of 255: a pixel that becomes lighter by no more than this is not removed
_ENOUGH_MARKS = 3


@dataclass(frozen=True)
class Removed:
    """The share of the page's pixels that were removed, and how many marks like letters are gone, and where.

    A pixel is removed if it becomes lighter by more than the page as a whole, so paper that becomes white does not
    count. ``letters_gone`` says what a mark like a letter is.
    """

    share: float
    marks: int
    where: str

    @property
    def warning(self) -> str | None:
        """A sentence, if the marks might have been text."""
        if self.marks < _ENOUGH_MARKS:
            return None
        return f"{counted(self.marks, 'mark')} like letters became pale, {self.where}"


def removed(before: Grey | Colour, after: Grey | Colour) -> Removed:
    """Compare a page before and after cleaning."""
    if after is before:
        return Removed(0.0, 0, "")
    lighter = np.zeros(511, np.int64)  # pixels by how much lighter they became, from -255 on
    for rows in bands(before.shape):
        change = mean_grey(after[rows]).astype(np.int16) - mean_grey(before[rows])
        lighter += np.bincount((change + 255).ravel(), minlength=511)
    least = _LIGHTER + max(0.0, median_of(lighter) - 255)
    n_dirty = lighter[np.arange(-255, 256) > least].sum()
    gone = letters_gone(before, after)
    return Removed(float(n_dirty / lighter.sum()), gone.count, gone.where)


def median_of(counts: Int64[np.ndarray, " values"]) -> float:
    """The median of whole numbers from 0 on, of which each occurs so many times."""
    below, total = np.cumsum(counts), int(counts.sum())
    return float(np.searchsorted(below, [(total - 1) // 2, total // 2], side="right").mean())
