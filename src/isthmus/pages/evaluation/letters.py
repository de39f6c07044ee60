"""Letters altered and letters lost: each letter of a page is compared with the shapes of the page's other letters."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy import ndimage

from isthmus.errors import InputError
from isthmus.pages.masks import grown
from isthmus.synthetic_pages.letters import Letter

_SMALLEST = 5  # pixels of a letter's height; smaller ones have no shape
_LARGEST = 160
_LEAST_CONTRAST = 0.25  # of black on white: paler letters of the clean page do not count
_PAPER = 0.9  # grey
_GONE = 0.25  # share of its contrast below which a letter is lost
_SAME = 0.97  # correlation from which on two letters look the same, such as I and l
_EXAMPLES = 6  # of a character in one font and size
_MOST = 2**22  # correlations that are computed at a time
_BLURS = (0.0, 0.5, 0.8, 1.2, 1.6)  # pixels (standard deviation) by which shapes are blurred, as pages out of focus are
_MOST_BLUR = 0.1  # of a letter's height; more, and letters look alike
_ENOUGH = 0.5  # share of its ink that must be free of other letters, for a letter to be compared

_Style = tuple[str, float]  # font and points
Crop = Float32[np.ndarray, "_ _"]
Crops = Float32[np.ndarray, "blurs _ _"]


@dataclass(frozen=True)
class LettersChanged:
    """How many letters of a page changed: so many of ``letters`` are ``altered``, and so many are ``lost``.

    ``confused`` lists the altered letters: the character, and the one that it looks like now.
    """

    altered: int
    lost: int
    letters: int
    confused: tuple[tuple[str, str], ...] = ()


class CleanLetters:
    """The letters of a clean page, with which any number of versions of the page are compared.

    A letter is altered if another character of its font and size on the clean page looks more like it than its own
    clean shape does: then a reader takes e for c, or i for l. Likeness is the correlation of grey, within a window of
    the letter's box and one pixel around, at the best of nine places within a pixel, without the ink of letters beside
    it; the other character stands on the same base line, in the middle of the window. All shapes may be blurred, by up
    to a tenth of the letter's height, so that a page out of focus is compared by what its letters are. Characters that
    look the same on the clean page, as much blurred (correlation 0.97), are no others. A letter is lost if less than a
    quarter of its contrast is left.

    Letters and figures 5 to 160 pixels high are compared, if half of their ink is free of other letters' boxes, which
    the letters of a slanted script overlap. Punctuation, dots and accents are small parts
    (``measures.components_lost``). The pages must agree to a quarter of a pixel.

    Parameters
    ----------
    clean : ndarray of shape (height, width)
        Grey from 0 (black) to 1 (white).
    letters : sequence of Letter
        The letters of the page, in pixels, such as ``Page.letters(dpi)`` or ``read_letters(path)``.
    """

    def __init__(self, clean: Float[np.ndarray, "h w"], letters: Sequence[Letter]) -> None:
        self._clean = np.asarray(clean, np.float32)
        blurred = [ndimage.gaussian_filter(self._clean, blur) if blur else self._clean for blur in _BLURS]
        examples = _Examples()
        compared = []
        for letter in letters:
            window = _Window.of(letter) if letter.character.isalnum() else None
            crop = None if window is None else window.cut(self._clean)
            if window is not None and crop is not None and crop.max() - crop.min() >= _LEAST_CONTRAST:
                compared.append((letter, window))
        masks = _own_pixels([window for _, window in compared], letters, self._clean)
        groups = defaultdict(list)
        for (letter, window), mask in zip(compared, masks, strict=True):
            darkness = 1 - self._clean[window.place]
            if (darkness * mask).sum() < _ENOUGH * darkness.sum():
                continue
            own = np.array([np.where(mask, page[window.place], 1) for page in blurred], np.float32)
            groups[_style(letter), window.size].append((_plain(letter.character), window, own, mask))
            examples.add(letter, window, own, mask)
        self._groups = [_Group(found, examples.fitted(*key), blurred) for key, found in groups.items()]

    def __len__(self) -> int:
        return sum(len(group.characters) for group in self._groups)

    def compare(self, page: Float[np.ndarray, "h w"]) -> LettersChanged:
        """Count the letters that are altered and lost on a version of the page."""
        if page.shape != self._clean.shape:
            sizes = " and ".join(" × ".join(map(str, shape)) for shape in (page.shape, self._clean.shape))
            raise InputError(f"A page and its clean page must have the same size. Got {sizes} pixels instead.")
        page = np.asarray(page, np.float32)
        views = [group.views(page) for group in self._groups]
        own = [group.own(view) for group, view in zip(self._groups, views, strict=True)]
        # The page has one sharpness: the one at which its letters look most like their own shapes.
        blur = int(np.argmax(sum(likeness.sum(1) for likeness, _ in own))) if own else 0
        altered, lost, confused = 0, 0, []
        for group, view, (likeness, contrast) in zip(self._groups, views, own, strict=True):
            is_lost = contrast < _GONE
            others = group.nearest(view, likeness[blur], blur)
            found = [
                (was, is_)
                for was, is_, gone in zip(group.characters, others, is_lost, strict=True)
                if is_ is not None and not gone
            ]
            lost += int(is_lost.sum())
            altered += len(found)
            confused += found
        return LettersChanged(altered, lost, len(self), tuple(confused))


@dataclass(frozen=True)
class _Window:
    """A letter's box with a pixel around: rows and columns of the page, and how far below its top the base line is."""

    top: int
    left: int
    height: int
    width: int
    base: int

    @classmethod
    def of(cls, letter: Letter) -> "_Window | None":
        left, top, right, bottom = letter.box
        if not _SMALLEST <= bottom - top <= _LARGEST or not 0 < right - left <= _LARGEST:
            return None
        first, start = int(np.floor(top)) - 1, int(np.floor(left)) - 1
        height, width = int(np.ceil(bottom)) + 1 - first, int(np.ceil(right)) + 1 - start
        return cls(first, start, height, width, round(letter.base) - first)

    @property
    def size(self) -> tuple[int, int, int]:
        return self.height, self.width, self.base

    @property
    def place(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def cut(self, page: Crop, down: int = 0, right: int = 0) -> Crop | None:
        """The pixels of a page within the window, moved by so many pixels; None if it extends over the page."""
        top, left = self.top + down, self.left + right
        inside = min(top, left) >= 0 and top + self.height <= page.shape[0] and left + self.width <= page.shape[1]
        return page[top : top + self.height, left : left + self.width] if inside else None


def _style(letter: Letter) -> _Style:
    return letter.font, round(letter.size, 1)


def _plain(character: str) -> str:
    """A letter without its accents, which are small parts."""
    return unicodedata.normalize("NFD", character)[0]


def _own_pixels(windows: Sequence[_Window], letters: Sequence[Letter], clean: Crop) -> list[Bool[np.ndarray, "_ _"]]:
    """For each window, the pixels that are in no other letter's box, or have no ink near."""
    owners = np.zeros(clean.shape, np.int16)  # in how many boxes each pixel is
    for letter in letters:
        left, top, right, bottom = letter.box
        rows = slice(max(0, int(np.floor(top))), max(0, int(np.ceil(bottom))))
        columns = slice(max(0, int(np.floor(left))), max(0, int(np.ceil(right))))
        owners[rows, columns] += 1
    near_ink = grown(clean <= _PAPER, 1)
    found = []
    for window in windows:
        others = owners[window.place].copy()
        others[1:-1, 1:-1] -= 1
        found.append((others == 0) | ~near_ink[window.place])
    return found


class _Examples:
    """Clean shapes of each character of each font in each size, a few of each, each blurred by each of ``_BLURS``."""

    def __init__(self) -> None:
        self._found: dict[_Style, dict[tuple[str, tuple[int, int, int]], list[tuple[int, Crops]]]] = defaultdict(dict)

    def add(self, letter: Letter, window: _Window, crops: Crops, mask: Bool[np.ndarray, "_ _"]) -> None:
        """Keep a shape if few others of its character and size are less covered by the letters beside it."""
        kept = self._found[_style(letter)].setdefault((_plain(letter.character), window.size), [])
        kept.append((int((~mask[1:-1, 1:-1]).sum()), crops))
        kept.sort(key=lambda example: example[0])
        del kept[_EXAMPLES:]

    def fitted(
        self, style: _Style, size: tuple[int, int, int]
    ) -> tuple[list[str], Float32[np.ndarray, "blurs examples pixels"]]:
        """The examples of a font that fit into a window, on its base line and in its middle, on white."""
        height, width, base = size
        names, shapes = [], []
        for (character, (high, wide, below)), examples in self._found[style].items():
            top, left = base - below, (width - wide) // 2
            # The pixel around an example may be cut off, but no ink.
            if top < -1 or left < -1 or top + high > height + 1 or left + wide > width + 1:
                continue
            inside = (..., slice(max(0, top), top + high), slice(max(0, left), left + wide))
            for _, crops in examples:
                fitted = np.ones((len(_BLURS), height, width), np.float32)
                target = fitted[inside]
                target[:] = crops[:, max(0, -top) :, max(0, -left) :][:, : target.shape[1], : target.shape[2]]
                names.append(character)
                shapes.append(fitted.reshape(len(_BLURS), -1))
        return names, np.stack(shapes, 1) if shapes else np.ones((len(_BLURS), 0, height * width), np.float32)


class _Group:
    """Letters whose windows have the same size and base line."""

    def __init__(
        self,
        found: Sequence[tuple[str, _Window, Crops, Bool[np.ndarray, "_ _"]]],
        examples: tuple[list[str], Float32[np.ndarray, "blurs examples pixels"]],
        clean: Sequence[Crop],
    ) -> None:
        self.characters = [character for character, *_ in found]
        self._windows = [window for _, window, *_ in found]
        n_blurs = sum(blur <= _MOST_BLUR * (self._windows[0].height - 2) for blur in _BLURS)
        self._names, self._examples = examples[0], examples[1][:n_blurs]
        own = np.array([crops[:n_blurs].reshape(n_blurs, -1) for *_, crops, _ in found], np.float32)
        self._own = own.swapaxes(0, 1)  # of shape (blurs, letters, pixels)
        self._masks = np.array([mask.ravel() for *_, mask in found], np.float32)
        is_other = np.array(self._names)[None] != np.array(self.characters)[:, None]
        self._others = [
            is_other & (self._correlations(self.views(page), examples) < _SAME)
            for page, examples in zip(clean, self._examples, strict=False)
        ]

    def own(
        self, views: Float32[np.ndarray, "letters places pixels"]
    ) -> tuple[Float[np.ndarray, "blurs letters"], Float[np.ndarray, " letters"]]:
        """The correlation of each letter with its own shape, by blur, and the share of its contrast that is there."""
        found = [_to_own(views, own, self._masks) for own in self._own]
        found += found[-1:] * (len(_BLURS) - len(found))
        return np.array([likeness for likeness, _ in found]), found[0][1]

    def nearest(
        self, views: Float32[np.ndarray, "letters places pixels"], own: Float[np.ndarray, " letters"], blur: int
    ) -> list[str | None]:
        """The other character that is more like each letter, at a blur, than its own shape; None if there is none."""
        blur = min(blur, len(self._own) - 1)
        others = np.where(self._others[blur], self._correlations(views, self._examples[blur]), -1)
        nearest = others.argmax(1) if others.shape[1] else np.zeros(len(own), int)
        is_nearer = others[np.arange(len(nearest)), nearest] > own
        return [self._names[near] if is_ else None for near, is_ in zip(nearest, is_nearer, strict=True)]

    def views(self, page: Crop) -> Float32[np.ndarray, "letters places pixels"]:
        """Each letter's window on a page, at nine places within a pixel; the middle one at the edge of the page."""
        views = np.empty((len(self._windows), 9, self._own.shape[2]), np.float32)
        for view, window in zip(views, self._windows, strict=True):
            middle = page[window.place]
            for place in range(9):
                moved = window.cut(page, place // 3 - 1, place % 3 - 1)
                view[place] = (middle if moved is None else moved).ravel()
        return views

    def _correlations(
        self, views: Float32[np.ndarray, "letters places pixels"], examples: Float32[np.ndarray, "examples pixels"]
    ) -> Float32[np.ndarray, "letters examples"]:
        """The correlation of each letter on a page with each example, at the best place, within the letter's mask."""
        best = np.empty((len(views), len(examples)), np.float32)
        step = max(1, _MOST // max(1, 9 * len(examples)))
        examples = examples.T
        for first in range(0, len(views), step):
            part = slice(first, first + step)
            mask, view = self._masks[part], views[part] * self._masks[part, None]
            n_pixels = mask.sum(1)[:, None]
            sums = mask @ examples
            spread = np.maximum(mask @ examples**2 - sums**2 / n_pixels, 1e-6)
            totals = view.sum(2)
            deviation = np.maximum((view**2).sum(2) - totals**2 / n_pixels, 1e-6)
            products = view @ examples - totals[..., None] * (sums / n_pixels)[:, None]
            best[part] = (products / np.sqrt(deviation[..., None] * spread[:, None])).max(1)
        return best


def _to_own(
    views: Float32[np.ndarray, "letters places pixels"],
    own: Float32[np.ndarray, "letters pixels"],
    masks: Float32[np.ndarray, "letters pixels"],
) -> tuple[Float[np.ndarray, " letters"], Float[np.ndarray, " letters"]]:
    """The correlation of each letter with its own clean shape, and the share of its contrast that is there."""
    n_pixels = masks.sum(1)
    clean = (own - ((own * masks).sum(1) / n_pixels)[:, None]) * masks
    seen = (views - ((views * masks[:, None]).sum(2) / n_pixels[:, None])[..., None]) * masks[:, None]
    products = (seen * clean[:, None]).sum(2)
    power = (clean**2).sum(1)
    correlation = products / np.sqrt(np.maximum((seen**2).sum(2), 1e-6) * power[:, None])
    return correlation.max(1), (products / power[:, None]).max(1)
