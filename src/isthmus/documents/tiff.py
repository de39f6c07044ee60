"""TIFF: unchanged pages are copied as they are stored; changed pages get new pixels and keep their tags."""

import io
import zlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from isthmus.documents import tiff_directory as td
from isthmus.documents.budget import COPIED, PICTURES
from isthmus.documents.contract import File, Place, Plan, Rules, copy_whole, decoding, steps_at
from isthmus.documents.encodings import JPEGTables, group4, jpeg, saved, tables_in
from isthmus.documents.picture import Picture
from isthmus.documents.pillow_images import image_of, opened, picture_of
from isthmus.errors import InputError

NAME, HOLDS_BILEVEL, TURNS_PIXELS = "TIFF", True, True

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _CHANNELS, _ROWS = 256, 257, 258, 259, 262, 277, 278
_X, _Y, _UNIT, _PREDICTOR, _COLOURS, _FORMAT, _TABLES, _SUBSAMPLING = 282, 283, 296, 317, 320, 339, 347, 530
# Tags about how pixels are stored; all other tags are about the page.
_STORAGE = {256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325, 338,
            339, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532}  # fmt: skip
_NONE, _LZW, _OLD_JPEG, _JPEG, _DEFLATE, _PACKBITS, _OLD_DEFLATE = 1, 5, 6, 7, 8, 32773, 32946
_PILLOW = {_NONE: "raw", _LZW: "tiff_lzw", _PACKBITS: "packbits", 34925: "lzma", 50000: "zstd"}
_PALETTE = 3  # a photometric interpretation
_SMALLER = 330  # smaller copies of the picture, which would still show the old one
_KIND, _OLD_KIND = 254, 255  # NewSubfileType and SubfileType, which say that a directory is no page
_OVERVIEW, _MASK = 1, 4
_MASKED = "its mask would not be turned with it"
_Numbers = dict[int, Sequence[int]]  # by tag


def plan(file: File, name: str, rules: Rules) -> Plan:
    found: list[tuple[Place, int]] = []
    with decoding(name):
        layout, _ = td.read_layout(file)
        size = file.seek(0, io.SEEK_END)
        budget = rules.budget(name, size)

        def draw(n_bytes: int) -> None:
            budget.draw(COPIED, n_bytes, len(found) + 1)

        for offset, tags in td.pages(file, draw):
            page = len(found) + 1
            budget.draw(PICTURES, 1, page)
            width, height = td.number(tags, layout, _WIDTH), td.number(tags, layout, _HEIGHT)
            n_bytes = _bytes_of_pixel(tags, layout)
            rules.check_size(name, width, height, page, n_bytes=n_bytes)
            if td.number(tags, layout, _COMPRESSION, _NONE) == _OLD_JPEG:
                raise InputError(f"{name}, page {page}: has old-style JPEG; convert it with tiffcp -c lzw.")
            for starts, lengths in ((td.STRIP_OFFSETS, td.STRIP_LENGTHS), (td.TILE_OFFSETS, td.TILE_LENGTHS)):
                if starts in tags and lengths in tags:
                    ends = map(sum, zip(tags[starts].numbers(layout), tags[lengths].numbers(layout), strict=False))
                    if max(ends, default=0) > size:
                        raise InputError(f"{name}, page {page}: is damaged (it ends within its pixels).")
            td.draw_data(file, layout, tags, draw)
            dpi = _dpi(tags, layout)
            place = Place(page, width, height, dpi and sum(dpi) / 2, (offset,), problem=_problem(tags, layout))
            place = replace(place, steps=steps_at(*dpi)) if dpi else place
            found.append((place, _kind(tags, layout)))
    if not found:
        raise InputError(f"{name}: has no page.")
    places = _pages(found)
    n_others = len(found) - len(places)
    note = f"overviews and masks, which are no pages: {n_others}; a page that changes loses its overviews"
    return Plan(len(places), places, (note,) if n_others else (), alone=len(places) == 1)


def _kind(tags: td.Directory, layout: td.Layout) -> int:
    """Whether a directory says that it is an overview or a mask of a page."""
    old = _OVERVIEW if td.number(tags, layout, _OLD_KIND) == 2 else 0
    return td.number(tags, layout, _KIND) & (_OVERVIEW | _MASK) or old


def _pages(found: list[tuple[Place, int]]) -> tuple[Place, ...]:
    """The pages, each with its overviews and masks in its key: those that follow it, or come before the first page.

    Some scanners call pages overviews, too: an overview is smaller than its page, and a mask is not larger.
    """
    first = next((place for place, kind in found if not kind), found[0][0])
    places: list[Place] = []
    early: tuple[int, ...] = ()
    fixed: str | None = None
    for place, kind in found:
        page = places[-1] if places else first
        fits = place.width <= page.width and place.height <= page.height
        smaller = (place.width, place.height) != (page.width, page.height)
        if not (kind and fits and (smaller or kind & _MASK) and place is not first):
            places.append(replace(place, page=len(places) + 1, key=place.key + early, fixed=fixed))
            early, fixed = (), None
        elif places:
            places[-1] = replace(page, key=page.key + place.key, fixed=_MASKED if kind & _MASK else page.fixed)
        else:
            early += place.key
            fixed = _MASKED if kind & _MASK else fixed
    return tuple(places)


def open_document(path: str) -> AbstractContextManager[str]:
    return nullcontext(path)


def read(path: str, place: Place) -> Picture:
    with Path(path).open("rb") as file:
        layout, _ = td.read_layout(file)
        tags, _ = td.read_directory(file, layout, place.key[0])
        page = io.BytesIO()
        only = {tag: entry for tag, entry in tags.items() if tag in _STORAGE}
        # Pillow cannot read big-endian BigTIFF.
        td.Writer(page, td.Layout(layout.order, big=False)).add(only, td.strips(file, layout, tags), (file, layout))
    bits = td.number(tags, layout, _BITS, 1)
    with opened(page, ("TIFF",)) as image:
        if image.mode == "YCbCr":
            image = image.convert("RGB")  # noqa: PLW2901
        return picture_of(image, levels=2 ** min(bits, 8))


def encode(path: str, place: Place, picture: Picture) -> bytes:
    """Encode the picture as a TIFF of one page, in the layout of the document."""
    with Path(path).open("rb") as file:
        layout, _ = td.read_layout(file)
        old, _ = td.read_directory(file, layout, place.key[0])
        compression = td.number(old, layout, _COMPRESSION, _NONE)
        tables = None
        if compression == _JPEG:
            first = next(iter(td.strips(file, layout, old)))
            tables = tables_in(old[_TABLES].value if _TABLES in old else b"", first)
    height, width = picture.samples.shape[:2]
    tags = {_ROWS: td.numbers_entry(layout, [height])}
    for tag, side in (_WIDTH, width), (_HEIGHT, height):
        tags[tag] = td.shorts_entry(layout, side) if side < 65536 else td.numbers_entry(layout, [side])
    before = sum(old[td.TILE_LENGTHS if td.TILE_LENGTHS in old else td.STRIP_LENGTHS].numbers(layout))
    fax = group4(picture.samples) if picture.kind == "bilevel" else None
    more: _Numbers = {}
    # Halftones can need fewer bytes in their old compression than in Group 4.
    if fax is not None and (compression not in {_LZW, _DEFLATE, _OLD_DEFLATE} or len(fax) <= before):
        data, more = [fax], {_BITS: [1], _COMPRESSION: [4], _PHOTOMETRIC: [0], _CHANNELS: [1]}
    elif compression == _JPEG and picture.kind in {"grey", "colour", "ink"} and picture.alpha is None:
        data, more = _jpeg(picture, tables, keep_rgb=td.number(old, layout, _PHOTOMETRIC) == 2)
    elif picture.kind == "grey16" or (picture.kind in {"grey", "palette"} and picture.levels < 256):
        data, more = _packed(picture, compression, layout)
    else:
        data, tags = _by_pillow(picture, compression, td.number(old, layout, _PREDICTOR, 1), layout)
    tags |= {tag: td.shorts_entry(layout, *numbers) for tag, numbers in more.items()}
    page = io.BytesIO()
    td.Writer(page, layout).add(tags, data, (page, layout))
    return page.getvalue()


def write(file: File, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: File) -> None:
    layout, _ = td.read_layout(file)
    writer, changed = td.Writer(output, layout), False
    for place, data in encoded:
        with decoding(name, place.page, writing=True):
            for offset in place.key:
                tags, _ = td.read_directory(file, layout, offset)
                if data is None or (offset != place.key[0] and not _kind(tags, layout) & _OVERVIEW):
                    writer.add(tags, td.strips(file, layout, tags), (file, layout))
                elif offset == place.key[0]:
                    changed = True
                    page = io.BytesIO(data)
                    new, _ = td.read_directory(page, layout, td.read_layout(page)[1])
                    kept = {tag: entry for tag, entry in tags.items() if tag not in _STORAGE and tag != _SMALLER}
                    writer.add(kept | new, td.strips(page, layout, new), (file, layout))
    if not changed:
        copy_whole(file, output)


def _bytes_of_pixel(tags: td.Directory, layout: td.Layout) -> int:
    """The bytes of a pixel while it is read, as Pillow holds it; a palette's pixels become colours."""
    channels, bits = td.number(tags, layout, _CHANNELS, 1), td.number(tags, layout, _BITS, 1)
    if channels == 1:
        return 3 if td.number(tags, layout, _PHOTOMETRIC, 1) == _PALETTE else max(1, bits // 8)
    return 3 if channels == 3 else 4


def _problem(tags: td.Directory, layout: td.Layout) -> str | None:
    bits = tags[_BITS].numbers(layout) if _BITS in tags else (1,)
    format = td.number(tags, layout, _FORMAT, 1)
    channels = td.number(tags, layout, _CHANNELS, 1)
    if format != 1 or len(set(bits)) != 1 or bits[0] not in {1, 2, 4, 8, 16} or (bits[0] != 8 and channels > 1):
        kind = "signed or floating-point" if format != 1 else "·".join(map(str, bits[:4])) + "-bit"
        return f"{kind} samples are left as they are"
    if td.number(tags, layout, _PHOTOMETRIC, 1) not in {0, 1, 2, 3, 5, 6}:
        return "a colour space other than grey, RGB, palette and CMYK is left as it is"
    return None


def _dpi(tags: td.Directory, layout: td.Layout) -> tuple[float, float] | None:
    """Dots per inch across and along the page."""
    unit = {2: 1.0, 3: 2.54}.get(td.number(tags, layout, _UNIT, 2))
    found = []
    for tag in (_X, _Y):
        if tag in tags and tags[tag].type == 5 and tags[tag].count:
            top, bottom = np.frombuffer(tags[tag].value[:8], layout.order + "u4")
            found.append(float(top) / float(bottom) if bottom else 0.0)
    return (unit * found[0], unit * found[-1]) if unit and found and all(found) else None


def _jpeg(picture: Picture, tables: JPEGTables | None, *, keep_rgb: bool) -> tuple[list[bytes], _Numbers]:
    image = image_of(picture)
    if picture.kind == "ink":  # Pillow inverts ink, libtiff does not
        image = Image.frombytes("CMYK", image.size, (255 - picture.samples).tobytes())
    channels = len(image.getbands())
    keep_rgb = keep_rgb and channels == 3
    data = jpeg(image, tables, **({"keep_rgb": True} if keep_rgb else {}))
    photometric = 2 if keep_rgb else {1: 1, 3: 6, 4: 5}[channels]
    more: _Numbers = {_BITS: [8] * channels, _COMPRESSION: [_JPEG], _CHANNELS: [channels], _PHOTOMETRIC: [photometric]}
    if channels == 3 and not keep_rgb:
        written = tables_in(b"", data)
        more[_SUBSAMPLING] = written.sampling if written else (1, 1)
    return [data], more


def _packed(picture: Picture, compression: int, layout: td.Layout) -> tuple[list[bytes], _Numbers]:
    """Encode samples of 2, 4 and 16 bits, which Pillow cannot write in every byte order."""
    samples = picture.samples
    if picture.kind == "grey16":
        bits, data = 16, samples.astype(layout.order + "u2").tobytes()
    else:
        bits = (picture.levels - 1).bit_length()
        values = samples if picture.kind == "palette" else samples // (255 // (picture.levels - 1))
        data = pack(values, bits)
    more: _Numbers = {_BITS: [bits], _CHANNELS: [1], _PHOTOMETRIC: [1], _COMPRESSION: [_NONE]}
    if picture.palette is not None:
        entries = np.zeros((picture.levels, 3), np.uint16)
        entries[: len(picture.palette)] = picture.palette[: picture.levels].astype(np.uint16) * 257
        more |= {_PHOTOMETRIC: [3], _COLOURS: entries.T.ravel().tolist()}
    if compression != _NONE:
        data, more[_COMPRESSION] = zlib.compress(data, 9), [_DEFLATE]
    return [data], more


def pack(values: np.ndarray, bits: int) -> bytes:
    """Pack values of 1, 2 or 4 bits into bytes, highest bits first; rows end at whole bytes."""
    single = (values[..., None] >> np.arange(bits - 1, -1, -1, dtype=np.uint8)) & 1
    return np.packbits(single.reshape(len(values), -1), axis=1).tobytes()


def _by_pillow(
    picture: Picture, compression: int, predictor: int, layout: td.Layout
) -> tuple[list[bytes], td.Directory]:
    name = _PILLOW.get(compression, "tiff_adobe_deflate")
    info = {_PREDICTOR: 2} if predictor == 2 and name in {"tiff_lzw", "tiff_adobe_deflate", "zstd"} else {}
    image = image_of(picture)
    try:
        data = saved(image, "TIFF", compression=name, tiffinfo=info)
    except OSError:  # this build of libtiff lacks the codec
        data = saved(image, "TIFF", compression="tiff_adobe_deflate", tiffinfo=info)
    page = io.BytesIO(data)
    theirs, start = td.read_layout(page)
    tags, _ = td.read_directory(page, theirs, start)
    stored = {tag: td.reordered(entry, theirs, layout) for tag, entry in tags.items() if tag in _STORAGE}
    return list(td.strips(page, theirs, tags)), stored
