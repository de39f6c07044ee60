"""Find dirt at the edges of a scan: black borders, lines along the edge of the sheet, and punch holes.

It works on a mask of what is dark. Print is thinner than borders, stands farther from the edge than lines of the
sheet's edge, and is not round and alone as holes are; what could be print or drawn stays.
"""

import numpy as np
from jaxtyping import Bool, Int32
from scipy import ndimage

MM_PER_INCH = 25.4
_THICK = 1.5  # mm: strokes are thinner, borders thicker or cut off by the edge of the page
_RAGGED = 0.4  # mm by which a border may be ragged
_LEAST_LENGTH, _THIN = 5.0, 2.0  # mm: a border that is no thicker than the second is at least as long as the first
_LEAST_SHARE = 0.2  # of the side of the page that a thicker border covers
_DEEPEST, _MOST_AREA = 0.2, 0.35  # shares of the page that a border reaches into, and that borders cover
_RULE = 1.0  # mm: thinner borders that lead into the page, or go around it, are rules of a table or a frame
_LETTER = 1.0  # mm: white parts of this size in a border are letters in reverse, or drawn
_STRIP = 5.0  # mm from the edge in which a line can be the edge of the sheet
_SPAN = 0.8  # share of the side of the page that such a line spans
_WANDERS = 0.5  # mm by which such a line is nearer to the edge at one place than at another; rules are parallel to it
_MARKS = 2  # marks of the size of letters beyond a line, from which on it is a rule
_STEADY = 1.0  # pixels by which the thickness of a rule at the very edge differs along it
_HOLE = 4.0, 11.0  # mm: diameters of punch holes; ISO 838 has 6, others 5 to 8, and the dpi may be wrong
_ROUND = 0.08  # share by which the area of a hole may differ from that of an ellipse
_HOLE_REACH = 25.0  # mm from the edge
_HOLE_CLEAR = 1.5  # mm around a hole without anything else
_HOLE_GAP = 15.0  # mm: least distance between holes

Mask = Bool[np.ndarray, "h w"]


def edge_dirt(dark: Mask, dpi: float) -> Mask:
    """A mask of borders, lines along the edge, and punch holes among the dark pixels of a page."""
    mm = dpi / MM_PER_INCH
    if min(dark.shape) < 4 * _STRIP * mm:
        return np.zeros_like(dark)
    found = _borders(dark, mm)
    found |= _lines(dark & ~found, mm)
    return np.asarray(found | _holes(dark & ~found, mm))


def _borders(dark: Mask, mm: float) -> Mask:
    """Thick dark parts at the edge of the page, and thin ones along it."""
    size = max(2, round(_THICK * mm))
    padded = np.pad(dark, size, constant_values=True).view(np.uint8)
    thick = ndimage.grey_opening(padded, size).view(bool)
    regions, _ = ndimage.label(thick)
    inner = slice(size, -size), slice(size, -size)
    core = (regions == regions[0, 0])[inner]  # what is connected with the outside
    grown = _grown(core, dark, _RAGGED * mm)
    regions, _ = ndimage.label(grown, np.ones((3, 3)))
    found = np.zeros_like(dark)
    whole, _ = ndimage.label(dark, np.ones((3, 3)))
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        if _is_border(regions[box] == number, box, whole, mm):
            found[box] |= regions[box] == number
    return found if found.mean() <= _MOST_AREA else np.zeros_like(dark)


def _is_border(region: Mask, box: tuple[slice, slice], whole: Int32[np.ndarray, "H W"], mm: float) -> bool:
    """Whether a dark region at the edge of the page is no rule, frame, picture or print in reverse."""
    lengths = whole.shape
    sides = [(axis, at_end) for axis in (0, 1) for at_end in (False, True)
             if (box[axis].stop == lengths[axis] if at_end else box[axis].start == 0)]  # fmt: skip
    if not sides:
        return False
    thin = [(axis, at_end) for axis, at_end in sides if region.shape[axis] <= _STRIP * mm]
    sides = thin or sides  # a bar also touches the sides that it ends at
    touching = [(axis, np.take(region, -1 if at_end else 0, axis).sum()) for axis, at_end in sides]
    depth = max(float(np.median(region.sum(axis))) for axis, _ in sides)
    least = _LEAST_LENGTH * mm if depth <= _THIN * mm else 0.0
    if not any(length >= (least or _LEAST_SHARE * lengths[1 - axis]) for axis, length in touching):
        return False
    if len(sides) == 1 and region.shape[sides[0][0]] > _DEEPEST * lengths[sides[0][0]]:
        return False
    if depth <= _RULE * mm:
        numbers = np.unique(whole[box][region])
        reach = ndimage.find_objects(np.isin(whole, numbers).view(np.uint8))[0]
        leads_in = any(
            (lengths[axis] - reach[axis].start if at_end else reach[axis].stop) > _STRIP * mm
            for axis, at_end in sides
            if not any(other != axis for other, _ in sides)
        )
        cut = len(sides) == 1 and region.shape[1 - sides[0][0]] < lengths[1 - sides[0][0]]
        if leads_in or len(sides) == 4 or (cut and _is_steady(region, sides[0][0])):
            return False
    return not _has_letters(region, mm)


def _is_steady(region: Mask, axis: int) -> bool:
    """Whether a thin part along the edge has the same thickness everywhere, as a rule that the edge cuts off."""
    thickness = region.sum(axis)
    return len(thickness) <= 2 or bool(np.ptp(np.percentile(thickness[1:-1], (5, 95))) <= _STEADY)


def _has_letters(region: Mask, mm: float) -> bool:
    """Whether white parts that a region encloses are as large as letters; the largest can be the page in a frame."""
    gaps, _ = ndimage.label(~region)
    rim = np.unique(np.concatenate([gaps[0], gaps[-1], gaps[:, 0], gaps[:, -1]]))
    for number, box in enumerate(ndimage.find_objects(gaps), 1):
        height, width = (part.stop - part.start for part in box)
        is_page = height > region.shape[0] / 2 and width > region.shape[1] / 2
        if number not in rim and not is_page and max(height, width) >= _LETTER * mm:
            return True
    return False


def _lines(dark: Mask, mm: float) -> Mask:
    """Lines along the edge of the sheet: nearly as long as the page, near its edge, and not quite parallel to it.

    There is no print beyond them. If there are lines on opposite sides, they are a frame, or the rules of a table.
    """
    strip = round(_STRIP * mm)
    found = np.zeros_like(dark)
    for turned in (False, True):
        page = dark.T if turned else dark
        lines = [_line(part, strip, mm) for part in (page[:strip], page[::-1][:strip])]
        if (lines[0] is None) == (lines[1] is None):
            continue
        into = found.T if turned else found
        if lines[0] is not None:
            into[:strip] |= lines[0]
        elif lines[1] is not None:
            into[::-1][:strip] |= lines[1]
    return found


def _line(part: Mask, strip: int, mm: float) -> Mask | None:
    """A line in a strip along the edge; a line of the next side may cross it in the corner."""
    regions, _ = ndimage.label(part[:, strip:-strip], np.ones((3, 3)))
    line = np.zeros_like(part)
    for number, (rows, columns) in enumerate(ndimage.find_objects(regions), 1):
        if columns.stop - columns.start < _SPAN * regions.shape[1] or rows.stop == strip or rows.start == 0:
            continue
        region = regions[rows, columns] == number
        beyond = regions[: rows.stop, columns].copy()
        beyond[rows][region] = 0
        if _wanders(region, mm) and not _is_marked(beyond, mm):
            line[rows, strip + columns.start : strip + columns.stop] |= region
    return _grown(line, part, 1.2 * strip) if line.any() else None


def _wanders(line: Mask, mm: float) -> bool:
    """Whether a line along the edge comes nearer to it, or goes away from it, by more than noise does."""
    middles = (line * np.arange(1, len(line) + 1)[:, None]).sum(0) / np.maximum(line.sum(0), 1)
    return bool(np.ptp(np.percentile(middles[middles > 0], (5, 95))) >= _WANDERS * mm)


def _is_marked(beyond: Int32[np.ndarray, "h w"], mm: float) -> bool:
    """Whether there are marks of the size of letters among those beyond a line."""
    boxes = [box for box in ndimage.find_objects(beyond) if box is not None]
    sizes = [max(part.stop - part.start for part in box) for box in boxes]
    return bool(sum(_LETTER * mm <= size <= _STRIP * mm for size in sizes) >= _MARKS)


def _holes(dark: Mask, mm: float) -> Mask:
    """Two or more round spots of one size, alone, at the same distance from one edge."""
    regions, _ = ndimage.label(dark, np.ones((3, 3)))
    clear, spots = max(1, round(_HOLE_CLEAR * mm)), []
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        height, width = (part.stop - part.start for part in box)
        least, most = min(height, width), max(height, width)
        if not (_HOLE[0] * mm <= least and most <= min(_HOLE[1] * mm, 1.15 * least)):
            continue
        region = regions[box] == number
        if abs(region.sum() / (np.pi / 4 * height * width) - 1) > _ROUND:
            continue
        wide = tuple(slice(max(0, part.start - clear), part.stop + clear) for part in box)
        others = ndimage.binary_opening(dark[wide] & (regions[wide] != number), np.ones((2, 2)))
        if not others.any():
            middle = [(part.start + part.stop) / 2 for part in box]
            spots.append((number, (height + width) / 2, middle))
    found: set[int] = set()
    for number, size, middle in spots:
        for axis in (0, 1):
            length = dark.shape[axis]
            near = min(middle[axis], length - middle[axis])
            if near > _HOLE_REACH * mm:
                continue
            for other, other_size, other_middle in spots:
                alike = abs(other_size - size) <= 0.15 * size and abs(other_middle[axis] - middle[axis]) <= 2 * mm
                if other != number and alike and abs(other_middle[1 - axis] - middle[1 - axis]) >= _HOLE_GAP * mm:
                    found |= {number, other}
    return np.isin(regions, sorted(found)) if found else np.zeros_like(dark)


def _grown(seed: Mask, within: Mask, radius: float) -> Mask:
    """The pixels of a mask that can be reached from a seed in so many steps."""
    steps = max(1, round(radius))
    if not seed.any():
        return seed.copy()
    return np.asarray(ndimage.binary_dilation(seed, np.ones((3, 3)), iterations=steps, mask=within) | seed)
