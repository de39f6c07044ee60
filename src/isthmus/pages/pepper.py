"""Find pepper on black and white pages: specks that are no dots, accents, leaders or pieces of strokes.

Far from print any isolated speck is pepper. Near print a speck is pepper only if it is smaller than the dots that the
page has there, and thinner than the strokes around it; and only if the empty parts of the page are peppered, too, so a
clean page keeps every dot.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy import ndimage
from scipy.spatial import KDTree

from isthmus.pages.edges import MM_PER_INCH, Mask

_SPECK = 0.7  # mm: pepper is no larger in any direction
_CLEAR = 1.8, 10.0  # mm up and down, and sideways, from a speck without any mark that is no speck: nearer is near print
_ROW = 16.0, 0.25  # mm along and across: specks so near each other can be a dot leader, dotted line or ellipsis
_TOGETHER = 2.5  # mm: specks so near each other can be a broken stroke
_FIGURE = 12.0  # mm: marks of this size are figures or tables, and specks inside their box can be part of them

_LETTERS, _THIN = 12, 25  # marks that are nearest to a speck, and the percentile of their strokes that counts
_APART = 1.0  # of the page's strokes: least distance between a mark and the middle of a speck near print
_PAIR = 3.0  # of the page's strokes: specks near print that are so near each other can be a pair of dots
_SMALLEST_DOT = 0.75  # of strokes: dots of print have at least 0.85; points of Hebrew 0.58, but then they are many
_BELOW_DOTS, _MOST = 0.8, 1.2  # sides of pepper near print: of the page's dots, and of the strokes around, at most
_DEVIATIONS, _FEW = 3.0, 3  # specks of a size are dots if near print are more than by chance: by so many, and a few
_THINNEST = 3.0  # pixels: thinner strokes and their dots differ by too few pixels from pepper
_ENOUGH = 10  # small specks far from print: fewer are no reason to look near print

Points = Float64[np.ndarray, "_ 2"]
Sides = Float64[np.ndarray, " _"]


def pepper(dark: Mask, edges: Mask, dpi: float) -> Mask:
    """A mask of the pepper on a black and white page whose ``edges`` are dirt, too."""
    mm = dpi / MM_PER_INCH
    regions, count = ndimage.label(dark & ~edges, np.ones((3, 3)))
    if count == 0:
        return np.zeros_like(dark)
    found = [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in ndimage.find_objects(regions)]
    boxes = np.array(found, float)
    sides = np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2])
    middle = np.column_stack([boxes[:, :2].mean(1), boxes[:, 2:].mean(1)])
    is_speck = sides <= max(1.0, _SPECK * mm)
    specks = np.flatnonzero(is_speck)
    marks = np.isin(regions, np.flatnonzero(~is_speck) + 1).view(np.uint8)
    near = ndimage.maximum_filter(marks, [2 * round(reach * mm) + 1 for reach in _CLEAR], mode="constant").view(bool)
    for top, bottom, left, right in boxes[sides >= _FIGURE * mm]:
        y, x = middle[specks].T
        specks = specks[~((y > top) & (y < bottom) & (x > left) & (x < right))]
    is_near = near[tuple(middle[specks].astype(int).T)]
    far, close = specks[~is_near], specks[is_near]
    if len(close):
        strokes = _strokes(regions, count)[~is_speck]
        stroke = float(np.median(strokes))
        touched = ndimage.maximum_filter(marks, 2 * max(1, round(_APART * stroke)) + 1, mode="constant").view(bool)
        close = close[~touched[tuple(middle[close].astype(int).T)]]
        share = (near & ~touched).sum() / max(1, (~near & ~edges).sum())
        ratio = _largest_pepper(sides[close], sides[far], float(share), stroke) / stroke
        close = close[sides[close] <= ratio * _strokes_around(middle[close], middle[~is_speck], strokes)]
        close = close[~_has_another(middle[close], middle[is_speck], _PAIR * stroke)]
    far = far[~_has_another(middle[far], middle[is_speck], _TOGETHER * mm)]
    alone = np.concatenate([far, close])
    alone = alone[~_is_in_row(middle[alone], middle[is_speck], mm)]
    return np.isin(regions, alone + 1)


def _largest_pepper(close: Sides, far: Sides, share: float, stroke: float) -> float:
    """The largest side of specks near print that can be pepper: less than that of the smallest dots.

    ``share`` is the area near print over the area far from it.
    """
    largest = _SMALLEST_DOT * stroke
    for side in np.unique(close):
        expected = (far == side).sum() * share
        if (close == side).sum() > expected + _DEVIATIONS * expected**0.5 + _FEW:
            largest = min(_BELOW_DOTS * side, _MOST * stroke)
            break
    return largest if stroke >= _THINNEST and (far <= largest).sum() >= _ENOUGH else 0.0


def _strokes(regions: Int[np.ndarray, "h w"], count: int) -> Sides:
    """The thickness of each mark: that of the largest square in it, give or take half a pixel."""
    depth = ndimage.distance_transform_cdt(regions > 0, "chessboard")
    return np.asarray(2.0 * ndimage.maximum(depth, regions, np.arange(1, count + 1)) - 0.5)


def _strokes_around(specks: Points, marks: Points, strokes: Sides) -> Sides:
    """The strokes of the thinner of the marks that are nearest to each speck."""
    if len(specks) == 0:
        return np.zeros(0)
    _, nearest = KDTree(marks).query(specks, [*range(1, min(_LETTERS, len(marks)) + 1)])
    return np.asarray(np.percentile(strokes[nearest], _THIN, axis=1))


def _has_another(specks: Points, others: Points, reach: float) -> Bool[np.ndarray, " specks"]:
    """Whether there is another speck within reach of each."""
    if len(specks) == 0:
        return np.zeros(0, bool)
    return np.asarray(KDTree(others).query_ball_point(specks, reach, return_length=True) >= 2)


def _is_in_row(specks: Points, others: Points, mm: float) -> Bool[np.ndarray, " specks"]:
    """Whether each speck has at least two others in one row, or column."""
    found = np.zeros(len(specks), bool)
    if len(specks) == 0:
        return found
    for axis in (0, 1):
        size = np.full(2, _ROW[0] * mm)
        size[axis] = max(1.0, _ROW[1] * mm)
        tree = KDTree(others / size)
        found |= tree.query_ball_point(specks / size, 1.0, p=np.inf, return_length=True) >= 3
    return found
