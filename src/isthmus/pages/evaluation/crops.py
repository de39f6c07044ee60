"""Pieces of pages, where the dirt is worst: noisy, cleaned by each method, and clean."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree

from isthmus.documents.encodings import saved
from isthmus.documents.picture import Colour, Grey, grey_pixels
from isthmus.pages.scale import reduction

_HEIGHT, _WIDTH = 150, 360  # pixels of a piece at 150 dpi


@dataclass(frozen=True)
class Piece:
    """A picture for a page of HTML, as a data URI; sizes are in CSS pixels."""

    title: str
    uri: str
    width: int
    height: int


def spread(names: Sequence[str], errors: Sequence[float], count: int) -> list[str]:
    """Choose ``count`` names from the largest error to the smallest, evenly spaced in rank."""
    order = [names[i] for i in np.argsort(errors)[::-1]]
    return [order[i] for i in np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int))]


def worst_window(noisy: Grey | Colour, clean: Grey | Colour, dpi: float | None = None) -> tuple[slice, slice]:
    """The window in which the noisy page differs most from the clean page, near print if there is any."""
    noisy, clean = grey_pixels(noisy), grey_pixels(clean)
    factor = max(1, int(reduction(noisy, dpi)))
    size = [min(side * factor, length) for side, length in zip((_HEIGHT, _WIDTH), noisy.shape, strict=True)]
    shrunk = min(8, *noisy.shape)
    difference = np.abs(noisy.astype(np.float32) - clean)
    printed = (clean < 128).astype(np.float32)
    window = [max(1, side // shrunk) for side in size]
    different, print_ = (
        ndimage.uniform_filter(np.asarray(Image.fromarray(values).reduce(shrunk)), window, mode="constant")
        for values in (difference, printed)
    )
    score = different * np.minimum(print_, 0.05) if print_.max() > 0 else different
    middle = np.unravel_index(int(np.argmax(score)), score.shape)
    top, left = (
        int(np.clip(at * shrunk - side // 2, 0, length - side))
        for at, side, length in zip(middle, size, noisy.shape, strict=True)
    )
    return slice(top, top + size[0]), slice(left, left + size[1])


def crowded_window(boxes: Int[np.ndarray, "marks 4"], shape: tuple[int, ...], scale: int) -> tuple[slice, slice]:
    """The window of a page of some shape with the most boxes; its size is for 150 dpi, times ``scale``."""
    size = np.minimum(np.array((_HEIGHT, _WIDTH)) * scale, shape[:2])
    middles = (boxes[:, [1, 0]] + boxes[:, [3, 2]]) / 2
    tree = cKDTree(middles / size)
    best = middles[np.argmax(tree.query_ball_point(tree.data, 0.5, p=np.inf, return_length=True))]
    top, left = np.clip(best - size // 2, 0, np.array(shape[:2]) - size).astype(int).tolist()
    return slice(top, top + int(size[0])), slice(left, left + int(size[1]))


def piece(title: str, page: Grey | Colour, window: tuple[slice, slice]) -> Piece:
    """Cut a window from a page; all windows are shown at about the same size."""
    image = Image.fromarray(np.ascontiguousarray(page[window]))
    shown = min(1.0, _WIDTH / image.width)
    uri = "data:image/png;base64," + base64.b64encode(saved(image, "PNG", optimize=True)).decode()
    return Piece(title, uri, round(image.width * shown), round(image.height * shown))
