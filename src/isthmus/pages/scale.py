"""Find the resolution of a scanned page: what the user says, what the file states, its letters, or its size."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, UInt8
from PIL import Image
from scipy import ndimage
from scipy.spatial import KDTree

NETWORK_DPI = 150  # that networks are designed for; they are trained on 100 to 300
NETWORK_LETTERS = 12  # height in pixels of a small letter, such as x, in type of common size at NETWORK_DPI
LEAST_DPI = 100  # below, letters are so few pixels high that cleaning can damage them
DPI_LIMITS = (10, 10_000)  # of the dpi that a user may give
_TOO_COARSE = 0.6  # share of the network's scale below which a page is enlarged
_CREDIBLE_DPI = (50, 2400)
_PLACEHOLDERS = (72, 96)  # dots per inch of screens, which programs write where they know none
_SHEET = 11.7  # inches: the longer side of A4
_LONGEST_SHEET = 1.7  # sides of a sheet: legal has 1.65
_USUAL_DPI = 300  # of scans: the most that is assumed of a piece of a page
_CREDIBLE_LETTERS = (0.4, 4)  # of NETWORK_LETTERS, at NETWORK_DPI
_MOST_SIDE = 2400  # pixels: if the longer side has more, letters are measured on a reduced page
_FEWEST_LETTERS = 20
_ALIKE = 0.35  # spread of the logarithm of heights, from small letters to capitals
_IN_LINES = 0.55  # share of letters that stand in line with their neighbour; in textures at most 0.4 do
_NEIGHBOURS = 12
_STEP = 10  # dots per inch: estimates are rounded to it in messages
_EVIDENCE = {
    "letters": "the height of its letters",
    "size": f"its size in pixels, as of a sheet of {_SHEET} inches",
    "marks": "the height of its marks, since it has not the size of a sheet",
}

Boxes = Float64[np.ndarray, "boxes 4"]


@dataclass(frozen=True)
class Scale:
    """The resolution of a page, and where it comes from.

    ``stated`` is what the file says, if it says anything. ``source`` is "given" by the user, "stated" by the file, or
    estimated from "letters", from the "size" of the page, or, on pieces of pages, from "marks" that may be letters.
    """

    dpi: float
    source: Literal["given", "stated", "letters", "size", "marks", "unknown"]
    stated: float | None = None

    @property
    def reduction(self) -> float:
        """The factor by which to reduce the page for a network: a whole number, or 0.5 to enlarge the page."""
        scale = self.dpi / NETWORK_DPI
        is_sure = self.source in ("given", "stated", "letters")  # a small image may be a piece of a page
        return 0.5 if scale < _TOO_COARSE and is_sure else max(1.0, float(round(scale)))

    @property
    def assumed(self) -> str | None:
        """A sentence about what was assumed; None if the resolution is known."""
        if self.source in ("given", "stated"):
            return None
        said = "no dpi" if self.stated is None else f"{self.stated:.0f} dpi is stated, but not credible"
        if self.source == "unknown":
            return f"{said}; taken as it is, since it is too small for a sheet and has too few letters"
        return f"{said}; {round(self.dpi / _STEP) * _STEP} dpi assumed from {_EVIDENCE[self.source]}"

    @property
    def warning(self) -> str | None:
        """A sentence, if the page is so coarse that its letters may suffer."""
        if self.source == "unknown" or self.dpi >= LEAST_DPI:
            return None
        return f"at {self.dpi:.0f} dpi cleaning can damage letters: scan at {NETWORK_DPI} dpi or more"


def page_scale(grey: UInt8[np.ndarray, "h w"], given: float | None = None, stated: float | None = None) -> Scale:
    """The resolution of a page.

    What is ``given`` is always used. What the file has ``stated`` is used unless it is a placeholder (72 or 96), not
    credible, or contradicted by the height of the letters. Otherwise the letters decide, and without them the size in
    pixels. What is smaller than a sheet at ``LEAST_DPI``, or much longer than wide, is likely a piece of a page: there
    the height of marks counts that may be letters or handwriting, up to the usual dpi of scans.
    """
    if given is not None:
        return Scale(given, "given", stated)
    known = known_dpi(stated)
    height, are_letters = _height_of_marks(grey)
    by_marks = None if height is None else height / NETWORK_LETTERS * NETWORK_DPI
    by_letters = by_marks if are_letters else None
    fits = known is None or by_letters is None or _CREDIBLE_LETTERS[0] <= by_letters / known <= _CREDIBLE_LETTERS[1]
    if known is not None and fits:
        return Scale(known, "stated", stated)
    if by_letters is not None:
        return Scale(by_letters, "letters", stated)
    by_size = max(grey.shape) / _SHEET
    is_piece = by_size < LEAST_DPI or max(grey.shape) > _LONGEST_SHEET * min(grey.shape)
    if is_piece and by_marks is not None and by_size < min(by_marks, _USUAL_DPI):
        return Scale(min(by_marks, _USUAL_DPI), "marks", stated)
    if by_size < _CREDIBLE_DPI[0]:
        return Scale(NETWORK_DPI, "unknown", stated)
    return Scale(by_size, "size", stated)


def known_dpi(stated: float | None) -> float | None:
    """What a file states, unless it is a placeholder or not credible."""
    if stated is None or not _CREDIBLE_DPI[0] <= stated <= _CREDIBLE_DPI[1]:
        return None
    return None if any(abs(stated - each) < 0.5 for each in _PLACEHOLDERS) else stated


def reduction(grey: UInt8[np.ndarray, "h w"], dpi: float | None = None) -> float:
    """The factor by which to reduce a page to the scale of the networks."""
    return page_scale(grey, dpi).reduction


def _height_of_marks(grey: UInt8[np.ndarray, "h w"]) -> tuple[float | None, bool]:
    """The most common height of connected dark regions with the shape of letters, and whether they are letters.

    The height is in pixels, None if there are few regions. Taller ones have more weight, so that specks and dot leaders
    do not outnumber letters. Dark means much darker than the surroundings, so that stains and shadows do not count.
    Letters stand in lines, across or, on turned pages, down; textures do not.
    """
    factor, boxes = _shapes(grey)
    found = None
    for turned in (False, True):
        shapes = _like_letters(boxes[:, [2, 3, 0, 1]] if turned else boxes)
        if len(shapes) < _FEWEST_LETTERS:
            continue
        heights = shapes[:, 1] - shapes[:, 0]
        height = _most_common(heights)
        letters = shapes[np.abs(np.log(heights / height)) < _ALIKE]
        if len(letters) >= _FEWEST_LETTERS and _stand_in_lines(letters):
            return factor * height, True
        found = factor * height if found is None else found
    return found, False


def _shapes(grey: UInt8[np.ndarray, "h w"]) -> tuple[int, Boxes]:
    """The boxes (top, bottom, left, right) of dark regions of a reduced page, and the factor of the reduction."""
    factor = max(1, -(-max(grey.shape) // _MOST_SIDE))
    seen = np.asarray(Image.fromarray(grey).reduce(factor) if factor > 1 else grey, np.float32)
    dark = seen < 0.85 * ndimage.uniform_filter(seen, 41, mode="nearest")
    regions, _ = ndimage.label(dark, np.ones((3, 3)))
    found = [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in ndimage.find_objects(regions)]
    boxes = np.array(found, float).reshape(-1, 4)
    filled = np.bincount(regions.ravel())[1:] / ((boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2]))
    return factor, boxes[filled >= 0.15]


def _like_letters(boxes: Boxes) -> Float64[np.ndarray, "letters 4"]:
    height, width = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    return np.asarray(boxes[(height >= 4) & (height <= 150) & (width <= 4 * height) & (5 * width >= height)])


def _most_common(heights: Float64[np.ndarray, " boxes"]) -> float:
    """The mode of heights, each with its own weight."""
    distinct, counts = np.unique(heights, return_counts=True)
    tried = np.geomspace(3, 160, 200)
    distances = np.log(tried[:, None] / distinct[None, :])
    density = np.exp(-0.5 * (distances / 0.1) ** 2) @ (counts * distinct)
    return float(tried[np.argmax(density)])


def _stand_in_lines(letters: Boxes) -> bool:
    """Whether most letters share their upper or lower edge with the nearest one beside them, and there are enough."""
    top, bottom, left, right = letters.T
    height, middle = bottom - top, (top + bottom) / 2
    centres = np.column_stack([middle, (left + right) / 2])
    _, others = KDTree(centres).query(centres, min(_NEIGHBOURS, len(letters) - 1) + 1)
    others = others[:, 1:]  # the first is the letter itself
    mine = [values[:, None] for values in (top, bottom, left, right, height, middle)]
    gap = np.maximum(left[others], mine[2]) - np.minimum(right[others], mine[3])
    beside = (np.abs(gap) <= 1.2 * mine[4]) & (gap >= -0.5 * mine[4]) & (np.abs(middle[others] - mine[5]) <= mine[4])
    near = others[np.arange(len(letters)), np.where(beside, np.abs(gap), np.inf).argmin(1)]
    off = np.minimum(np.abs(top[near] - top), np.abs(bottom[near] - bottom))
    has, aligned = beside.any(1), off <= np.maximum(0.12 * height, 0.6)
    n_aligned = int((has & aligned).sum())
    return bool(n_aligned >= _FEWEST_LETTERS and n_aligned >= _IN_LINES * has.sum())
