"""Pieces of pages to look at: before, after each way of cleaning, and clean, where the dirt is worst."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from scipy import ndimage

from isthmus.pages.scale import reduction

Page = UInt8[np.ndarray, "h w"]

_HEIGHT, _WIDTH = 150, 360  # pixels of a piece at 150 dpi


@dataclass(frozen=True)
class Piece:
    """A picture within a page of HTML, with its size in CSS pixels."""

    title: str
    uri: str
    width: int
    height: int


def spread(names: Sequence[str], errors: Sequence[float], count: int) -> list[str]:
    """So many of the names, from that with the largest error to that with the smallest, evenly between."""
    order = [names[i] for i in np.argsort(errors)[::-1]]
    return [order[i] for i in np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int))]


def worst_window(dirty: Page, clean: Page, dpi: float | None = None) -> tuple[slice, slice]:
    """Where the dirty page differs most from the clean one, near print if there is any."""
    factor = max(1, int(reduction(dirty, dpi)))
    size = [min(side * factor, length) for side, length in zip((_HEIGHT, _WIDTH), dirty.shape, strict=True)]
    shrunk = min(8, *dirty.shape)
    difference = np.abs(dirty.astype(np.float32) - clean)
    printed = (clean < 128).astype(np.float32)
    means = [
        ndimage.uniform_filter(
            np.asarray(Image.fromarray(page).reduce(shrunk)), [max(1, side // shrunk) for side in size], mode="constant"
        )
        for page in (difference, printed)
    ]
    score = means[0] * np.minimum(means[1], 0.05) if means[1].max() > 0 else means[0]
    middle = np.unravel_index(int(np.argmax(score)), score.shape)
    starts = [
        int(np.clip(at * shrunk - side // 2, 0, length - side))
        for at, side, length in zip(middle, size, dirty.shape, strict=True)
    ]
    return slice(starts[0], starts[0] + size[0]), slice(starts[1], starts[1] + size[1])


def piece(title: str, page: Page, window: tuple[slice, slice]) -> Piece:
    """The window of a page; finely scanned ones are shown no larger than others."""
    image = Image.fromarray(np.ascontiguousarray(page[window]))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    shown = min(1.0, _WIDTH / image.width)
    uri = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return Piece(title, uri, round(image.width * shown), round(image.height * shown))
