"""Protect what cleaning must not change: print on white paper, pictures on it, and images that are not pages.

The network recognises dirt; this module decides whether there is any. On white paper there is nothing to remove, and
the network would only change edges of letters, greys of pictures, and small print.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

from isthmus.documents.bands import bands
from isthmus.pages.beyond import beyond_the_sheet
from isthmus.pages.kinds import is_page, looks_like_print, share_of_print
from isthmus.pages.maps import Map, enlarged, ramp, reduced
from isthmus.pages.masks import closed, grown, opened

_PAPER = 0.98  # clean grey from which on a pixel is paper
_EDGE = 2  # pixels around print that do not count as paper
_DIRT = (0.004, 0.02)  # darkness of paper at which none, and all, of a change is made
_SPREAD = (0.03, 0.1)  # share of the page that has dirt at which none, and all, of the rest counts as dirt too
_COARSE = 4  # pixels of the page per pixel of the map of dirt
_REACH = 10  # pixels of that map: side of the smallest square in which paper is measured; the next ones double it
_LEAST = 0.02  # share of a square that must be paper
_LIGHT = (0.945, 0.96)  # median grey of paper from which it begins to count, and counts, as white, if it is even
_SLACK = 0.016  # by which parts of such paper may be darker
_FAINT, _LONGEST = 0.03, 60  # least contrast of a stroke on such paper; pixels: longer ones are folds
_GRAIN = 3 / 255  # most noise between neighbours on such paper that shapes of one grey may have as well

_SHADED = 0.97  # grey up to which a pixel on white paper can be part of a picture
_BAND = 2**20  # pixels
_GAP = 2  # pixels between parts of a picture
_STROKE = 4  # pixels: half the width of strokes that may join a picture to its surroundings
_FLAT, _EVEN = 2.5 / 255, 0.8 / 255  # spread between neighbours, and deviation of all pixels, in an area of one grey
_LEAST_EVEN = 0.2  # share of a shape that is of one grey; the rest may be letters on it
_SIDE = 40  # pixels: shortest side of a picture
_MOST_OF_PAGE = 0.7  # largest share of the page that a picture covers
_FILLED = 0.88  # share of its box that a picture fills, more than an ellipse
_FRAMED = 0.4  # largest share of the page that a picture with print in it covers
_SHARP, _MOSTLY = 0.95, 0.75  # largest grey at its inner sides, and share of these that has it
_CROSSED = 0.005  # most print around it
_PRINT = 0.02  # least share of print on the rest of the page: otherwise the picture is a sheet on white
_DARK = 0.85  # largest grey at the inner sides of a picture at the edge of the page


def share_of_change(grey: Map, clean: Map) -> Map:
    """The share of the network's change to make at each pixel, from 0 (none) to 1 (all).

    ``grey`` is the noisy page at the scale of the network, in [0, 1], and ``clean`` the network's output.
    """
    if not is_page(grey, clean):
        return np.zeros_like(grey)
    share, beyond = _share_of_page(grey, clean), beyond_the_sheet(grey)
    if beyond is not None:
        share[beyond] = 0
    return share


def _share_of_page(grey: Map, clean: Map) -> Map:
    """The share of the network's change on a page."""
    paper = _paper(grey, clean)
    white, grain, slack = _white(grey, paper)
    if slack:
        paper[_faint_letters(grey)] = 0
    share = ramp(_dirt(grey, paper, white, slack), _DIRT)
    if share.min() == 1:
        return share
    even, pictures = _protected(grey / np.float32(white), grain)
    kept = even | pictures
    paper[kept] = 0
    share = ramp(_dirt(grey, paper, white, slack), _DIRT)
    share[kept] = 0
    spread = float(np.interp(share.mean(), _SPREAD, (0, 1)))
    if spread == 1:  # parts of noisy paper can look even
        return (~pictures).astype(share.dtype)
    np.maximum(share, spread, out=share)
    share[kept] = 0
    return share


def _paper(grey: Map, clean: Map) -> Map:
    """A mask, of 0 and 1, of the pixels that the network makes white and that are not at the edge of print."""
    size = 2 * _EDGE + 1
    return np.asarray(ndimage.minimum_filter(clean, size) > _PAPER, grey.dtype)


def _white(grey: Map, paper: Map) -> tuple[float, float, float]:
    """The grey that counts as white on this page, the noise of its paper, and how much darker paper may be.

    Paper that is as light as most scanners show a clean sheet is white as it is. Darker paper is not: all of it is to
    become white.
    """
    values = grey[paper > 0]
    if not values.size:
        return 1.0, 0.0, 0.0
    level = float(np.median(values))
    light = float(np.interp(level, _LIGHT, (0, 1)))
    white = 1 - (1 - level) * light
    across = paper[:, 1:] * paper[:, :-1] > 0
    steps = np.abs(np.diff(grey, axis=1)[across])
    noise = 1.05 * float(np.median(steps)) if steps.size and light == 1 else 0.0  # of a normal distribution
    return white, min(noise, _GRAIN), light * _SLACK


def _faint_letters(grey: Map) -> Bool[np.ndarray, "h w"]:
    """A mask of rules and short thin strokes: on white paper they are no dirt, even if the network makes them white."""
    size = 2 * _STROKE + 1
    strokes = ndimage.minimum_filter(ndimage.maximum_filter(grey, size), size) - grey > _FAINT
    regions, _ = ndimage.label(strokes, np.ones((3, 3)))
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        least, most = sorted(part.stop - part.start for part in box)
        if most > _LONGEST and least > size:  # a fold
            strokes[box][regions[box] == number] = False
    return grown(strokes, _EDGE)


def _dirt(grey: Map, paper: Map, white: float, slack: float) -> Map:
    """The darkness of the paper around each pixel, measured nearby if there is enough paper, else farther away."""
    block = min(_COARSE, *grey.shape)
    darkness = white - grey
    if slack:
        smooth = ndimage.uniform_filter(darkness, 3, mode="constant")
        darkness -= slack
        darkness[smooth < 1.75 * slack] = 0
    weight, darker = (reduced(values, block) for values in (paper, darkness * paper))
    # Without paper there is no white paper: everything counts as dirt.
    dirt = np.full_like(weight, darker.sum() / weight.sum() if weight.mean() > _LEAST else 1)
    reach = _REACH
    while reach < max(weight.shape):
        reach *= 2
    while reach >= _REACH:
        amount, sums = (ndimage.uniform_filter(values, reach, mode="nearest") for values in (weight, darker))
        trust = np.clip(amount / _LEAST - 1, 0, 1)
        dirt += trust * (sums / np.maximum(amount, _LEAST) - dirt)
        reach //= 2
    return np.asarray(enlarged(dirt[None], block, 0, grey.shape)[0])


def _protected(seen: Map, grain: float) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Masks of shapes of one grey, and of pictures in boxes, on white paper."""
    shaded = seen < _SHADED
    joined = closed(shaded, _GAP)
    regions, count = ndimage.label(opened(joined, _STROKE))
    n_even = np.bincount(regions[_even_patches(seen, shaded, grain)], minlength=count + 1)
    shades, pictures = np.zeros_like(shaded), np.zeros_like(shaded)
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        region = ndimage.binary_fill_holes(regions[box] == number)
        if n_even[number] >= _LEAST_EVEN * region.sum():
            shades[box] |= region
    regions, _ = ndimage.label(opened(joined, _SIDE // 4))
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        region = ndimage.binary_fill_holes(regions[box] == number)
        if region.mean() > _FILLED and _is_picture(seen, box):
            pictures[box] = True
    return grown(shades, _STROKE), grown(pictures, _STROKE)  # with blurred edges


def _even_patches(seen: Map, shaded: Bool[np.ndarray, "h w"], grain: float) -> Bool[np.ndarray, "h w"]:
    """A mask of patches of one grey, but for the grain of the page; dirt is never so even."""
    flat = ndimage.maximum_filter(seen, 3) - ndimage.minimum_filter(seen, 3) <= _FLAT + 6 * grain
    patches, count = ndimage.label(opened(shaded & flat, _EDGE))
    sizes, sums, squares = (np.zeros(count + 1) for _ in range(3))
    for values, of in _rows_of_patches(seen, patches):
        np.add.at(sizes, of, 1)
        np.add.at(sums, of, values)
    means = sums / np.maximum(sizes, 1)
    for values, of in _rows_of_patches(seen, patches):
        np.add.at(squares, of, (values - means[of]) ** 2)
    is_even = np.sqrt(squares / np.maximum(sizes, 1)) < _EVEN + 1.5 * grain
    is_even[0] = False
    return np.asarray(is_even[patches])


def _rows_of_patches(
    seen: Map, patches: Int[np.ndarray, "h w"]
) -> Iterator[tuple[Float[np.ndarray, " n"], Int[np.ndarray, " n"]]]:
    """The greys of all pixels in patches, and the number of the patch of each, a few rows at a time."""
    for rows in bands(seen.shape, _BAND):
        of = patches[rows]
        yield seen[rows][of > 0], of[of > 0]


def _is_picture(seen: Map, box: tuple[slice, slice]) -> bool:
    """Whether a box is large, does not cover nearly all of the page as a blank sheet does, and has no print.

    A box with print is a picture only if it is smaller, if all its sides are sharp, and if there is print elsewhere.

    At the edge of a page it can also be a shadow or the page beyond a fold; a picture has sharp inner sides.
    """
    part, (rows, columns) = seen[box], box
    if min(part.shape) < _SIDE or part.size > _MOST_OF_PAGE * seen.size:
        return False
    bottom, right = seen.shape[0] - rows.stop, seen.shape[1] - columns.stop
    sides = [(rows.start, part[_GAP]), (columns.start, part[:, _GAP]), (bottom, part[-1 - _GAP]),
             (right, part[:, -1 - _GAP])]  # fmt: skip
    inner = [line for distance, line in sides if distance > _GAP]
    if len(inner) < len(sides) and (not inner or np.median(np.concatenate(inner)) > _DARK):
        return False
    if not looks_like_print(part):
        return True
    is_sharp = len(inner) == len(sides) and min((line <= _SHARP).mean() for line in inner) >= _MOSTLY
    return is_sharp and part.size <= _FRAMED * seen.size and _stands_in_print(seen, box)


def _stands_in_print(seen: Map, box: tuple[slice, slice]) -> bool:
    """Whether there is print elsewhere on the page, but not right around a box, where it would go on under a stain."""
    rest = seen.copy()
    rest[box] = 1
    wide = tuple(slice(max(0, along.start - 2 * _STROKE), along.stop + 2 * _STROKE) for along in box)
    return bool((rest[wide] <= _SHADED).mean() <= _CROSSED and share_of_print(rest) >= _PRINT)
