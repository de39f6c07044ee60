"""Strokes and gaps of a clean page that are left on a page, and parts of print whose topology changed."""
# ruff: noqa: PLC0415 — scikit-image is optional, and imported where it is used

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int
from scipy import ndimage

from isthmus.pages.evaluation.measures import stroke_width
from isthmus.system.extras import require

_INK, _PAPER = 0.25, 0.95  # grey of the clean page, where the levels of ink and paper around are measured
_AROUND = 12.0  # pixels: the standard deviation of the weights of that mean
_LEAST = 0.25  # share of the clean contrast below which ink is not ink, however it looks beside the ink around
_SURE, _TRIED = (0.4, 0.5, 0.6), (0.3, 0.4, 0.5, 0.6, 0.7)  # thresholds of darkness
_LARGEST = 160  # pixels
_EDGE = 2  # pixels around a part


@dataclass(frozen=True)
class StrokesKept:
    """Counts: pixels of strokes and of gaps, and parts of print; of each those that are kept, and all."""

    strokes_kept: int
    strokes: int
    gaps_kept: int
    gaps: int
    parts_kept: int
    parts: int


def strokes_kept(page: Float[np.ndarray, "_ _"], clean: Float[np.ndarray, "_ _"]) -> StrokesKept:
    """Count what is left of the strokes, gaps and parts of the clean page.

    Darkness is 0 on paper and 1 in ink, each as it is around a pixel (a Gaussian mean of 12 pixels over the paper and
    the ink of the clean page), but ink has at least a quarter of its clean contrast. Strokes are the skeleton of what
    is darker than a half on the clean page, and are kept where that is still so. Gaps are the middle lines of paper
    within and between letters, up to three strokes wide, and are kept where they are still lighter than a half. Parts
    are 8-connected regions of ink up to 160 pixels long; one is kept if its Euler number (components minus holes,
    within two pixels around; Gray 1971) is that of the clean page at one of five thresholds from 0.3 to 0.7.

    Pages are grey from 0 (black) to 1 (white). ``MissingExtraError`` is raised without scikit-image.
    """
    require("evaluate")
    from skimage.morphology import skeletonize

    before, after = _darkness(clean, clean), _darkness(page, clean)
    ink = before > 0.5
    strokes = skeletonize(ink)  # type: ignore[no-untyped-call]
    gaps = _gaps(ink)
    parts_kept, parts = _parts(before, after)
    return StrokesKept(
        int((strokes & (after > 0.5)).sum()), int(strokes.sum()),
        int((gaps & (after <= 0.5)).sum()), int(gaps.sum()),
        parts_kept, parts,
    )  # fmt: skip


def _darkness(page: Float[np.ndarray, "_ _"], clean: Float[np.ndarray, "_ _"]) -> Float32[np.ndarray, "_ _"]:
    """How dark each pixel is between the paper (0) and the ink (1) around it."""
    page, clean = np.asarray(page, np.float32), np.asarray(clean, np.float32)
    is_paper = ndimage.minimum_filter(clean, 3) > _PAPER
    is_ink = clean < max(_INK, float(np.percentile(clean, 1)) + 0.05)
    paper = _level(page, is_paper, 1.0)
    contrast = paper - _level(page, is_ink, 0.0)
    least = _LEAST * (_level(clean, is_paper, 1.0) - _level(clean, is_ink, 0.0))
    return np.asarray((paper - page) / np.maximum(np.maximum(contrast, least), 1e-3), np.float32)


def _level(
    page: Float32[np.ndarray, "_ _"], where: Bool[np.ndarray, "_ _"], default: float
) -> Float32[np.ndarray, "_ _"]:
    """The mean of the pixels of a kind around each pixel; far from them, their mean over the page."""
    mean = float(page[where].mean()) if where.any() else default
    weight = ndimage.gaussian_filter(where.astype(np.float32), _AROUND)
    total = ndimage.gaussian_filter(np.where(where, page, np.float32(0)), _AROUND)
    return np.asarray((total + np.float32(1e-3 * mean)) / (weight + np.float32(1e-3)), np.float32)


def _gaps(ink: Bool[np.ndarray, "_ _"]) -> Bool[np.ndarray, "_ _"]:
    from skimage.morphology import disk, skeletonize

    reach = max(2, round(1.5 * stroke_width(ink)))
    around = disk(reach)  # type: ignore[no-untyped-call]
    closed = ndimage.binary_closing(np.pad(ink, 2 * reach), around)[2 * reach : -2 * reach, 2 * reach : -2 * reach]
    return np.asarray(skeletonize(closed & ~ink))  # type: ignore[no-untyped-call]


def _parts(before: Float32[np.ndarray, "_ _"], after: Float32[np.ndarray, "_ _"]) -> tuple[int, int]:
    """The number of parts whose Euler number is kept, and of all whose Euler number is sure."""
    labels, _ = ndimage.label(before > 0.5, np.ones((3, 3)))
    boxes = np.array(
        [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in ndimage.find_objects(labels)]
    ).reshape(-1, 4)
    boxes = boxes[(boxes[:, 2:] - boxes[:, :2]).max(1) <= _LARGEST] if len(boxes) else boxes
    clean = [_euler_numbers(before > threshold, boxes) for threshold in _SURE]
    is_sure = (clean[0] == clean[1]) & (clean[1] == clean[2])
    kept = np.any([_euler_numbers(after > threshold, boxes) == clean[1] for threshold in _TRIED], axis=0)
    return int((kept & is_sure).sum()), int(is_sure.sum())


def _euler_numbers(ink: Bool[np.ndarray, "_ _"], boxes: Int[np.ndarray, "parts 4"]) -> Float64[np.ndarray, " parts"]:
    """8-connected components minus holes in the windows around boxes, from counts of 2 × 2 pixels (Gray 1971).

    Ink across the edge of a window counts in part, equally on all pages.
    """
    padded = np.pad(ink, _EDGE + 1)
    four = [padded[down : down + padded.shape[0] - 1, right : right + padded.shape[1] - 1].astype(np.int8)
            for down in (0, 1) for right in (0, 1)]  # fmt: skip
    count = four[0] + four[1] + four[2] + four[3]
    diagonal = (count == 2) & (four[0] == four[3])
    quarter = (count == 1).astype(np.int64) - (count == 3) - 2 * diagonal
    sums = np.pad(quarter.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    # In padded pixels a window begins where its box begins on the page, plus 1.
    top, left = boxes[:, 0] + 1, boxes[:, 1] + 1
    bottom, right = boxes[:, 2] + 2 * _EDGE, boxes[:, 3] + 2 * _EDGE
    return np.asarray((sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]) / 4)
