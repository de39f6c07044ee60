"""WebP: lossless stays lossless; lossy gets the best quality that needs no more bytes than before."""

import struct

from isthmus.documents.contract import File, Place, Plan, Rules
from isthmus.documents.picture import Picture
from isthmus.documents.pillow_images import content, image_of, opened, picture_of, plan_single, saved
from isthmus.documents.single import write_single

NAME, HOLDS_BILEVEL = "WebP", False

_QUALITIES = (90, 80, 70, 60, 45, 30, 15)


def plan(file: File, name: str, rules: Rules) -> Plan:
    return plan_single(file, name, rules, ("WEBP",))


def read(path: str, place: Place) -> Picture:
    with opened(path, ("WEBP",)) as image:
        return picture_of(image)


def encode(path: str, place: Place, picture: Picture) -> bytes:
    old, image = content(path), image_of(picture)
    with opened(path, ("WEBP",)) as opened_image:
        kept = {name: opened_image.info[name] for name in ("icc_profile", "exif", "xmp") if opened_image.info.get(name)}
    if _is_lossless(old):
        return saved(image, "WEBP", lossless=True, quality=80, exact=True, **kept)
    data = b""
    for quality in _QUALITIES:
        data = saved(image, "WEBP", quality=quality, **kept)
        if len(data) <= len(old):
            break
    return data


def _is_lossless(data: bytes) -> bool:
    place = 12
    while place + 8 <= len(data):
        name, length = struct.unpack("<4sI", data[place : place + 8])
        if name in {b"VP8L", b"VP8 "}:
            return bool(name == b"VP8L")
        place += 8 + length + length % 2
    return False


write = write_single
