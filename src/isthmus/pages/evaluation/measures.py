"""Quality measures for cleaned pages: distance to the clean page, lost components and rules, misread characters.

Pages are arrays of shape (height, width), grey from 0 (black) to 1 (white); pairs of a page and its clean page may be
of several sizes. ``InputError`` is raised if there are no pages, or those of a pair differ in size, and
``MissingExtraError`` without scikit-image or jiwer.
"""
# ruff: noqa: PLC0415 — scikit-image and jiwer are optional, and imported where they are used

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Float64, Int
from scipy import ndimage

from isthmus.errors import InputError
from isthmus.system.extras import require
from isthmus.words import counted

DARK = 0.8
"""Grey of a clean page below which a pixel is ink."""

_RING = 2  # pixels around a component against which its contrast is measured
_LEAST_CONTRAST = 0.25  # contrast on the clean page from which on a component counts
_GONE = 0.25  # share of its contrast below which a component is lost
_STROKES = 3  # largest side of a small component, in stroke widths
_WINDOW = 8  # pixels of the universal quality index
_FLAT = 1e-10  # variance, and squared grey, below which the universal quality index takes them for 0
_FINEST = 1 / 255 / math.sqrt(12)  # the error of rounding to 8 bits


def rmse_pooled(pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]) -> float:
    """The root mean squared error over the pixels of all pages together, as in competitions."""
    squares = n_pixels = 0.0
    for page, target in _pairs(pages, clean):
        squares += float(np.square(page - target, dtype=np.float64).sum())
        n_pixels += page.size
    return math.sqrt(squares / n_pixels)


def psnr(pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]) -> float:
    """The mean over pages of the peak signal-to-noise ratio −20 log₁₀(RMSE of the page), in decibels.

    A page equal to its clean page counts with the error of rounding to 8 bits, 58.9 dB, instead of infinity.
    """
    errors = [max(rmse_pooled([page], [target]), _FINEST) for page, target in _pairs(pages, clean)]
    return float(np.mean([-20 * math.log10(error) for error in errors]))


def ssim(pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]) -> float:
    """The mean over pages of the structural similarity (Wang et al. 2004), from scikit-image with 7 × 7 windows.

    Pages of fewer than 7 rows or columns raise ``InputError``.
    """
    require("evaluate")
    from skimage import metrics

    values = []
    for page, target in _pairs(pages, clean):
        if min(page.shape) < 7:
            raise InputError(f"Structural similarity needs pages of at least 7 × 7 pixels. Got {page.shape} instead.")
        values.append(metrics.structural_similarity(page, target, data_range=1.0))  # type: ignore[no-untyped-call]
    return float(np.mean(values))


def uqi(pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]) -> float:
    """The mean over pages of the universal quality index (Wang & Bovik 2002), in windows of 8 × 8 pixels.

    Pages of fewer than 8 rows or columns raise ``InputError``.
    """
    values = []
    for page, target in _pairs(pages, clean):
        if min(page.shape) < _WINDOW:
            raise InputError(f"The universal quality index needs pages of at least 8 × 8 pixels. Got {page.shape}.")
        inside = tuple(slice(_WINDOW // 2, side - _WINDOW // 2 + 1) for side in page.shape)
        x, y = (values.astype(np.float64) for values in (page, target))
        means = [ndimage.uniform_filter(part, _WINDOW)[inside] for part in (x, y, x * x, y * y, x * y)]
        of_x, of_y = means[:2]
        spread = np.maximum(means[2] - of_x**2, 0) + np.maximum(means[3] - of_y**2, 0)
        both, level = means[4] - of_x * of_y, of_x**2 + of_y**2
        flat, black = spread < _FLAT, level < _FLAT
        structure = np.where(flat, 1, 2 * both / np.where(flat, 1, spread))
        light = np.where(black, 1, 2 * of_x * of_y / np.where(black, 1, level))
        values.append(float((structure * light).mean()))
    return float(np.mean(values))


def colour_difference(
    page: Float[np.ndarray, "h w 3"], clean: Float[np.ndarray, "h w 3"], *, least_chroma: float = 20
) -> float:
    """The mean CIEDE2000 difference of the coloured marks of the clean page, NaN if it has none.

    Coloured marks are pixels whose chroma in CIELAB (sRGB, D65) is at least ``least_chroma`` on the clean page. A
    difference of 1 is just visible; from 10 on colours look different. Pages are RGB from 0 to 1.
    """
    require("evaluate")
    from skimage import color

    if page.shape != clean.shape:
        raise InputError(f"A page and its clean page must have the same size. Got {page.shape} and {clean.shape}.")
    target = color.rgb2lab(clean)
    coloured = np.hypot(target[..., 1], target[..., 2]) >= least_chroma
    if not coloured.any():
        return math.nan
    seen = color.rgb2lab(page[coloured][None])[0]
    return float(color.deltaE_ciede2000(target[coloured], seen).mean())  # type: ignore[no-untyped-call]


def components_lost(
    page: Float[np.ndarray, "h w"], clean: Float[np.ndarray, "h w"], before: Float[np.ndarray, "h w"] | None = None
) -> tuple[int, int]:
    """Count the small components of the clean page that are lost on a page, and all small components.

    Small components are the first things that cleaning erases: dots on i and j, full stops, decimal points, dot
    leaders, commas, accents. On the clean page they are 8-connected regions of pixels darker than ``DARK``, at most
    three stroke widths high and wide, whose contrast to the lighter pixels within two pixels around is at least a
    quarter of that of black on white. The stroke width is the median of all horizontal and vertical runs of dark
    pixels. A component is lost if less than a quarter of its contrast is left.

    Components that are lost already on the noisy page ``before`` do not count, if it is given.

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
        return np.asarray(means[0] - means[1])  # 0 or less if dark regions surround a component

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
    """Measure the length of the rules of the clean page that is lost on a page, and their whole length, in pixels.

    The contrast at a pixel along a rule is the brightest pixel within three pixels on both sides, minus the darkest
    pixel across the rule. A pixel counts if its contrast on the clean page is at least a quarter of that of black on
    white, and is lost if less than a quarter of it is left. Crossings do not count.

    ``rules`` are the boxes (left, top, right, bottom) of horizontal and vertical lines, in pixels. Parts beyond the
    page do not count, nor do pixels that are lost already on the noisy page ``before``, if it is given.

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
    """The contrast of a rule to the brighter of its sides, at each pixel along it."""
    first, last = (min(max(round(side), 0), page.shape[1]) for side in (box[0], box[2]))
    start, stop = math.floor(box[1]), math.ceil(box[3])
    rule = page[max(start, 0) : max(stop, 0), first:last]
    sides = [page[max(a, 0) : max(b, 0), first:last] for a, b in ((start - 3, start), (stop, stop + 3))]
    beside = np.concatenate(sides)
    if not rule.size or not beside.size:
        return np.zeros(0, page.dtype)
    return np.asarray(beside.max(0) - rule.min(0))


def stroke_width(dark: Bool[np.ndarray, "h w"]) -> float:
    """The median length of the horizontal and vertical runs of dark pixels, in pixels; 0 without dark pixels."""
    runs = np.concatenate([_runs(dark), _runs(dark.T)])
    return float(np.median(runs)) if len(runs) else 0.0


def character_error_rate(texts: Sequence[str], expected: Sequence[str]) -> float:
    """The number of edits from the texts to the expected texts, divided by the number of expected characters.

    Runs of white space count as one space. If no characters are expected, the rate is 0 without any text, and infinite
    otherwise.
    """
    require("evaluate")
    import jiwer

    return _error_rate(texts, expected, jiwer.cer, len)


def word_error_rate(texts: Sequence[str], expected: Sequence[str]) -> float:
    """The number of words that are inserted, deleted or replaced, divided by the number of expected words.

    Infinite if no words are expected and there are some, 0 if there are none.
    """
    require("evaluate")
    import jiwer

    return _error_rate(texts, expected, jiwer.wer, lambda text: len(text.split()))


def _error_rate(
    texts: Sequence[str], expected: Sequence[str], rate: Callable[[list[str], list[str]], float],
    length: Callable[[str], int],
) -> float:  # fmt: skip
    """Edits, as a rate of jiwer counts them, for each expected unit; texts where nothing is expected are edits."""
    pairs = [(" ".join(text.split()), " ".join(right.split())) for text, right in zip(texts, expected, strict=True)]
    n_expected = sum(length(right) for _, right in pairs)
    if not n_expected:
        return math.inf if any(text for text, _ in pairs) else 0.0
    known = [(text, right) for text, right in pairs if right]  # jiwer does not accept empty references
    edits = rate([right for _, right in known], [text for text, _ in known]) * n_expected
    return float(edits + sum(length(text) for text, right in pairs if not right)) / n_expected


def _pairs(
    pages: Sequence[Float[np.ndarray, "_ _"]], clean: Sequence[Float[np.ndarray, "_ _"]]
) -> list[tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]]:
    if not len(pages) or len(pages) != len(clean):
        raise InputError(
            f"Every page needs a clean page. Got {counted(len(pages), 'page')} and {len(clean)} clean instead."
        )
    for page, target in zip(pages, clean, strict=True):
        if page.shape != target.shape or not page.size:
            sizes = " and ".join(" × ".join(map(str, shape)) for shape in (page.shape, target.shape))
            raise InputError(f"A page and its clean page must have the same size. Got {sizes} pixels instead.")
    return list(zip(pages, clean, strict=True))


def _runs(dark: Bool[np.ndarray, "h w"]) -> Int[np.ndarray, " runs"]:
    """The lengths of the horizontal runs of dark pixels."""
    steps = np.diff(np.pad(dark, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return ends - starts
