"""Find pictures, maps, charts and tinted tables on paper of any shade; all of them stay as they are.

Dirt is grey or brown, never strongly coloured over an area wider than any stroke, and never a rectangle with sharp
sides. Paler parts and white ones belong to such an area as well, so the box around them stays.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

from isthmus.documents.bands import bands
from isthmus.pages.colour import grey_of, marks
from isthmus.pages.kinds import looks_like_print
from isthmus.pages.maps import lower_median, reduced, repeated
from isthmus.pages.masks import closed, grown, opened

_REDUCTION = 2  # of the page on which they are looked for; pixels below are its pixels
_AREA = 10  # pixels: half of the side of the smallest square of colour, 7 mm at the scale of the networks
_STRONG, _PALE = 0.5, 0.1  # how surely a colour is a mark: in such a square, and in what belongs to it
_TINT = (0.07, 0.13)  # spread of the channels at which a colour may be, and is, a tint
_PRINT = 2  # pixels: half of the side of the largest gaps that print leaves
_STROKE = 2  # pixels: half of the side of the smallest square of pale colour
_GAP = 5  # pixels: half of the widest gap within a plate
_FILLED, _FULL = 0.4, 0.93  # least share of its box that is coloured; that is tinted or dark, with what is inside
_WITH_PRINT = 0.98  # the same of a box with print, which on a shaded part of a sheet is no plate
_MOSTLY = 0.5  # the same without what is inside
_LONG, _PICTURE = 60, 120  # pixels: least length of a tint, and of a dark rectangle
_SHADED = 0.9  # most light of what is dark, as a share of that of paper
_EDGE, _AROUND = 2, 0.05  # pixels: how blurred its sides may be; and most share of tint beyond them
_DARKEST = 0.3  # paper
_SQUARE, _LIGHT = 32, 0.8  # pixels: squares in which light is measured, by this quantile of every second pixel
_FITS, _OFF = 4, 0.04  # fits of paper, and how much darker a square may be that counts
_THIN = 2
_BAND = 2**20  # pixels


def plates(page: Float[np.ndarray, "maps h w"]) -> Bool[np.ndarray, "h w"]:
    """A mask of the boxes around areas of a page, in grey (one map) or RGB, in [0, 1], at the scale of the networks.

    Areas of any shape count if their colour is strong; rectangles with sharp sides also if they are tinted or dark.
    """
    small = reduced(page, _REDUCTION)
    mask = np.zeros(small.shape[1:], bool)
    for degree in (0, 2):  # under even light, so that the sky of a photograph is no paper, and under uneven light
        mask |= _plates(page, small, _Paper(small, degree))
    return repeated(mask, _REDUCTION, page.shape[1:])


def _plates(
    page: Float[np.ndarray, "maps H W"], small: Float[np.ndarray, "maps h w"], paper: "_Paper"
) -> Bool[np.ndarray, "h w"]:
    mask, dark, strong, coloured, tinted = (np.zeros(small.shape[1:], bool) for _ in range(5))
    for rows in bands(mask.shape, _BAND):
        ink = np.minimum(small[:, rows] / paper.rows(rows), 1)
        dark[rows] = grey_of(ink) < _SHADED
        if len(page) == 3:
            sure = marks(ink)
            strong[rows], coloured[rows] = sure > _STRONG, sure > _PALE
            tinted[rows] = marks(ink, _TINT) > _STRONG
    strong = opened(strong, _AREA)
    for box, share in _boxes(opened(coloured, _STROKE) | strong, strong, _GAP):
        if share >= _FILLED:
            mask[box] = True
    for found, least in ((closed(tinted, _PRINT), _LONG), (closed(dark, _PRINT), _PICTURE)):
        areas = np.asarray(ndimage.binary_fill_holes(opened(found, _AREA)))
        for box, share in _boxes(areas, areas, 0):
            if share < _FULL or max(found[box].shape) < least or not _is_sharp(found, box):
                continue
            if share >= _WITH_PRINT or not looks_like_print(grey_of(_part(page, box))):
                mask[box] = True
    return mask


def _part(page: Float[np.ndarray, "maps h w"], box: tuple[slice, ...]) -> Float[np.ndarray, "maps H W"]:
    """The part of the page in a box of the small page."""
    rows, columns = (slice(along.start * _REDUCTION, along.stop * _REDUCTION) for along in box)
    return page[:, rows, columns]


def _is_sharp(found: Bool[np.ndarray, "h w"], box: tuple[slice, ...]) -> bool:
    """Whether a box is not at the edge of the page, is mostly full, and there is hardly any of it right around."""
    if any(along.start < _EDGE or along.stop > side - _EDGE for along, side in zip(box, found.shape, strict=True)):
        return False
    wide = tuple(slice(max(0, along.start - 2 * _EDGE), along.stop + 2 * _EDGE) for along in box)
    near = tuple(slice(along.start - _EDGE, along.stop + _EDGE) for along in box)
    outside = max(1, found[wide].size - found[near].size)
    return bool(found[box].mean() >= _MOSTLY and found[wide].sum() - found[near].sum() <= _AROUND * outside)


def _boxes(
    coloured: Bool[np.ndarray, "h w"], strong: Bool[np.ndarray, "h w"], gap: int
) -> Iterator[tuple[tuple[slice, ...], float]]:
    """The boxes of regions with strong colour, across gaps, and the share of each that is coloured."""
    if not strong.any():
        return
    regions, _ = ndimage.label(grown(coloured, gap))
    for number, place in enumerate(ndimage.find_objects(regions), 1):
        own = regions[place] == number
        if not (strong[place] & own).any():
            continue
        inside = np.argwhere(coloured[place] & own)
        first, stop = inside.min(0), inside.max(0) + 1
        box = tuple(slice(along.start + a, along.start + b) for along, a, b in zip(place, first, stop, strict=True))
        yield box, float(coloured[box].mean())


class _Paper:
    """The colour of the paper: the median of the lighter half of the page, or a surface of second order.

    The surface goes through the light of squares; those that are darker than it, such as those of pictures, are left
    out, and it is fitted again.
    """

    def __init__(self, page: Float[np.ndarray, "maps h w"], degree: int) -> None:
        self._shape = page.shape[1:]
        if not degree:
            grey = grey_of(thin := page[:, ::_THIN, ::_THIN])
            lighter = grey >= lower_median(grey)
            self._colours = np.array([[lower_median(channel[lighter]) for channel in thin]])
            return
        side = max(1, min(_SQUARE, *self._shape))
        height, width = (length // side * side for length in self._shape)
        squares = page[:, :height, :width].reshape(len(page), height // side, side, width // side, side)
        light = np.quantile(squares[:, :, ::_THIN, :, ::_THIN], _LIGHT, axis=(2, 4)).reshape(len(page), -1)
        places = _second_order(np.arange(side / 2, height, side), np.arange(side / 2, width, side), self._shape)
        grey = grey_of(light[:, None])[0]
        kept = grey >= np.median(grey)
        for _ in range(_FITS):
            self._colours = np.linalg.lstsq(places[kept], light[:, kept].T)[0]
            kept = grey >= grey_of((places @ self._colours).T[:, None])[0] - _OFF

    def rows(self, rows: slice) -> Float[np.ndarray, "maps h w"]:
        """The colour of the paper at each pixel of some rows, or one for all."""
        if len(self._colours) == 1:
            return np.asarray(np.maximum(self._colours.T[..., None], _DARKEST), np.float32)
        places = _second_order(np.arange(rows.start, rows.stop), np.arange(self._shape[1]), self._shape)
        surface: np.ndarray = np.clip((places @ self._colours).T, _DARKEST, 1).astype(np.float32)
        return surface.reshape(len(surface), -1, self._shape[1])


def _second_order(
    rows: Float[np.ndarray, " h"] | Int[np.ndarray, " h"], columns: Float[np.ndarray, " w"] | Int[np.ndarray, " w"],
    shape: Sequence[int],
) -> Float[np.ndarray, "places 6"]:  # fmt: skip
    """1, the row, the column and their products at all places, with -1 to 1 across the page."""
    down, across = np.meshgrid(
        *(2 * along / side - 1 for along, side in zip((rows, columns), shape, strict=True)), indexing="ij"
    )
    terms = [np.ones_like(down), down, across, down * across, down**2, across**2]
    return np.stack([term.ravel() for term in terms], 1)
