"""Pictures as files store them: converted to the pixels of a page, and changed where those pixels changed."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, UInt8, UInt16
from PIL import Image
from scipy.spatial import KDTree

_ROOM, _ALIKE = 4, 4  # entries of a palette, and levels between colours
_BAND = 2**22  # pixels that are changed at a time
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
    return np.ascontiguousarray(pixels)


def changed_picture(picture: Picture, before: Grey | Colour, after: Grey | Colour) -> Picture:
    """The picture with new samples where the pixels of the page changed, and nowhere else."""
    if picture.kind == "palette":
        return _repainted(picture, _changed(picture, before, after), after)
    samples = picture.samples.copy()
    step = max(1, _BAND // samples.shape[1])
    for first in range(0, len(samples), step):
        rows = slice(first, first + step)
        part = replace(picture, samples=samples[rows], alpha=None if picture.alpha is None else picture.alpha[rows])
        _change(part, before[rows], after[rows])
    return replace(picture, samples=samples)


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
    return pixels if pixels.ndim == 2 else np.asarray(Image.fromarray(pixels).convert("L"))


def bilevel_picture(pixels: Grey | Colour) -> Picture:
    """A page in black and white, by Otsu's threshold (1979) limited to 64–208."""
    grey = grey_pixels(pixels)
    counts = np.bincount(grey.ravel(), minlength=256).astype(float)
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
    wanted = after[changed] if after.ndim == 3 else np.repeat(after[changed][:, None], 3, axis=1)
    colours, which = np.unique(wanted, axis=0, return_inverse=True)
    kept = np.unique(samples[~changed])
    # A small palette without free entries grows, since paper must be able to become white.
    missing = len(kept) == 0 or (KDTree(palette[kept]).query(colours)[0] > _ALIKE).any()
    levels = 256 if missing and picture.levels - len(kept) < _ROOM else picture.levels
    free = np.setdiff1d(np.arange(levels), kept)
    room = np.zeros((levels, 3), np.uint8)
    room[: len(palette)] = palette
    new = colours if len(colours) <= len(free) else _main_colours(wanted, len(free))
    entries = free[: len(new)]
    room[entries] = new
    known = np.concatenate([kept.astype(int), entries])
    nearest = known[KDTree(room[known]).query(colours)[1]]
    samples[changed] = nearest[which.ravel()].astype(samples.dtype)
    palette = room[: max(len(palette), int(known.max()) + 1)]
    return replace(picture, samples=samples, palette=palette, levels=levels)


def _main_colours(pixels: UInt8[np.ndarray, "n 3"], count: int) -> UInt8[np.ndarray, "m 3"]:
    if count == 0:
        return np.empty((0, 3), np.uint8)
    line = Image.fromarray(np.ascontiguousarray(pixels)[None])
    found = line.quantize(count, Image.Quantize.MEDIANCUT, kmeans=1).getpalette() or []
    return np.array(found[: 3 * count], np.uint8).reshape(-1, 3)
