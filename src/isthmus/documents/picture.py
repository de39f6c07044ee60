"""Pictures as files store them: converted to the pixels of a page, and changed where those pixels changed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int, UInt8, UInt16
from PIL import Image
from scipy.spatial import KDTree

_ROOM, _ALIKE = 4, 4  # entries of a palette, and levels between colours
_BAND = 2**22  # pixels that are computed at a time
_SAMPLE = 2**24  # changed pixels of which the main colours are taken, at least
Kind = Literal["bilevel", "grey", "grey16", "colour", "ink", "palette"]
Grey = UInt8[np.ndarray, "rows columns"]
Colour = UInt8[np.ndarray, "rows columns 3"]
Samples = Bool[np.ndarray, "rows columns"] | UInt16[np.ndarray, "rows columns"] | UInt8[np.ndarray, "rows columns *any"]


@dataclass(frozen=True)
class Picture:
    """The samples of a page: low is dark, and white is True, 255 or 65535; for ink (CMYK) low is light.

    ``levels`` is the number of grey values, or of palette entries, that the file can store. ``alpha`` never changes.
    """

    kind: Kind
    samples: Samples
    palette: UInt8[np.ndarray, "entries 3"] | None = None
    alpha: Grey | None = None
    levels: int = 256


def page_pixels(picture: Picture) -> Grey | Colour:
    """The page as 8-bit grey or RGB; transparent pixels are laid on white."""
    if picture.kind in {"grey", "colour"} and picture.alpha is None:
        return np.ascontiguousarray(picture.samples)
    pixels = np.empty(0, np.uint8)
    for rows, part in _parts(picture):
        some = _pixels_of(part)
        if rows.start == 0:
            pixels = np.empty((len(picture.samples), *some.shape[1:]), np.uint8)
        pixels[rows] = some
    return pixels


def _parts(picture: Picture) -> Iterator[tuple[slice, Picture]]:
    """Bands of a picture; what is computed from samples takes many times their memory."""
    step = max(1, _BAND // picture.samples.shape[1])
    for first in range(0, len(picture.samples), step):
        rows = slice(first, first + step)
        alpha = None if picture.alpha is None else picture.alpha[rows]
        yield rows, replace(picture, samples=picture.samples[rows], alpha=alpha)


def _pixels_of(picture: Picture) -> Grey | Colour:
    samples = picture.samples
    if picture.kind == "bilevel":
        pixels = np.where(samples, np.uint8(255), np.uint8(0))
    elif picture.kind == "grey16":
        pixels = ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    elif picture.kind == "ink":  # light passes two layers, the colour and the black
        light = (255 - samples[..., :3].astype(np.uint32)) * (255 - samples[..., 3:].astype(np.uint32))
        pixels = ((light + 127) // 255).astype(np.uint8)
    elif picture.kind == "palette":
        assert picture.palette is not None
        grey = not (picture.palette != picture.palette[:, :1]).any()
        pixels = (picture.palette[:, 0] if grey else picture.palette)[samples]
    else:
        pixels = samples
    if picture.alpha is not None:
        alpha = picture.alpha if pixels.ndim == 2 else picture.alpha[..., None]
        on_white = 255 - (255 - pixels.astype(np.uint32)) * alpha / 255
        pixels = np.where(alpha == 255, pixels, on_white.astype(np.uint8))
    return pixels


def changed_picture(picture: Picture, before: Grey | Colour, after: Grey | Colour) -> Picture:
    """The picture with new samples where the pixels of the page changed, and nowhere else."""
    if picture.kind == "palette":
        return _repainted(picture, _changed(picture, before, after), after)
    changed = replace(picture, samples=picture.samples.copy())
    for rows, part in _parts(changed):
        _change(part, before[rows], after[rows])
    return changed


def _changed(picture: Picture, before: Grey | Colour, after: Grey | Colour) -> Bool[np.ndarray, "rows columns"]:
    changed = before != after if before.ndim == 2 else (before != after).any(axis=2)
    return np.asarray(changed if picture.alpha is None else changed & (picture.alpha == 255))


def _change(picture: Picture, before: Grey | Colour, after: Grey | Colour) -> None:
    """Give a picture, or a band of one, new samples in place."""
    samples, changed = picture.samples, _changed(picture, before, after)
    if picture.kind == "bilevel":
        samples[changed] = after[changed] >= 128
    elif picture.kind == "grey16":
        value = samples[changed].astype(np.int64)
        shifted = value + (after[changed].astype(np.int64) - before[changed]) * 257
        samples[changed] = np.where(after[changed] == 255, 65535, np.clip(shifted, 0, 65535))
    elif picture.kind == "ink":
        samples[changed] = _to_ink(samples[changed], after[changed])
    elif picture.kind == "grey" and picture.levels < 256:
        step = 255 // (picture.levels - 1)
        samples[changed] = (after[changed].astype(np.uint16) + step // 2) // step * step
    else:
        samples[changed] = after[changed]


def grey_pixels(pixels: Grey | Colour) -> Grey:
    """Pixels in grey (ITU-R BT.601)."""
    if pixels.ndim == 2:
        return pixels
    grey, step = np.empty(pixels.shape[:2], np.uint8), max(1, _BAND // pixels.shape[1])
    for first in range(0, len(pixels), step):
        grey[first : first + step] = np.asarray(Image.fromarray(pixels[first : first + step]).convert("L"))
    return grey


def bilevel_picture(pixels: Grey | Colour) -> Picture:
    """A page in black and white, by Otsu's threshold (1979) limited to 64–208."""
    grey = grey_pixels(pixels)
    counts = np.array(Image.fromarray(grey).histogram(), float)
    below, mass = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mass[-1] * below - mass * below[-1]) ** 2 / (below * (below[-1] - below))
    best = int(np.nanargmax(between)) if np.isfinite(between).any() else 127
    return Picture("bilevel", grey > np.clip(best, 64, 208), levels=2)


def _to_ink(ink: UInt8[np.ndarray, "n 4"], pixels: UInt8[np.ndarray, "n *channels"]) -> UInt8[np.ndarray, "n 4"]:
    """Ink for pixels: the black ink stays, reduced where a pixel needs more light."""
    light = np.broadcast_to(pixels.reshape(len(pixels), -1), (len(pixels), 3)).astype(float)
    black = np.maximum(255 - ink[:, 3].astype(float), light.max(axis=1))
    colour = 255 - light * 255 / np.maximum(black, 1)[:, None]
    return np.asarray(np.rint(np.column_stack([colour, 255 - black])), np.uint8)


def _repainted(picture: Picture, changed: Bool[np.ndarray, "rows columns"], after: Grey | Colour) -> Picture:
    """Put new colours into palette entries that no unchanged pixel uses, and give changed pixels the nearest entry."""
    assert picture.palette is not None
    samples, palette = picture.samples.copy(), picture.palette
    occurs = np.zeros(2**24, bool)
    for rows, _ in _parts(picture):
        occurs[_numbers(after[rows][changed[rows]])] = True
    numbers = np.flatnonzero(occurs)
    colours = np.column_stack([numbers >> 16, numbers >> 8 & 255, numbers & 255]).astype(np.uint8)
    kept = np.unique(samples[~changed])
    # A small palette without free entries grows, since paper must be able to become white.
    missing = len(kept) == 0 or (KDTree(palette[kept]).query(colours)[0] > _ALIKE).any()
    levels = 256 if missing and picture.levels - len(kept) < _ROOM else picture.levels
    free = np.setdiff1d(np.arange(levels), kept)
    room = np.zeros((levels, 3), np.uint8)
    room[: len(palette)] = palette
    new = colours if len(colours) <= len(free) else _main_colours(after, changed, len(free))
    entries = free[: len(new)]
    room[entries] = new
    known = np.concatenate([kept.astype(int), entries])
    entry_of = np.zeros(2**24, samples.dtype)
    entry_of[numbers] = known[KDTree(room[known]).query(colours)[1]]
    for rows, _ in _parts(picture):
        samples[rows][changed[rows]] = entry_of[_numbers(after[rows][changed[rows]])]
    palette = room[: max(len(palette), int(known.max()) + 1)]
    return replace(picture, samples=samples, palette=palette, levels=levels)


def _numbers(pixels: UInt8[np.ndarray, "n *channels"]) -> Int[np.ndarray, " n"]:
    """Colours as numbers of 24 bits, in the same order."""
    red, green, blue = (pixels if pixels.ndim == 1 else pixels[:, channel] for channel in range(3))
    return np.asarray(red.astype(np.int32) << 16 | green.astype(np.int32) << 8 | blue)


def _main_colours(
    pixels: Grey | Colour, chosen: Bool[np.ndarray, "rows columns"], count: int
) -> UInt8[np.ndarray, "m 3"]:
    if count == 0:
        return np.empty((0, 3), np.uint8)
    step = max(1, int(chosen.sum()) // _SAMPLE)
    found = pixels[chosen][::step]
    line = Image.fromarray(np.ascontiguousarray(np.broadcast_to(found.reshape(len(found), -1), (len(found), 3)))[None])
    found = line.quantize(count, Image.Quantize.MEDIANCUT, kmeans=1).getpalette() or []
    return np.array(found[: 3 * count], np.uint8).reshape(-1, 3)
