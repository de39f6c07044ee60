"""JPEG: new pixels, compressed with the old tables, between the old segments: resolution, profile and EXIF stay."""

import struct
from collections.abc import Iterable
from pathlib import Path

from isthmus.documents.contract import Place
from isthmus.documents.encodings import jpeg, jpeg_tables, refuse_many_scans, segments
from isthmus.documents.picture import Picture
from isthmus.documents.pillow_images import SingleImage, image_of, opened

_JFIF, _PICTURES, _ADOBE, _COMMENT = 0xE0, 0xE2, 0xEE, 0xFE


class JPEG(SingleImage):
    """JPEG, also with further pictures behind the first (MPO), which are lost."""

    NAME, HOLDS_BILEVEL, pillow_names = "JPEG", False, ("JPEG", "MPO")

    def read(self, path: str, place: Place) -> Picture:
        refuse_many_scans(Path(path).read_bytes())
        return super().read(path, place)

    def encode(self, path: str, place: Place, picture: Picture) -> bytes:
        with opened(path, self.pillow_names) as image:
            new = jpeg(image_of(picture), jpeg_tables(image))
        return b"\xff\xd8" + b"".join(_merged(Path(path).read_bytes(), new))


def _merged(old: bytes, new: bytes) -> Iterable[bytes]:
    kept = [(marker, data) for marker, data in segments(old) if _is_kept(marker, data)]
    has_jfif = any(marker == _JFIF for marker, _ in kept)
    yield from (_segment(marker, data) for marker, data in kept)
    for marker, data in segments(new):
        if marker == 0xDA:
            yield data
        elif marker != _JFIF or not has_jfif:
            yield _segment(marker, data)


def _is_kept(marker: int, data: bytes) -> bool:
    """Whether a segment is about the picture, and not about its coding."""
    if marker == _JFIF:
        return data.startswith(b"JFIF\0")
    if marker == _PICTURES and data.startswith(b"MPF\0"):  # offsets of further pictures in the file
        return False
    return (0xE1 <= marker <= 0xEF and marker != _ADOBE) or marker == _COMMENT


def _segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data
