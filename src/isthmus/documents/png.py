"""PNG: new pixels between the old chunks: resolution, profile, EXIF and texts stay."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from isthmus.documents.contract import File, Place, Plan, Rules
from isthmus.documents.encodings import PNG_SIGNATURE, chunks, indexed, png, png_chunk
from isthmus.documents.picture import Picture
from isthmus.documents.pillow_images import SingleImage, image_of, opened, picture_of

_GREY, _PALETTE = 0, 3


class PNG(SingleImage):
    """PNG of up to 8 bits per colour, or 16 bits of grey."""

    NAME, pillow_names = "PNG", ("PNG",)

    def plan(self, file: File, name: str, rules: Rules) -> Plan:
        found = super().plan(file, name, rules)
        file.seek(0)
        bits, colour_type = _header(file.read(33))
        if bits < 16 or colour_type == _GREY:
            return found
        return replace(found, places=(replace(found.places[0], problem="colours of 16 bits are left as they are"),))

    def read(self, path: str, place: Place) -> Picture:
        with opened(path, self.pillow_names) as image:
            image.load()
            with Path(path).open("rb") as file:
                bits, colour_type = _header(file.read(33))
            if image.mode in {"RGB", "L", "I;16", "1"} and "transparency" in image.info:
                # One colour is transparent: its pixels must keep exactly that colour.
                image.info.pop("transparency")
            return picture_of(image, levels=2**bits if colour_type in {_GREY, _PALETTE} else 256)

    def encode(self, path: str, place: Place, picture: Picture) -> bytes:
        few_greys = picture.kind == "grey" and picture.levels < 256
        image = indexed(picture.samples // (255 // (picture.levels - 1))) if few_greys else image_of(picture)
        bits = max(1, (picture.levels - 1).bit_length())
        old = Path(path).read_bytes()
        for level in (6, 9):
            named = groupby(chunks(png(image, bits=bits, level=level)), key=lambda chunk: chunk[0])
            new = {name: b"".join(chunk for _, chunk in group) for name, group in named}
            if len(new[b"IDAT"]) <= len(old):
                break
        if picture.kind == "palette" and picture.alpha is not None:  # entries can have moved
            table = np.full(picture.levels, 255, np.uint8)
            table[picture.samples] = picture.alpha
            last = int(np.flatnonzero(table < 255).max(initial=0))
            new[b"tRNS"] = png_chunk(b"tRNS", table[: last + 1].tobytes())
        if few_greys:
            del new[b"PLTE"]
            header = new[b"IHDR"]
            new[b"IHDR"] = png_chunk(b"IHDR", header[8:17] + bytes([_GREY]) + header[18:21])
        return PNG_SIGNATURE + b"".join(_merged(old, new))


def _merged(old: bytes, new: dict[bytes, bytes]) -> Iterable[bytes]:
    same_kind = _header(old)[1] == _header(PNG_SIGNATURE + new[b"IHDR"])[1]
    for name, chunk in chunks(old):
        if name == b"IDAT":
            yield new.pop(b"PLTE", b"") + new.pop(b"IDAT", b"")
        elif name in {b"IHDR", b"PLTE", b"IEND"} or (name == b"tRNS" and name in new):
            yield new.pop(name, b"")
        elif same_kind or name not in {b"tRNS", b"bKGD", b"sBIT", b"hIST", b"sPLT"}:
            yield chunk


def _header(data: bytes) -> tuple[int, int]:
    """Bits per sample and colour type."""
    return data[24], data[25]
