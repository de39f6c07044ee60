"""PNG: new pixels between the old chunks: resolution, profile, EXIF and texts stay."""

from collections.abc import Iterable
from dataclasses import replace

from isthmus.documents.contract import File, Place, Plan, Rules
from isthmus.documents.encodings import PNG_SIGNATURE, chunks, png, png_chunk
from isthmus.documents.picture import Picture
from isthmus.documents.pillow_images import content, image_of, opened, picture_of, plan_single
from isthmus.documents.single import write_single

NAME, HOLDS_BILEVEL = "PNG", True

_GREY, _COLOUR, _PALETTE = 0, 2, 3


def plan(file: File, name: str, rules: Rules) -> Plan:
    found = plan_single(file, name, rules, ("PNG",))
    file.seek(0)
    bits, colour_type = _header(file.read(33))
    place = found.places[0]
    if bits == 16 and colour_type != _GREY:
        place = replace(place, problem="colours of 16 bits are left as they are")
    return replace(found, places=(place,))


def read(path: str, place: Place) -> Picture:
    with opened(path, ("PNG",)) as image:
        image.load()
        with open(path, "rb") as file:  # noqa: PTH123
            bits, colour_type = _header(file.read(33))
        if image.mode in {"RGB", "L", "I;16", "1"} and "transparency" in image.info:
            # One colour is transparent: its pixels must keep exactly that colour.
            image.info.pop("transparency")
        return picture_of(image, levels=2**bits if colour_type in {_GREY, _PALETTE} else 256)


def encode(path: str, place: Place, picture: Picture) -> bytes:
    if picture.kind == "grey" and picture.levels < 256:
        step = 255 // (picture.levels - 1)
        image = image_of(replace(picture, samples=picture.samples // step))
        image.putpalette([value for value in range(256) for _ in range(3)])
    else:
        image = image_of(picture)
    bits = max(1, (picture.levels - 1).bit_length())
    new = dict[bytes, list[bytes]]()
    old = content(path)
    for level in (6, 9):
        new.clear()
        for name, chunk in chunks(png(image, bits=bits, level=level)):
            new.setdefault(name, []).append(chunk)
        if sum(map(len, new[b"IDAT"])) <= len(old):
            break
    if picture.kind == "grey" and picture.levels < 256:
        del new[b"PLTE"]
        header = new[b"IHDR"][0]
        new[b"IHDR"] = [png_chunk(b"IHDR", header[8:17] + bytes([_GREY]) + header[18:21])]
    return PNG_SIGNATURE + b"".join(_merged(old, new))


def _merged(old: bytes, new: dict[bytes, list[bytes]]) -> Iterable[bytes]:
    same_kind = _header(old[:33])[1] == _header(PNG_SIGNATURE + new[b"IHDR"][0])[1]
    critical = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
    about_kind = {b"tRNS", b"bKGD", b"sBIT", b"hIST", b"sPLT"}
    data_written = False
    for name, chunk in chunks(old):
        if name == b"IDAT":
            if not data_written:
                if b"PLTE" in new:
                    yield from new.pop(b"PLTE")
                yield from new[b"IDAT"]
            data_written = True
        elif name in critical:
            yield from new.pop(name, [])
        elif same_kind or name not in about_kind:
            yield chunk


def _header(data: bytes) -> tuple[int, int]:
    """Bits per sample and colour type."""
    return data[24], data[25]


write = write_single
