"""Encode pixels: Group 4, JPEG with given tables, and deflated rows for PNG and PDF."""

import io
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image
from PIL.JpegImagePlugin import zigzag_index

from isthmus.documents.contract import LeftAsItIs
from isthmus.documents.tiff_directory import read_directory, read_layout, strips

_MOST_SCANS = 100  # encoders write about 10
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    """Encode an image in a format."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def group4(white: Bool[np.ndarray, "rows columns"]) -> bytes:
    """Encode a black-and-white page as one strip of Group 4 (ITU-T T.6)."""
    file = io.BytesIO(saved(Image.fromarray(~white), "TIFF", compression="group4", tiffinfo={278: white.shape[0]}))
    layout, start = read_layout(file)
    tags, _ = read_directory(file, layout, start)
    (strip,) = strips(file, layout, tags)
    return strip


@dataclass(frozen=True)
class JPEGTables:
    """The settings that a JPEG was compressed with; quantisation tables are in order of frequency."""

    quantisation: Mapping[int, Sequence[int]]
    sampling: tuple[int, int]
    progressive: bool = False


def jpeg(image: Image.Image, tables: JPEGTables | None, **options: object) -> bytes:
    """Encode a JPEG with the tables of another one, and so its quality and size; at quality 90 without tables."""
    if tables is None:
        return saved(image, "JPEG", quality=90, optimize=True, **options)
    subsampling = {(1, 1): 0, (2, 1): 1, (2, 2): 2}.get(tables.sampling, 0)
    count = 1 if image.mode == "L" else 2
    options |= {"qtables": [list(tables.quantisation[key]) for key in sorted(tables.quantisation)[:count]]}
    return saved(image, "JPEG", subsampling=subsampling, progressive=tables.progressive, optimize=True, **options)


def jpeg_tables(image: Image.Image) -> JPEGTables | None:
    """The tables of a JPEG that Pillow opened; None for other formats."""
    quantisation, layers = getattr(image, "quantization", None), getattr(image, "layer", None)
    if not quantisation or not layers:
        return None
    return JPEGTables(quantisation, layers[0][1:3], bool(image.info.get("progressive")))


def refuse_many_scans(data: bytes) -> None:
    """Refuse a JPEG of so many scans, each over all pixels, that decoding it would take minutes."""
    if data.count(b"\xff\xda") > _MOST_SCANS:
        raise LeftAsItIs(f"a JPEG of more than {_MOST_SCANS} scans is left as it is")


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The marker segments of a JPEG, each as marker and content; the scan and everything after it is the last one."""
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            return
        marker, length = struct.unpack_from(">BH", data, place + 1)
        if marker == 0xDA:
            yield marker, data[place:]
            return
        if marker == 0xFF:
            place += 1
            continue
        yield marker, data[place + 4 : place + 2 + length]
        place += 2 + length


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG, each as its type and all its bytes."""
    place = len(PNG_SIGNATURE)
    while place + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        yield name, data[place : place + 12 + length]
        place += 12 + length


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Encode one chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(image: Image.Image, *, bits: int = 8, level: int = 6) -> bytes:
    """Encode a PNG without metadata, which the image loses; ``bits`` is the depth of images of mode P."""
    image.info = {}
    return saved(image, "PNG", compress_level=level, **({"bits": bits} if image.mode == "P" else {}))


def deflated_rows(samples: UInt8[np.ndarray, "rows columns *channels"] | np.ndarray, bits: int) -> bytes:
    """Filter and deflate rows as PNG does: the FlateDecode of PDF with predictor 15, as in img2pdf."""
    # Four channels of ink are encoded as RGBA, which gives the same rows.
    image = indexed(samples) if bits < 8 and samples.dtype == np.uint8 else Image.fromarray(samples)
    return b"".join(chunk[8:-4] for name, chunk in chunks(png(image, bits=bits, level=9)) if name == b"IDAT")


def indexed(samples: UInt8[np.ndarray, "rows columns"]) -> Image.Image:
    """Samples as an image with a palette of all greys, which PNG stores in few bits."""
    image = Image.fromarray(samples)
    image.putpalette([value for value in range(256) for _ in range(3)])
    return image


def tables_in(*parts: bytes) -> JPEGTables | None:
    """Return the tables of a JPEG that TIFF stores in several parts, or None."""
    quantisation: dict[int, list[int]] = {}
    sampling = (1, 1)
    for part in parts:
        for marker, data in segments(part + b"\xff\xd9\0\0"):
            if marker == 0xDB:
                quantisation |= dict(_quantisation(data))
            elif marker in {0xC0, 0xC1, 0xC2} and len(data) > 8:
                sampling = (data[7] >> 4, data[7] & 15) if data[5] > 1 else (1, 1)
    return JPEGTables(quantisation, sampling) if quantisation else None


def _quantisation(data: bytes) -> Iterator[tuple[int, list[int]]]:
    place = 0
    while place < len(data):
        wide, key = data[place] >> 4, data[place] & 15
        size = 128 if wide else 64
        values = data[place + 1 : place + 1 + size]
        if len(values) < size:
            return
        stored = struct.unpack(">64H" if wide else ">64B", values)
        yield key, [stored[index] for index in zigzag_index]
        place += 1 + size
