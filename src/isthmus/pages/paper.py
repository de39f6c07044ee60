"""The colour of the paper under each pixel, stains included."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from isthmus.pages.colour import marks
from isthmus.pages.maps import Map, clipped, enlarged, mixed, reduced, widened

_BLOCK = 4  # pixels of the page per pixel of the map of the paper
_BAND = 1024  # rows that are looked at at a time, a multiple of all blocks
_WHITE = 0.9  # clean grey from which on paper shows
_NO_INK = 0.3  # ink up to which paper shows
_NO_MARK = 0.2  # how surely a colour may be a mark where paper shows
_TRUST = 0.03  # share of paper in a square at which it counts as much as the paper around the square
_LEVELS = 8  # of squares, each of twice the side of the one before
_DARKEST = 0.05


class Paper:
    """The colour of the paper under each pixel, from where it shows: nearby if enough does, else farther away.

    Means of larger and larger squares, put together from the largest to the smallest (push-pull interpolation, Gortler
    et al. 1996, section 3.4). Without any paper, it is white.

    Parameters
    ----------
    small : array of shape (maps, h, w)
        The noisy page at the scale of the networks, in grey (one map) or RGB, in [0, 1].
    shows : array of shape (h, w)
        1 where paper shows.
    factor : int
        Rows and columns of the large page per pixel of the small page.
    """

    def __init__(self, small: Float[np.ndarray, "maps h w"], shows: Map, factor: int) -> None:
        self._factor, self._block = factor, min(_BLOCK, *shows.shape)
        parts = [reduced(small[:, rows] * shows[rows], self._block) for rows in _bands(len(shows))]
        sums = [np.concatenate(parts, axis=1)]
        amounts = [reduced(shows, self._block)]
        while len(sums) < _LEVELS and min(amounts[-1].shape) > 1:
            sums.append(reduced(sums[-1], 2))
            amounts.append(reduced(amounts[-1], 2))
        total = amounts[0].sum()
        mean = sums[0].sum((1, 2)) / total if total > 0 else np.ones(len(small), small.dtype)
        paper = np.broadcast_to(mean[:, None, None], sums[-1].shape)
        for seen, amount in zip(reversed(sums), reversed(amounts), strict=True):
            if paper.shape[1:] != amount.shape:
                paper = enlarged(paper, 2, 0, amount.shape)
            paper = mixed(paper, seen / np.maximum(amount, 1e-4), amount / (amount + _TRUST))
        self._map = clipped(paper, _DARKEST, 1)

    def under(self, first: int, shape: Sequence[int], factor: int | None = None) -> Float[np.ndarray, "maps H W"]:
        """The paper under ``shape`` rows and columns of the large page, or of another one.

        ``first`` is the first row on the small page, ``factor`` that of the other page.
        """
        factor = self._factor if factor is None else factor
        return enlarged(self._map, self._block * factor, first * factor, shape)


def shows_where_clean(small: Float[np.ndarray, "maps h w"], clean: Map) -> Map:
    """1 where the clean page is white and the noisy one has no coloured mark, else 0."""
    return _without_marks(small, (clean > _WHITE).astype(small.dtype))


def shows_without_ink(small: Float[np.ndarray, "maps h w"], ink: Map) -> Map:
    """1 where there is surely no ink within a pixel and no coloured mark, else 0."""
    return _without_marks(small, (widened(ink) < _NO_INK).astype(small.dtype))


def _without_marks(small: Float[np.ndarray, "maps h w"], shows: Map) -> Map:
    if len(small) == 1 or not shows.any():
        return shows
    total = shows.sum()
    mean = np.stack([np.vdot(each, shows) for each in small]) / total
    everywhere = np.maximum(mean, _DARKEST)[:, None, None]
    for rows in _bands(len(shows)):
        shows[rows] *= marks(small[:, rows] / everywhere) < _NO_MARK
    return shows


def _bands(height: int) -> list[slice]:
    return [slice(first, first + _BAND) for first in range(0, height, _BAND)]
