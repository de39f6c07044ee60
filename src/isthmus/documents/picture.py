"""Pictures as files store them: converted to the pixels of a page, and changed where those pixels changed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int, Int64, UInt8, UInt16
from PIL import Image
from scipy.spatial import KDTree

from isthmus.documents.bands import bands

_LIGHTER = 15  # than Otsu's threshold
_ROOM, _ALIKE = 4, 4  # entries of a palette that should be free for new colours, and levels between colours
_DRAWN = 2**20  # pixels from which the main colours are found
Kind = Literal["bilevel", "grey", "grey16", "colour", "ink", "palette"]
Grey = UInt8[np.ndarray, "rows columns"]
Colour = UInt8[np.ndarray, "rows columns 3"]
Samples = Bool[np.ndarray, "rows columns"] | UInt16[np.ndarray, "rows columns"] | UInt8[np.ndarray, "rows columns *any"]


@dataclass(frozen=True)
class Picture:
    """The samples of a page: low is dark, and white is True, 255 or 65535; for ink (CMYK) low is light.

    ``levels`` is the number of grey values, or of palette entries, that the file can store. ``alpha`` never changes.
    ``note`` says what was assumed of damaged data.
    """

    kind: Kind
    samples: Samples
    palette: UInt8[np.ndarray, "entries 3"] | None = None
    alpha: Grey | None = None
    levels: int = 256
    note: str | None = None


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
    for rows in bands(picture.samples.shape):
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


def changed_share(before: Grey | Colour, after: Grey | Colour) -> float:
    """The share of the pixels of a page that changed; a page that lost its colours is compared channel by channel."""
    n_changed = 0
    for rows in bands(before.shape):
        old, new = before[rows], after[rows]
        if old.ndim != new.ndim:
            old, new = (part if part.ndim == 3 else part[..., None] for part in (old, new))
        differs = old != new
        n_changed += int(np.count_nonzero(differs if differs.ndim == 2 else differs.any(axis=2)))
    return n_changed / int(np.prod(before.shape[:2]))


def grey_pixels(pixels: Grey | Colour) -> Grey:
    """Pixels in grey (ITU-R BT.601)."""
    if pixels.ndim == 2:
        return pixels
    grey = np.empty(pixels.shape[:2], np.uint8)
    for rows in bands(grey.shape):
        grey[rows] = np.asarray(Image.fromarray(pixels[rows]).convert("L"))
    return grey


def bilevel_picture(pixels: Grey | Colour) -> Picture:
    """A page in black and white, by a threshold that is a little lighter than Otsu's (1979), and at most 208.

    Otsu's lies halfway between paper and the usual ink; ink that is paler, and the edges of strokes, are lighter.
    """
    grey = grey_pixels(pixels)
    counts = np.array(Image.fromarray(grey).histogram(), float)
    below, mass = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mass[-1] * below - mass * below[-1]) ** 2 / (below * (below[-1] - below))
    best = int(np.nanargmax(between)) if np.isfinite(between).any() else 127
    return Picture("bilevel", grey > np.clip(best + _LIGHTER, 64, 208), levels=2)


def _to_ink(ink: UInt8[np.ndarray, "n 4"], pixels: UInt8[np.ndarray, "n *channels"]) -> UInt8[np.ndarray, "n 4"]:
    """Ink for pixels: the black ink stays, reduced where a pixel needs more light."""
    light = np.broadcast_to(pixels if pixels.ndim == 2 else pixels[:, None], (len(pixels), 3)).astype(float)
    black = np.maximum(255 - ink[:, 3].astype(float), light.max(axis=1))
    colour = 255 - light * 255 / np.maximum(black, 1)[:, None]
    return np.asarray(np.rint(np.column_stack([colour, 255 - black])), np.uint8)


def _repainted(picture: Picture, changed: Bool[np.ndarray, "rows columns"], after: Grey | Colour) -> Picture:
    """Put new colours into palette entries that no unchanged pixel uses, and give changed pixels the nearest entry.

    The palette keeps its size. If hardly an entry is free, and changed pixels need others, entries that few unchanged
    pixels use are given up: paper must be able to become white.
    """
    assert picture.palette is not None
    palette, samples = picture.palette[: picture.levels], picture.samples
    occurs, uses = np.zeros(2**24, np.int32), np.zeros(256, np.int64)
    for rows, _ in _parts(picture):
        numbers, n_pixels = np.unique(_numbers(after[rows][changed[rows]]), return_counts=True)
        occurs[numbers] += n_pixels.astype(np.int32)
        uses += np.bincount(samples[rows][~changed[rows]], minlength=256)
    numbers = np.flatnonzero(occurs)
    counts = occurs[numbers].astype(np.int64)
    colours = np.column_stack([numbers >> 16, numbers >> 8 & 255, numbers & 255]).astype(np.uint8)
    used = kept = np.flatnonzero(uses)
    missing = len(kept) == 0 or (KDTree(palette[kept]).query(colours)[0] > _ALIKE).any()
    n_free = picture.levels - len(kept)
    if missing and n_free < min(_ROOM, len(colours)):
        kept, new = _main_entries(picture, changed, uses, colours, counts)
    else:
        new = _main_colours(colours, counts, n_free)
    room = np.zeros((picture.levels, 3), np.uint8)
    room[: len(palette)] = palette
    entries = np.setdiff1d(np.arange(picture.levels), kept)[: len(new)]
    room[entries] = new
    known = np.concatenate([kept, entries])
    nearest = KDTree(room[known])
    moved = np.arange(256).astype(samples.dtype)
    moved[used] = known[nearest.query(palette[used])[1]]
    moved[kept] = kept
    entry_of = np.zeros(2**24, samples.dtype)
    entry_of[numbers] = known[nearest.query(colours)[1]]
    samples = moved[samples]
    for rows, _ in _parts(picture):
        samples[rows][changed[rows]] = entry_of[_numbers(after[rows][changed[rows]])]
    return replace(picture, samples=samples, palette=room[: max(len(palette), int(known.max()) + 1)])


def _main_entries(
    picture: Picture,
    changed: Bool[np.ndarray, "rows columns"],
    uses: Int64[np.ndarray, " entries"],
    wanted: UInt8[np.ndarray, "colours 3"],
    counts: Int64[np.ndarray, " colours"],
) -> tuple[Int64[np.ndarray, " kept"], UInt8[np.ndarray, "new 3"]]:
    """The entries to keep of a full palette and the colours to add, so that all pixels come near to their colours.

    The cheapest entry is given up again and again: the fewest pixels times the squared distance to the next colour.
    Entries of transparent pixels stay.
    """
    assert picture.palette is not None
    kept = np.flatnonzero(uses)
    new = _main_colours(wanted, counts, _ROOM)
    n_new = np.bincount(KDTree(new).query(wanted)[1], counts, minlength=len(new))
    colours = np.concatenate([picture.palette[kept], new]).astype(float)
    weights = np.concatenate([uses[kept], n_new]).astype(float)
    if picture.alpha is not None:
        weights[np.isin(kept, picture.samples[~changed & (picture.alpha < 255)])] = np.inf
    distances = ((colours[:, None] - colours[None]) ** 2).sum(axis=2) + 1e-3
    np.fill_diagonal(distances, np.inf)
    stays = np.ones(len(colours), bool)
    while stays.sum() > picture.levels:
        cost = np.where(stays, weights * distances.min(axis=1), np.inf)
        cheapest = int(cost.argmin())
        if not np.isfinite(cost[cheapest]):
            break
        weights[distances[cheapest].argmin()] += weights[cheapest]
        stays[cheapest], distances[:, cheapest], distances[cheapest] = False, np.inf, np.inf
    return kept[stays[: len(kept)]], new[stays[len(kept) :]]


def _numbers(pixels: UInt8[np.ndarray, "n *channels"]) -> Int[np.ndarray, " n"]:
    """Colours as numbers of 24 bits, in the same order."""
    red, green, blue = (pixels if pixels.ndim == 1 else pixels[:, channel] for channel in range(3))
    return np.asarray(red.astype(np.int32) << 16 | green.astype(np.int32) << 8 | blue)


def _main_colours(
    colours: UInt8[np.ndarray, "colours 3"], counts: Int64[np.ndarray, " colours"], most: int
) -> UInt8[np.ndarray, "main 3"]:
    """At most so many colours for pixels; a colour that most pixels of a group have, such as white, stays exact."""
    if len(colours) <= most or most == 0:
        return colours[:most]
    often = np.minimum(counts, 1 + counts * _DRAWN // counts.sum())
    line = Image.fromarray(np.repeat(colours, often, axis=0)[None])
    palette = line.quantize(most, Image.Quantize.MEDIANCUT, kmeans=1).getpalette() or []
    found = np.array(palette[: 3 * most], np.uint8).reshape(-1, 3)
    group = KDTree(found).query(colours)[1]
    totals = np.bincount(group, counts, minlength=len(found))
    common = 2 * counts > totals[group]  # at most one colour of a group
    found[group[common]] = colours[common]
    return found
