"""Find punch holes that are dark on one side and pale on the other, as a scanner's lamp shows them.

Circles, discs, numbers in a circle and bullets are alike on all sides; buttons are shaded diagonally. A hole is never
alone, and the next one is farther away than the next bullet would be.
"""

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from isthmus.pages.edges import MM_PER_INCH

_SHADOW, _PALE, _PRINT = 0.8, 0.88, 0.8  # shares of the grey of paper: darker are a shadow, a hole, and print
_THICK = 1.2  # mm: strokes of a pen are thinner, shadows thicker
_SIZES = 4.0, 9.0  # mm: diameters
_LONGER, _ROUND = 1.3, 0.14  # a diameter over the other; share by which the area may differ from that of an ellipse
_REACH = 20.0  # mm from the edge
_AROUND = 1.5  # mm around a hole where its rim is pale, and where there is nothing else
_FILLED = 0.5  # share of a hole that is shaded
_RIM = 0.7  # share of a radius at which the rim begins
_ONE_SIDED = 0.15  # share of the grey of paper by which one half of the rim is darker
_SLANT = 0.7  # tangent of the angle between the way a shadow falls and the sides of the page
_APART = 60.0  # mm between holes; ISO 838 has 80, North America 70 and 108
_ALIKE, _IN_LINE = 0.2, 2.0  # share by which diameters differ; mm by which distances from the edge do

_Spot = tuple[Bool[np.ndarray, "H W"], tuple[slice, slice], Float[np.ndarray, "2"], float, Float[np.ndarray, "2"]]


def shaded_holes(seen: UInt8[np.ndarray, "h w"], paper: float, dpi: float) -> Bool[np.ndarray, "h w"]:
    """A mask of punch holes with a shadow, each with its rim."""
    mm = dpi / MM_PER_INCH
    found = np.zeros(seen.shape, bool)
    thick = ndimage.grey_opening((seen < _SHADOW * paper).view(np.uint8), max(2, round(_THICK * mm)))
    seeds, _ = ndimage.label(thick, np.ones((3, 3)))
    spots: list[_Spot] = []
    for box in ndimage.find_objects(seeds):
        near = min(min(part.stop, length - part.start) for part, length in zip(box, seen.shape, strict=True))
        if near <= _REACH * mm and _SIZES[0] / 2 * mm <= max(part.stop - part.start for part in box) <= _SIZES[1] * mm:
            spot = _spot(seen, box, paper, mm)
            spots += [] if spot is None else [spot]
    for axis in (0, 1):
        for region, window, middle, size, shadow in spots:
            if min(middle[axis], seen.shape[axis] - middle[axis]) > _REACH * mm:
                continue
            shadows = [
                other_shadow
                for _, _, other, other_size, other_shadow in spots
                if abs(other[axis] - middle[axis]) <= _IN_LINE * mm
                and abs(other[1 - axis] - middle[1 - axis]) >= _APART * mm
                and abs(other_size - size) <= _ALIKE * size
                and shadow @ other_shadow > 0
            ]
            fall = np.sort(np.abs(np.sum([shadow, *shadows], 0)))
            if shadows and fall[0] <= _SLANT * fall[1]:
                found[window] |= region
    return found


def _spot(seen: UInt8[np.ndarray, "h w"], box: tuple[slice, slice], paper: float, mm: float) -> _Spot | None:
    """A hole around a shadow: its mask with a rim, where that is, its middle, its diameter and where the shadow is."""
    margin = round((_SIZES[1] + _AROUND) * mm)
    above, left = (slice(max(0, part.start - margin), part.stop + margin) for part in box)
    window = above, left
    part = seen[window]
    pale = ndimage.binary_fill_holes(ndimage.binary_closing(part < _PALE * paper, _disc(0.8 * mm)))
    regions, _ = ndimage.label(ndimage.binary_opening(pale, _disc(mm)))
    at = tuple(slice(inner.start - outer.start, inner.stop - outer.start)
               for inner, outer in zip(box, window, strict=True))  # fmt: skip
    if not regions[at].any():
        return None
    number = int(np.bincount(regions[at][regions[at] > 0]).argmax())
    rows, columns = ndimage.find_objects((regions == number).view(np.uint8))[0]
    sides = np.array([rows.stop - rows.start, columns.stop - columns.start])
    if sides.min() < _SIZES[0] * mm or sides.max() > min(_SIZES[1] * mm, _LONGER * sides.min()):
        return None
    if abs((regions == number).sum() / (np.pi / 4 * sides.prod()) - 1) > _ROUND:
        return None
    middle = np.array([rows.start + rows.stop - 1, columns.start + columns.stop - 1]) / 2
    way = np.indices(part.shape) - middle[:, None, None]
    far = np.hypot(*(way / (sides / 2)[:, None, None]))
    reach = np.hypot(*(way / (sides / 2 + _AROUND * mm)[:, None, None]))
    hole, whole = far <= 1, reach <= 1
    print_around = ndimage.binary_opening(part < _PRINT * paper, np.ones((2, 2))) & whole & (far > 1.15)
    if print_around.any() or (part[hole] < _PALE * paper).mean() < _FILLED:
        return None
    rim = hole & (far > _RIM)  # a number in a disc is not on it
    shadow = np.array([part[rim & (along < 0)].mean() - part[rim & (along > 0)].mean() for along in way]) / paper
    if np.abs(shadow).max() < _ONE_SIDED:
        return None
    return whole, window, middle + [inner.start for inner in window], float(sides.mean()), shadow


def _disc(radius: float) -> Bool[np.ndarray, "d d"]:
    steps = max(1, round(radius))
    rows, columns = np.ogrid[-steps : steps + 1, -steps : steps + 1]
    return np.asarray(rows**2 + columns**2 <= steps**2)
