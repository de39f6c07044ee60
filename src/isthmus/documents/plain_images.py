"""Files that Pillow writes whole: BMP, WebP, and PBM, PGM and PPM in their binary forms."""

import re
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np

from isthmus.documents.contract import File, Place, Plan, Rules, decoding
from isthmus.documents.damage import DamageError
from isthmus.documents.encodings import saved
from isthmus.documents.picture import Picture
from isthmus.documents.pillow_images import SingleImage, image_of, opened, picture_of
from isthmus.documents.tiff import pack
from isthmus.errors import InputError

_SPACE = rb"(?:\s|#[^\n]*\n)+"
_PNM_HEADER = re.compile(rb"P([1-6])" + _SPACE + rb"(\d+)" + _SPACE + rb"(\d+)(?:" + _SPACE + rb"(\d+))?")


class BMP(SingleImage):
    """BMP: the resolution stays, and the depth of palettes."""

    NAME, pillow_names = "BMP", ("BMP",)

    def read(self, path: str, place: Place) -> Picture:
        with opened(path, self.pillow_names) as image, Path(path).open("rb") as file:
            return picture_of(image, levels=2 ** _bmp_bits(file.read(30)) if image.mode == "P" else 256)

    def encode(self, path: str, place: Place, picture: Picture) -> bytes:
        old = Path(path).read_bytes()
        data = saved(image_of(picture), "BMP")
        if picture.kind == "palette" and picture.levels < 256:
            data = _few_colours(picture, _bmp_bits(old))
        # Pixels per metre, which dpi would round; the oldest headers lack them.
        return data if _bmp_header(old) < 40 else data[:38] + old[38:46] + data[46:]


def _bmp_header(data: bytes) -> int:
    return int(struct.unpack_from("<I", data, 14)[0])


def _bmp_bits(data: bytes) -> int:
    """Bits per pixel; the oldest headers state them elsewhere."""
    return int(struct.unpack_from("<H", data, 24 if _bmp_header(data) == 12 else 28)[0])


def _few_colours(picture: Picture, bits: int) -> bytes:
    """A BMP with a palette of fewer than 8 bits, which Pillow does not write."""
    assert picture.palette is not None
    height, width = picture.samples.shape
    rows = np.frombuffer(pack(picture.samples[::-1], bits), np.uint8).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    table = np.zeros((2**bits, 4), np.uint8)
    table[: len(picture.palette), :3] = picture.palette[:, ::-1]
    start = 54 + table.size
    head = struct.pack("<2sIHHI", b"BM", start + rows.size, 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 0, rows.size, 0, 0, 0, 0)
    return head + info + table.tobytes() + rows.tobytes()


class PNM(SingleImage):
    """PBM, PGM and PPM, of one image and up to 8 bits per colour."""

    NAME, pillow_names = "PNM", ("PPM",)

    def plan(self, file: File, name: str, rules: Rules) -> Plan:
        found = super().plan(file, name, rules)
        with decoding(name):
            file.seek(0)
            header = _PNM_HEADER.match(file.read(4096))
            if header is None:
                raise DamageError("its header cannot be read")
            kind, width, height, largest = header[1], int(header[2]), int(header[3]), int(header[4] or 1)
            if kind in b"456":
                bits = {b"4": 1, b"5": 8, b"6": 24}[kind] * (2 if largest > 255 and kind != b"4" else 1)
                file.seek((header.end(3) if kind == b"4" else header.end()) + 1 + (width * bits + 7) // 8 * height)
                if re.match(rb"\s*P[1-6]\s", file.read(16)):
                    raise InputError(f"{name}: holds more than one image; split it into files of one.")
        wide = kind in b"36" and largest > 255
        problem = "colours of more than 8 bits are left as they are" if wide else None
        return replace(found, places=(replace(found.places[0], problem=problem),))

    def read(self, path: str, place: Place) -> Picture:
        with opened(path, self.pillow_names) as image:
            if image.mode == "I":
                return Picture("grey16", np.clip(np.array(image), 0, 65535).astype(np.uint16), levels=65536)
            return picture_of(image)

    def encode(self, path: str, place: Place, picture: Picture) -> bytes:
        return saved(image_of(picture), "PPM")


class WebP(SingleImage):
    """WebP: lossless stays lossless; lossy gets the best quality that needs no more bytes than before."""

    NAME, HOLDS_BILEVEL, pillow_names = "WebP", False, ("WEBP",)

    def encode(self, path: str, place: Place, picture: Picture) -> bytes:
        old, image = Path(path).read_bytes(), image_of(picture)
        with opened(path, self.pillow_names) as before:
            kept = {name: before.info[name] for name in ("icc_profile", "exif", "xmp") if before.info.get(name)}
        if _is_lossless(old):
            return saved(image, "WEBP", lossless=True, quality=80, exact=True, **kept)
        data = b""
        for quality in (90, 80, 70, 60, 45, 30, 15):
            data = saved(image, "WEBP", quality=quality, **kept)
            if len(data) <= len(old):
                break
        return data


def _is_lossless(webp: bytes) -> bool:
    place = 12
    while place + 8 <= len(webp):
        name, length = struct.unpack_from("<4sI", webp, place)
        if name in {b"VP8L", b"VP8 "}:
            return bool(name == b"VP8L")
        place += 8 + length + length % 2
    return False
