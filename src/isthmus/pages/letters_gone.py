"""Find the marks like letters of a page, and how much of their contrast a change has left, whatever their grey."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree

from isthmus.documents.bands import bands
from isthmus.documents.picture import Colour, Grey

_AROUND = 41  # pixels around a pixel whose mean it is compared with
_FAINT, _SEEN = 0.07, 0.14  # contrast to that mean: of every pixel of a mark, and of a share of them
_SHARE = 0.3
_SEEN_FAINT, _MORE = 0.10, 2.0  # on pages where so little contrast finds so many times as many letters
_PALE, _GONE = 0.5, 0.25  # shares of its contrast below which a mark is pale, and gone
_LOWEST, _LEAST = 5, 6  # pixels: the height of a letter, and its ink
_HIGHEST, _HIGHEST_WIDE = 0.05, 0.15  # of the page's height: a letter of print, and one with wide strokes
_HEIGHTS = (0.5, 2.0)  # of marks like letters, in heights of a usual letter
_WIDEST = 4.0  # heights of a usual letter
_NEAR, _LEVEL = 3.0, 0.8  # of the next letter, in heights: how far away, and how much higher or lower
_RUN = 2  # letters that are near a letter
_WORD = 5  # letters of a watermark, at least; a few stains can lie in a row
_ALIKE, _ASIDE, _APART = 0.4, 0.3, 1.6  # of its letters: logarithm of the ratio of heights, and heights aside and apart
_LARGE = 12_000_000  # pixels: on larger pages every second row and column is used
_MOST = 32_000_000  # pixels of which marks are looked for; of larger pages still fewer rows and columns are used
_SIDE = 1750  # pixels of the longer side of a page on which wide marks are looked for, about
_PRINT, _COARSER = 9, 4  # pixels there: strokes of print are narrower, those of a watermark wider; and per coarse pixel


@dataclass(frozen=True)
class LettersGone:
    """What became of the marks like letters of a page.

    ``boxes`` (left, top, right, bottom; pixels) are those of the marks that became pale: less than half of their
    contrast is left. ``gone`` of them have less than a quarter. ``letters`` is the number of all marks like letters,
    and ``kept`` the mean share of contrast that is left of them, each at most 1; NaN without marks.
    ``where`` says where most pale marks were: "top left", "centre", "bottom" and so on, "all over the page", or
    nothing without such marks.
    """

    boxes: Int[np.ndarray, "marks 4"]
    where: str
    letters: int
    gone: int
    kept: float

    @property
    def count(self) -> int:
        """The number of marks that became pale, gone ones included."""
        return len(self.boxes)


def letters_gone(before: Grey | Colour, after: Grey | Colour) -> LettersGone:
    """Find the marks like letters of a page, and those that lost most of their contrast.

    A mark is a connected region of pixels darker than the mean of 41 × 41 pixels around by 7 %, and three tenths of
    them by 14 %; by 10 % on a page of faint print, which has at least twice as many letters then. It is like a letter
    if it has the size of one, by the median height of the page's marks, and if at least two others stand beside it. It
    became pale if its mean contrast to the pixels around is less than half of what it was. Therefore it does not
    matter how dark ink and paper are, and what remains of ink elsewhere.

    Large letters whose strokes are wider than those of print, such as a watermark behind it, are looked for on the page
    without its print. Only those that became pale count, since others may be found twice.

    Pages have 8 bits a channel, and the same size. Those above 12 megapixels are looked at in every second row and
    column, or fewer.
    """
    step = 1
    n_pixels = before.shape[0] * before.shape[1]
    if n_pixels > _LARGE:
        step = max(2, math.ceil((n_pixels / _MOST) ** 0.5))
        before, after = before[::step, ::step], after[::step, ::step]
    was, now = mean_grey(before), mean_grey(after)
    boxes, kept = _found(was, now, _HIGHEST)
    wide, wide_kept = _wide_pale(was, now)
    boxes, kept = np.concatenate([boxes, wide]) * step, np.concatenate([kept, wide_kept])
    pale = boxes[kept < _PALE]
    mean = float(np.clip(kept, 0, 1).mean()) if len(kept) else math.nan
    where = _where(pale, (was.shape[0] * step, was.shape[1] * step))
    return LettersGone(pale, where, len(kept), int((kept < _GONE).sum()), mean)


def _found(was: Grey, now: Grey, highest: float) -> tuple[Int[np.ndarray, "marks 4"], Float64[np.ndarray, " marks"]]:
    """The boxes of marks like letters, and the share of its contrast that is left of each."""
    dark = np.empty(was.shape, bool)
    contrasts = []
    for rows in bands(was.shape):
        contrast = _contrast(was, rows)
        dark[rows] = contrast > _FAINT
        contrasts.append((contrast[dark[rows]], _contrast(now, rows)[dark[rows]]))
    boxes, kept, seen = _marks(dark, *(np.concatenate(parts) for parts in zip(*contrasts, strict=True)))
    like = _like_letters(boxes, highest * len(was))
    clear = np.zeros(len(boxes), bool)
    clear[seen] = _like_letters(boxes[seen], highest * len(was))
    if like.sum() < _MORE * clear.sum():
        like = clear
    return boxes[like], kept[like]


def _wide_pale(was: Grey, now: Grey) -> tuple[Int[np.ndarray, "marks 4"], Float64[np.ndarray, " marks"]]:
    """The same of those that have wide strokes and became pale."""
    step = max(1, round(max(was.shape) / _SIDE))
    without_print = ndimage.grey_closing(was[::step, ::step], (_PRINT, _PRINT))
    was, now = (np.asarray(Image.fromarray(page).reduce(_COARSER)) for page in (without_print, now[::step, ::step]))
    boxes, kept = _found(was, now, _HIGHEST_WIDE)
    pale = np.flatnonzero(kept < _PALE)
    pale = pale[_of_words(boxes[pale])]
    return boxes[pale] * _COARSER * step, kept[pale]


def _of_words(boxes: Int[np.ndarray, "marks 4"]) -> Bool[np.ndarray, " marks"]:
    """Whether each mark stands with others of about its height on a straight line, at any angle, close together."""
    centres, heights = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 3] - boxes[:, 1]
    found = np.zeros(len(boxes), bool)
    for i in range(len(boxes)):
        away, alike = centres - centres[i], np.abs(np.log(heights / heights[i])) < _ALIKE
        for j in np.flatnonzero(alike & (np.hypot(*away.T) < _APART * heights[i])):
            if j == i:
                continue
            along = away[j] / np.hypot(*away[j])
            place = away @ along
            on_line = np.flatnonzero(alike & (np.abs(away @ (-along[1], along[0])) < _ASIDE * heights[i]))
            on_line = on_line[np.argsort(place[on_line])]
            for word in np.split(on_line, np.flatnonzero(np.diff(place[on_line]) > _APART * heights[i]) + 1):
                found[word] |= len(word) >= _WORD
    return found


def mean_grey(pixels: Grey | Colour) -> Grey:
    """The weighted mean of red, green and blue, with green counted twice."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (pixels[..., channel].astype(np.uint16) for channel in range(3))
    return ((red + 2 * green + blue + 2) // 4).astype(np.uint8)


def _contrast(page: Grey, rows: slice) -> Float32[np.ndarray, "rows columns"]:
    """How much darker each pixel of some rows is than the mean around it, as a share of that mean."""
    edge = _AROUND // 2
    first, end = max(0, rows.start - edge), min(len(page), rows.stop + edge)
    mean = ndimage.uniform_filter(page[first:end].astype(np.float32), _AROUND)[rows.start - first : rows.stop - first]
    return np.asarray(1 - page[rows] / np.maximum(mean, 1), np.float32)


def _marks(
    dark: Bool[np.ndarray, "rows columns"], was: Float32[np.ndarray, " pixels"], now: Float32[np.ndarray, " pixels"]
) -> tuple[Int[np.ndarray, "marks 4"], Float64[np.ndarray, " marks"], Bool[np.ndarray, " marks"]]:
    """The box of each mark, the share of its contrast that is left, and whether it is more than faint.

    The contrasts are those of the dark pixels in order, and above 0 before.
    """
    labels, count = ndimage.label(dark, np.ones((3, 3)))
    places = np.flatnonzero(dark)
    of = labels.ravel()[places]
    del labels
    sizes = np.bincount(of, minlength=count + 1)
    clear, seen = (
        (sizes >= _LEAST) & (np.bincount(of[was > least], minlength=count + 1) >= _SHARE * sizes)
        for least in (_SEEN, _SEEN_FAINT)
    )
    chosen = seen[of]
    of, places = (np.cumsum(seen) - 1)[of[chosen]], places[chosen]
    n_marks = int(seen.sum())
    total, left = (np.bincount(of, values[chosen], n_marks) for values in (was, now))
    top, bottom, first, last = (
        extreme for along in np.divmod(places, dark.shape[1]) for extreme in _extremes(of, along, n_marks)
    )
    return np.stack([first, top, last + 1, bottom + 1], 1), left / total, clear[seen]


def _extremes(
    of: Int[np.ndarray, " pixels"], along: Int[np.ndarray, " pixels"], count: int
) -> tuple[Int[np.ndarray, " marks"], Int[np.ndarray, " marks"]]:
    """The first and the last place of the pixels of each mark along rows or columns."""
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(first, of, along)
    np.maximum.at(last, of, along)
    return first, last


def _like_letters(boxes: Int[np.ndarray, "marks 4"], highest: float) -> Bool[np.ndarray, " marks"]:
    """Whether each mark has the size of a letter, and stands beside at least two that have it, too."""
    sides = boxes[:, 2:] - boxes[:, :2]
    wide, high = sides[:, 0], sides[:, 1]
    letters = (high >= _LOWEST) & (high <= highest + 8)
    if not letters.any():
        return np.asarray(letters)
    heights = np.sort(high[letters])  # their median, in which a mark counts by its height: specks outnumber letters
    height = float(heights[np.searchsorted(heights.cumsum(), heights.sum() / 2)])
    letters &= (high >= _HEIGHTS[0] * height) & (high <= _HEIGHTS[1] * height) & (wide <= _WIDEST * height)
    places = np.flatnonzero(letters)
    if len(places) <= _RUN:
        return np.zeros(len(boxes), bool)
    centres = (boxes[places, :2] + boxes[places, 2:]) / 2
    # Words are wide: from letter to letter counts what is between them.
    distance, near = cKDTree(centres).query(centres, k=min(7, len(places)), distance_upper_bound=_NEAR * height)
    padded = np.append(centres[:, 1], np.inf)
    level = np.abs(padded[near[:, 1:]] - centres[:, 1:]) <= _LEVEL * height
    letters[places] = (level & np.isfinite(distance[:, 1:])).sum(1) >= _RUN
    return np.asarray(letters)


def ninth_of_page(row: int, column: int) -> str:
    """The name of a ninth of the page, whose row and column are 0, 1 or 2: "top left", "centre", "bottom" and so on."""
    return f"{('top', '', 'bottom')[row]} {('left', '', 'right')[column]}".strip() or "centre"


def _where(boxes: Int[np.ndarray, "marks 4"], shape: tuple[int, int]) -> str:
    """In which ninth, or third, of the page most of the boxes are."""
    if not len(boxes):
        return ""
    middles: Float[np.ndarray, "marks 2"] = (boxes[:, :2] + boxes[:, 2:]) / 2 / np.array(shape[::-1])
    columns, rows = np.minimum((3 * middles).astype(int), 2).T
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (rows, columns), 1)
    row, column = divmod(int(counts.argmax()), 3)
    if 2 * counts[row, column] > len(boxes):
        return ninth_of_page(row, column)
    for totals, names in ((counts.sum(1), ("top", "middle", "bottom")), (counts.sum(0), ("left", "centre", "right"))):
        if 2 * totals.max() > len(boxes):
            return names[int(totals.argmax())]
    return "all over the page"
