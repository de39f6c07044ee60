"""How good cleaned pages are: their distance to the clean ones, what was erased with the dirt, and how well they read.

Pages are grey in [0, 1], black to white.
"""
# ruff: noqa: PLC0415 — scikit-image and jiwer are optional, and imported when they are used

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float64, Int
from scipy import ndimage

from isthmus.errors import InputError
from isthmus.system.extras import require

DARK = 0.8
"""What is darker than this on a clean page is ink."""

_RING = 2  # pixels around a component that its contrast is measured against
_LEAST_CONTRAST = 0.25  # of a component on the clean page, to be counted
_GONE = 0.25  # share of its contrast
_STROKES = 3  # sides of a small component, at most, in widths of a pen stroke
_FINEST = 1 / 255 / math.sqrt(12)  # the error of rounding to 8 bits


def rmse_pooled(pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]) -> float:
    """The root of the mean squared difference over the pixels of all pages together, as competitions count it.

    Parameters
    ----------
    pages, clean : sequence of ndarray of shape (height, width)
        Pages, and the clean page of each; sizes may differ from page to page.

    Raises
    ------
    InputError
        If there are no pages, or a page is not as large as its clean one.
    """
    squares = n_pixels = 0.0
    for page, target in _pairs(pages, clean):
        squares += float(np.square(page - target, dtype=np.float64).sum())
        n_pixels += page.size
    return math.sqrt(squares / n_pixels)


def psnr(pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]) -> float:
    """The mean over pages of the peak signal-to-noise ratio −20 log₁₀(RMSE of the page), in decibels.

    A page that equals its clean one counts with the error of rounding to 8 bits, 58.9 dB, and not as infinite.
    """
    errors = [max(rmse_pooled([page], [target]), _FINEST) for page, target in _pairs(pages, clean)]
    return float(np.mean([-20 * math.log10(error) for error in errors]))


def ssim(pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]) -> float:
    """The mean over pages of the structural similarity (Wang et al. 2004), by scikit-image in windows of 7 × 7.

    Raises
    ------
    MissingExtraError
        If scikit-image is not installed.
    InputError
        If a page has fewer than 7 rows or columns.
    """
    require("evaluate")
    from skimage import metrics

    values = []
    for page, target in _pairs(pages, clean):
        if min(page.shape) < 7:
            raise InputError(f"Structural similarity needs pages of at least 7 × 7 pixels. Got {page.shape} instead.")
        values.append(metrics.structural_similarity(page, target, data_range=1.0))  # type: ignore[no-untyped-call]
    return float(np.mean(values))


def components_lost(
    page: Float[np.ndarray, "h w"], clean: Float[np.ndarray, "h w"], before: Float[np.ndarray, "h w"] | None = None
) -> tuple[int, int]:
    """How many small components of the clean page are gone from a page, and how many there are.

    Small components are what cleaning erases first: dots on i and j, full stops, decimal points, dot leaders, commas,
    accents. On the clean page they are the 8-connected regions of pixels darker than ``DARK`` whose height and width
    are at most three pen strokes, the stroke being the median of all horizontal and vertical runs of dark pixels, and
    that are at least a quarter of the way from white to black darker than the pixels around (within two, and not
    dark themselves). One is gone where less than a quarter of that contrast is left.

    Parameters
    ----------
    page, clean : ndarray of shape (height, width)
    before : ndarray of shape (height, width), optional
        The page before it was cleaned: what is gone on that already does not count.

    Returns
    -------
    lost, total : int

    Raises
    ------
    InputError
        If the page is not as large as its clean one.

    Examples
    --------
    >>> import numpy as np
    >>> clean = np.ones((40, 40))
    >>> clean[10:30, 10:12] = clean[5:7, 10:12] = clean[28:30, 20:22] = 0  # an i with its dot, and a full stop
    >>> page = clean.copy()
    >>> page[28:30, 20:22] = 0.8
    >>> components_lost(page, clean)
    (1, 2)
    """
    ((page, clean),) = _pairs([page], [clean])
    dark = clean < DARK
    labels, n_found = ndimage.label(dark, np.ones((3, 3)))
    if not n_found:
        return 0, 0
    most = max(3, round(_STROKES * stroke_width(dark)))
    boxes = ndimage.find_objects(labels)
    is_small = np.array([max(side.stop - side.start for side in box) <= most for box in boxes])
    small = np.where(np.concatenate([[False], is_small])[labels], labels, 0)
    around = np.where(dark, 0, ndimage.maximum_filter(small, 2 * _RING + 1))
    which = np.flatnonzero(is_small) + 1

    def contrast(values: Float[np.ndarray, "h w"]) -> Float64[np.ndarray, " components"]:
        sums = [np.bincount(regions.ravel(), values.ravel(), n_found + 1) for regions in (around, small)]
        counts = [np.bincount(regions.ravel(), None, n_found + 1) for regions in (around, small)]
        means = [total[which] / np.maximum(count[which], 1) for total, count in zip(sums, counts, strict=True)]
        return np.asarray(means[0] - means[1])  # where dark ones hem a component in, there is none

    whole = contrast(clean)
    least, there = _GONE * whole, whole >= _LEAST_CONTRAST
    if before is not None:
        there &= contrast(before) >= least
    gone = contrast(page) < least
    return int((gone & there).sum()), int(there.sum())


def rules_lost(
    page: Float[np.ndarray, "h w"],
    clean: Float[np.ndarray, "h w"],
    rules: Sequence[tuple[float, float, float, float]],
    before: Float[np.ndarray, "h w"] | None = None,
) -> tuple[int, int]:
    """How much of the rules of the clean page is gone from a page, and how much there is of them, in pixels of length.

    At each pixel along a rule its contrast is the brightest of the paper on both sides, within three pixels, less the
    darkest across it. What has on the clean page at least a quarter of the contrast of black on white counts, and is
    gone where less than a quarter of its contrast is left. Where rules cross nothing counts.

    Parameters
    ----------
    page, clean : ndarray of shape (height, width)
    rules : sequence of (left, top, right, bottom)
        Boxes around straight lines, across or along, in pixels. What lies beyond the page does not count.
    before : ndarray of shape (height, width), optional
        The page before it was cleaned: what is gone on that already does not count.

    Returns
    -------
    lost, total : int

    Raises
    ------
    InputError
        If the page is not as large as its clean one.

    Examples
    --------
    >>> import numpy as np
    >>> clean = np.ones((20, 60))
    >>> clean[9:11, 5:55] = 0
    >>> page = clean.copy()
    >>> page[:, 40:] = 1
    >>> rules_lost(page, clean, [(5, 9, 55, 11)])
    (15, 50)
    """
    ((page, clean),) = _pairs([page], [clean])
    lost = total = 0
    for left, top, right, bottom in rules:
        across = right - left >= bottom - top
        box = (left, top, right, bottom) if across else (top, left, bottom, right)
        there, left_over, seen = (
            _rule_contrast(values if across else values.T, box)
            for values in (clean, page, clean if before is None else before)
        )
        counted = (there >= _LEAST_CONTRAST) & (seen >= _GONE * there)
        lost += int((counted & (left_over < _GONE * there)).sum())
        total += int(counted.sum())
    return lost, total


def _rule_contrast(
    page: Float[np.ndarray, "h w"], box: tuple[float, float, float, float]
) -> Float[np.ndarray, " length"]:
    """How much darker a rule is than the brighter of its sides, at each pixel along it."""
    first, last = (min(max(round(side), 0), page.shape[1]) for side in (box[0], box[2]))
    start, stop = math.floor(box[1]), math.ceil(box[3])
    rule = page[max(start, 0) : max(stop, 0), first:last]
    sides = [page[max(a, 0) : max(b, 0), first:last] for a, b in ((start - 3, start), (stop, stop + 3))]
    beside = np.concatenate(sides)
    if not rule.size or not beside.size:
        return np.zeros(0, page.dtype)
    contrast: Float[np.ndarray, " length"] = beside.max(0) - rule.min(0)
    return contrast


def stroke_width(dark: Bool[np.ndarray, "h w"]) -> float:
    """The median length of the horizontal and vertical runs of dark pixels, in pixels; 0 where nothing is dark."""
    runs = np.concatenate([_runs(dark), _runs(dark.T)])
    return float(np.median(runs)) if len(runs) else 0.0


def character_error_rate(texts: Sequence[str], expected: Sequence[str]) -> float:
    """Edits that turn the texts into the expected ones, over the characters expected, in all texts together.

    Runs of white space count as one space. Where no text at all is expected, it is 0 if there is none, and infinite
    otherwise.

    Raises
    ------
    MissingExtraError
        If jiwer is not installed.
    """
    require("evaluate")
    import jiwer

    pairs = [(" ".join(text.split()), " ".join(right.split())) for text, right in zip(texts, expected, strict=True)]
    n_expected = sum(len(right) for _, right in pairs)
    if not n_expected:
        return math.inf if any(text for text, _ in pairs) else 0.0
    known = [(text, right) for text, right in pairs if right]  # jiwer takes no empty references
    edits = jiwer.cer([right for _, right in known], [text for text, _ in known]) * n_expected
    return float(edits + sum(len(text) for text, right in pairs if not right)) / n_expected


def _pairs(
    pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]
) -> list[tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]]:
    if not len(pages) or len(pages) != len(clean):
        raise InputError(f"Pages and clean pages come in pairs. Got {len(pages)} and {len(clean)} instead.")
    for page, target in zip(pages, clean, strict=True):
        if page.shape != target.shape or not page.size:
            raise InputError(
                f"A page must be as large as its clean one. Got {' × '.join(map(str, page.shape))} and "
                f"{' × '.join(map(str, target.shape))} pixels instead."
            )
    return list(zip(pages, clean, strict=True))


def _runs(dark: Bool[np.ndarray, "h w"]) -> Int[np.ndarray, " runs"]:
    """The lengths of the horizontal runs of dark pixels."""
    steps = np.diff(np.pad(dark, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return ends - starts
