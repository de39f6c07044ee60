"""Clean black and white pages without a network: borders, punch holes and isolated pepper go, all else stays."""

import numpy as np
from jaxtyping import Bool, Float64, Shaped
from scipy import ndimage
from scipy.spatial import KDTree

from isthmus.documents.bands import bands
from isthmus.pages.edges import MM_PER_INCH, Mask, edge_dirt

_SPECK = 0.7  # mm: pepper is no larger in any direction
_CLEAR = 1.8, 10.0  # mm up and down, and sideways, from a speck without any mark that is no speck: nearer it can be a
# dot, an accent, part of a letter, or the bullet of a line
_ROW = 16.0, 0.25  # mm along and across: specks so near each other can be a dot leader, dotted line or ellipsis
_TOGETHER = 2.5  # mm: specks so near each other can be a broken stroke
_FIGURE = 12.0  # mm: marks of this size are figures or tables, and specks inside their box can be part of them


def is_bilevel(pixels: Shaped[np.ndarray, "h w *three"], white: float) -> bool:
    """Whether all pixels are black or white."""
    if pixels.dtype == bool:
        return True
    for rows in bands((len(pixels), pixels[0].size)):
        part = pixels[rows]
        if not ((part == 0) | (part == white)).all() or (part.ndim == 3 and (part != part[..., :1]).any()):
            return False
    return True


def bilevel_dirt(dark: Bool[np.ndarray, "h w"], dpi: float) -> Mask:
    """A mask of the dirt on a black and white page: edges, punch holes and pepper."""
    found = edge_dirt(dark, dpi)
    return np.asarray(found | _pepper(dark & ~found, dpi / MM_PER_INCH))


def _pepper(dark: Mask, mm: float) -> Mask:
    """Specks that are far from letters, from figures, and from other specks in a row."""
    regions, count = ndimage.label(dark, np.ones((3, 3)))
    if count == 0:
        return np.zeros_like(dark)
    found = [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in ndimage.find_objects(regions)]
    boxes = np.array(found, float)
    sides = np.column_stack([boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]])
    is_speck = sides.max(1) <= max(1.0, _SPECK * mm)
    specks = np.flatnonzero(is_speck)
    middle = np.column_stack([boxes[:, :2].mean(1), boxes[:, 2:].mean(1)])
    marks = np.isin(regions, np.flatnonzero(~is_speck) + 1).view(np.uint8)
    near = ndimage.maximum_filter(marks, [2 * round(reach * mm) + 1 for reach in _CLEAR], mode="constant")
    specks = specks[near[tuple(middle[specks].astype(int).T)] == 0]
    for top, bottom, left, right in boxes[sides.max(1) >= _FIGURE * mm]:
        y, x = middle[specks].T
        specks = specks[~((y > top) & (y < bottom) & (x > left) & (x < right))]
    specks = specks[~_belongs(middle[specks], middle[is_speck], mm)]
    return np.isin(regions, specks + 1)


def _belongs(
    specks: Float64[np.ndarray, "specks 2"], others: Float64[np.ndarray, "others 2"], mm: float
) -> Bool[np.ndarray, " specks"]:
    """Whether each speck has another nearby, or at least two others in one row, or column."""
    if len(specks) == 0:
        return np.zeros(0, bool)
    inside = np.asarray(KDTree(others).query_ball_point(specks, _TOGETHER * mm, return_length=True) >= 2)
    for axis in (0, 1):
        size = np.full(2, _ROW[0] * mm)
        size[axis] = max(1.0, _ROW[1] * mm)
        tree = KDTree(others / size)
        inside |= tree.query_ball_point(specks / size, 1.0, p=np.inf, return_length=True) >= 3
    return inside
