"""Turn pages until their lines are straight: by how much, whether print would be cut off, and the pixels."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import atan2, cos, degrees, isfinite, radians, sin

import numpy as np
from jaxtyping import Bool, Shaped
from PIL import Image
from scipy import ndimage

from isthmus.documents.contract import SQUARE, Steps
from isthmus.documents.picture import Colour, Grey, Picture, changed_picture, grey_pixels, page_pixels
from isthmus.documents.reports import PageReport

LEAST_TURN = 0.05  # degrees: pages are straight that would be turned by less
CUT_OFF = "its corners have print that would be cut off"
_AGREE = 0.3  # degrees between the pictures of a page
_PAPER = 75  # percentile of a page that is its paper
_SAMPLED = 1_000_000  # pixels of which the paper is found
_SIDE = 1000  # pixels: the longer side of a page on which print in its corners is looked for
_INK = 0.85  # share of the grey of paper: darker pixels are marks
_LETTERS = 2, 40  # pixels: the least shorter side, and the most longer side, of marks like letters
_ENOUGH = 2  # marks: one alone is more often dirt


def straightening(lines: tuple[float, float], steps: Steps = SQUARE) -> float:
    """The degrees, clockwise, by which to turn a page so that its lines run straight across or down.

    ``lines`` is the direction of the lines in the picture's pixels, to the right and down.
    """
    right = lines[0] * steps[0] + lines[1] * steps[2]
    down = lines[0] * steps[1] + lines[1] * steps[3]
    angle = degrees(atan2(down, right))
    if not isfinite(angle):  # of a hostile matrix
        return 0.0
    return 90 * round(angle / 90) - angle


def turn_of(
    lines: tuple[float, float], pixels: Grey | Colour, steps: Steps = SQUARE, *, fixed: str | None = None,
    is_whole: bool = True,
) -> tuple[float | None, str | None]:  # fmt: skip
    """How to turn a page with these lines: degrees clockwise, 0 if they are straight, or None and the reason.

    ``fixed`` is a reason not to turn it; a picture that is not the ``whole`` page is not looked at for what is cut off.
    """
    turn = straightening(lines, steps)
    if abs(turn) < LEAST_TURN:
        return 0.0, None
    problem = CUT_OFF if fixed is None and is_whole and cuts_print(pixels, turn) else fixed
    return (turn, None) if problem is None else (None, f"it is askew by {abs(turn):.2f} degrees, but {problem}")


def lie_alike(first: Steps, second: Steps) -> bool:
    """Whether pictures drawn in two ways are straightened by the same turn."""
    tried = ((1.0, 0.1), (1.0, -0.1), (-0.1, 1.0))
    return all(abs(straightening(lines, first) - straightening(lines, second)) < LEAST_TURN for lines in tried)


def agreed(turns: Sequence[tuple[float, int]]) -> float | None:
    """The mean of the turns of the pictures of one page, by their pixels; None if they are not of one skew."""
    n_pixels = sum(count for _, count in turns)
    mean = sum(turn * count for turn, count in turns) / n_pixels
    return mean if max(abs(turn - mean) for turn, _ in turns) <= _AGREE else None


def turned_together(reports: Sequence[PageReport]) -> Iterator[PageReport]:
    """The reports on the pictures of a document, where the pictures of each page are turned by one angle."""
    turns: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for report in reports:
        if report.turned is not None:
            turns[report.page].append((report.turned, report.width * report.height))
    for report in reports:
        found = turns[report.page]
        turn = agreed(found) if found else None
        if turn is not None:
            yield replace(report, turned=turn, not_turned=None, changed=report.changed or turn != 0)
        elif found:
            yield replace(report, turned=None, not_turned="its parts are not askew by the same angle")
        else:
            yield report


def cuts_print(pixels: Grey | Colour, turn: float) -> bool:
    """Whether turning a page about its middle moves letters out of it, or parts of them.

    What touches the edge of the page does not count, and large marks do not: shadows and borders are there.
    """
    factor = max(1, -(-max(pixels.shape[:2]) // _SIDE))
    grey = grey_pixels(pixels)
    seen = np.asarray(Image.fromarray(grey).reduce(factor)) if factor > 1 else grey
    dark = seen < _INK * np.percentile(seen, _PAPER)
    regions, count = ndimage.label(dark, np.ones((3, 3)))
    is_letter = np.zeros(count + 1, bool)
    for number, box in enumerate(ndimage.find_objects(regions), 1):
        sides = [part.stop - part.start for part in box]
        is_letter[number] = min(sides) >= _LETTERS[0] and max(sides) <= _LETTERS[1]
    is_letter[np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])] = False
    cut = np.unique(regions[_leaving(seen.shape, turn)])
    return int(is_letter[cut].sum()) >= _ENOUGH


def _leaving(shape: Sequence[int], turn: float) -> Bool[np.ndarray, "h w"]:
    """The pixels of a page that a turn moves out of it."""
    height, width = shape[:2]
    y = np.arange(height)[:, None] - (height - 1) / 2
    x = np.arange(width)[None, :] - (width - 1) / 2
    right = x * cos(radians(turn)) - y * sin(radians(turn))
    down = x * sin(radians(turn)) + y * cos(radians(turn))
    return np.asarray((np.abs(right) > width / 2) | (np.abs(down) > height / 2), bool)


def turned_picture(picture: Picture, turn: float, steps: Steps = SQUARE) -> Picture:
    """A picture of the same size, turned clockwise about its middle; its corners get the page's paper."""
    if picture.kind == "palette":
        if picture.alpha is not None:  # an entry has a colour and an opacity, and nothing lies between two entries
            return _turned_entries(picture, picture.alpha, turn, steps)
        pixels = page_pixels(picture)
        return changed_picture(picture, pixels, turned_pixels(pixels, turn, steps))
    dark_is_high = picture.kind == "ink"
    samples = turned_pixels(picture.samples, turn, steps, 100 - _PAPER if dark_is_high else _PAPER)
    if picture.kind == "grey" and picture.levels < 256:
        step = 255 // (picture.levels - 1)
        samples = ((samples.astype(np.uint16) + step // 2) // step * step).astype(np.uint8)
    if picture.alpha is not None:
        picture = replace(picture, alpha=turned_pixels(picture.alpha, turn, steps))
    return replace(picture, samples=samples)


def _turned_entries(picture: Picture, alpha: Grey, turn: float, steps: Steps) -> Picture:
    opaque = float(alpha.max())
    entry = float(np.bincount(picture.samples[alpha == opaque]).argmax())
    samples, alpha = (_turned_channel(channel, turn, steps, fill, Image.Resampling.NEAREST)
                      for channel, fill in ((picture.samples, entry), (alpha, opaque)))  # fmt: skip
    return replace(picture, samples=samples, alpha=alpha)


def turned_pixels(
    pixels: Shaped[np.ndarray, "h w *channels"], turn: float, steps: Steps = SQUARE, paper: float = _PAPER
) -> Shaped[np.ndarray, "h w *channels"]:
    """Pixels of any type turned clockwise about their middle, by bicubic interpolation.

    Each channel is turned for itself; its corners get the percentile ``paper`` of it.
    """
    result: np.ndarray
    if pixels.ndim == 3:
        result = np.empty_like(pixels)
        for channel in range(pixels.shape[2]):
            result[..., channel] = turned_pixels(pixels[..., channel], turn, steps, paper)
        return result
    if pixels.dtype == bool:
        return turned_pixels(pixels.astype(np.uint8) * np.uint8(255), turn, steps, paper) >= 128
    every = max(1, int((pixels.size / _SAMPLED) ** 0.5))
    fill = float(np.percentile(pixels[::every, ::every], paper, method="nearest"))
    if pixels.dtype == np.uint8:
        return _turned_channel(pixels, turn, steps, fill)
    found = _turned_channel(pixels.astype(np.float32), turn, steps, fill)
    is_whole = pixels.dtype.kind == "u"
    found = np.clip(found, 0, 65535 if is_whole else 1)
    result = (np.rint(found) if is_whole else found).astype(pixels.dtype)
    return result


def _turned_channel(
    pixels: Shaped[np.ndarray, "h w"], turn: float, steps: Steps, fill: float,
    filter: Image.Resampling = Image.Resampling.BICUBIC,
) -> Shaped[np.ndarray, "h w"]:  # fmt: skip
    to_page = np.array(steps).reshape(2, 2).T
    back = radians(-turn)
    rotation = np.array([[cos(back), -sin(back)], [sin(back), cos(back)]])
    matrix = np.linalg.solve(to_page, rotation @ to_page)
    middle = np.array(pixels.shape[::-1]) / 2
    first, second = np.column_stack([matrix, middle - matrix @ middle]).tolist()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    colour = fill if image.mode == "F" else round(fill)
    turned = image.transform(image.size, Image.Transform.AFFINE, (*first, *second), filter, fillcolor=colour)
    found: np.ndarray = np.asarray(turned)
    return found
