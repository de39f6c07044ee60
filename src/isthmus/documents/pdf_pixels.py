"""Decode the samples of images in PDFs, and encode new ones to fit the image's dictionary (ISO 32000-1, 7.4, 8.9)."""

import io
import re
import struct
import zlib
from dataclasses import dataclass, replace

import numpy as np
import pikepdf
import pypdfium2
from pikepdf.settings import set_qpdf_limits
from PIL import Image

from isthmus.documents.contract import LeftAsItIs, Place
from isthmus.documents.damage import DamageError
from isthmus.documents.encodings import (
    PNG_SIGNATURE,
    deflated_rows,
    group4,
    jpeg,
    jpeg_tables,
    png_chunk,
    refuse_many_scans,
    saved,
)
from isthmus.documents.pdf_filters import as_list, decoded, inflated, parameters_of, undone
from isthmus.documents.picture import Kind, Picture
from isthmus.documents.pillow_images import filled, image_of, opened, picture_of, samples_of
from isthmus.documents.tiff_directory import Layout, Writer, numbers_entry, shorts_entry

_FILTERS = {"/ASCIIHexDecode", "/ASCII85Decode", "/LZWDecode", "/FlateDecode", "/RunLengthDecode", "/CCITTFaxDecode",
            "/JBIG2Decode", "/DCTDecode", "/JPXDecode"}  # fmt: skip
_MOST_UNPACKED_SLOWLY = 2**26  # bytes behind LZW and other filters
_PALETTE, _SLACK = 4096, 2**16  # bytes
_MOST_REDUCED = 50.0  # times, by JPEG 2000
_MISSING = 0.05  # share of the rows of an image that may be missing
_CHANNELS: dict[Kind, int] = {"bilevel": 1, "grey": 1, "grey16": 1, "palette": 1, "colour": 3, "ink": 4}


@dataclass(frozen=True)
class Coding:
    """The coding of an image's samples, as its dictionary describes it."""

    kind: Kind
    bits: int
    filters: tuple[str, ...]
    parameters: dict[str, int]
    inverted: bool
    palette: np.ndarray | None = None
    stated: bool = True  # the dictionary states the colours; otherwise the data do

    @property
    def channels(self) -> int:
        return _CHANNELS[self.kind]

    @property
    def bytes_of_pixel(self) -> int:
        """The bytes of a pixel while it is read; a palette's pixels become colours."""
        return 3 if self.kind == "palette" else self.channels * max(1, self.bits // 8)


def coding_of(image: pikepdf.Object) -> Coding:
    """Read the dictionary of an image; raise ``LeftAsItIs`` if it is of an unsupported kind."""
    if "/SMask" in image or "/Mask" in image:
        raise LeftAsItIs("an image with a mask is left as it is")
    names = tuple(str(name) for name in as_list(image.get("/Filter")))
    for name in names:
        if name not in _FILTERS:
            raise LeftAsItIs(f"an image behind the filter {name} is left as it is")
    parameters = as_list(image.get("/DecodeParms"))
    last = parameters[len(names) - 1] if names and len(parameters) == len(names) else None
    entries = last.items() if isinstance(last, pikepdf.Dictionary) else ()
    numbers = {str(key): int(value) for key, value in entries if not hasattr(value, "keys")}
    stencil = bool(image.get("/ImageMask", False))
    one_bit = stencil or names[-1:] in {("/CCITTFaxDecode",), ("/JBIG2Decode",)}
    bits = 1 if one_bit else int(image.get("/BitsPerComponent", 8))
    kind, palette = ("grey", None) if stencil else _colour_space(image.get("/ColorSpace"), names)
    if kind == "grey" and bits in {1, 16}:
        kind = "bilevel" if bits == 1 else "grey16"
    elif bits not in {8, *([2, 4] if kind in {"grey", "palette"} else []), *([1] if kind == "palette" else [])}:
        raise LeftAsItIs(f"{bits}-bit samples are left as they are")
    inverted = _is_inverted(image.get("/Decode"), kind, bits)
    if kind == "palette" and bits == 1 and palette is not None and len(palette) > 1:
        kind, inverted = "bilevel", bool(palette[0].sum() > palette[1].sum())
    stated = stencil or "/ColorSpace" in image or names[-1:] != ("/JPXDecode",)
    return Coding(kind, bits, names, numbers, inverted, palette, stated)


def decode(image: pikepdf.Object, coding: Coding, place: Place) -> Picture:
    """Decode an image; rows that are missing at its end become white."""
    samples = _samples(image, coding, (place.height, place.width))
    n_rows = len(samples)
    if n_rows < (1 - _MISSING) * place.height:
        raise DamageError(f"its data end after {n_rows} of {place.height} rows")
    if coding.kind == "bilevel":
        picture = Picture("bilevel", samples.astype(bool) ^ coding.inverted, levels=2)
    elif coding.kind == "palette":
        assert coding.palette is not None
        picture = Picture("palette", samples, palette=filled(coding.palette, samples), levels=2**coding.bits)
    else:
        if coding.inverted:
            samples = 2**coding.bits - 1 - samples
        if coding.bits < 8:
            samples = samples * np.uint8(255 // (2**coding.bits - 1))
        kind: Kind = "grey" if not coding.stated and samples.ndim == 2 else coding.kind
        picture = Picture(kind, samples, levels=2**coding.bits)
    return picture if n_rows == place.height else _completed(picture, place.height)


def _completed(picture: Picture, height: int) -> Picture:
    """A picture with white rows at its end."""
    n_missing = height - len(picture.samples)
    white = {"bilevel": True, "grey16": 65535, "ink": 0}.get(picture.kind, 255)
    if picture.palette is not None:
        white = int(picture.palette.sum(axis=1, dtype=int).argmax())
    sides = [(0, n_missing), *[(0, 0)] * (picture.samples.ndim - 1)]
    samples = np.pad(picture.samples, sides, constant_values=white)
    missing = "its last row was" if n_missing == 1 else f"its last {n_missing} rows were"
    return replace(picture, samples=samples, note=f"{missing} missing, and taken as white")


def encode(image: pikepdf.Object, coding: Coding, picture: Picture) -> tuple[bytes, str]:
    """Encode a picture: its data, and the entries of the dictionary that describe it, in PDF syntax.

    Data that were deflated once more are deflated again, since JPEGs of empty pages become much smaller.
    """
    data, entries = _encoded(image, coding, picture)
    if "/FlateDecode" in coding.filters[:-1] and "/FlateDecode" not in entries:
        deflated = zlib.compress(data, 9)
        if len(deflated) < len(data):
            entries = re.sub("/Filter (/[A-Za-z0-9]+)", r"/Filter [/FlateDecode \1]", entries)
            return deflated, re.sub("/DecodeParms (<<.*?>>)", r"/DecodeParms [null \1]", entries)
    return data, entries


def _encoded(image: pikepdf.Object, coding: Coding, picture: Picture) -> tuple[bytes, str]:
    samples = picture.samples
    height, width = samples.shape[:2]
    before = len(image.read_raw_bytes())
    if picture.kind == "bilevel":
        stored = samples ^ coding.inverted if coding.kind == "bilevel" else samples
        data = group4(stored)
        entries = f"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns {width} /Rows {height} >>"
        if len(data) > before:  # as with halftones
            deflated = zlib.compress(np.packbits(stored, axis=1).tobytes(), 9)
            if len(deflated) < len(data):
                data, entries = deflated, "/Filter /FlateDecode"
        if coding.kind != "bilevel":
            entries += " /ColorSpace /DeviceGray /BitsPerComponent 1 /Decode [0 1]"
        return data, entries
    if coding.bits < 8 and picture.kind == "grey":
        samples = samples // np.uint8(255 // (2**coding.bits - 1))
    if coding.inverted:
        samples = (2**coding.bits - 1 - samples).astype(samples.dtype)
    if coding.filters[-1:] == ("/DCTDecode",):
        return _as_jpeg(image, coding, samples)
    if coding.filters[-1:] == ("/JPXDecode",):
        return _as_jpeg_2000(image, samples)
    bits = (picture.levels - 1).bit_length() if picture.kind == "palette" else coding.bits
    data, predictor = deflated_rows(samples, bits), 15
    if len(data) > before and bits == 8:
        plain = zlib.compress(samples.tobytes(), 9)
        if len(plain) < len(data):
            data, predictor = plain, 1
    parameters = f"/Predictor {predictor} /Colors {coding.channels} /BitsPerComponent {bits} /Columns {width}"
    entries = f"/Filter /FlateDecode /DecodeParms << {parameters} >>"
    old, new = coding.palette, picture.palette
    if new is not None and old is not None and not np.array_equal(new, old):
        table = new.tobytes().hex()
        entries += f" /BitsPerComponent {bits} /ColorSpace [/Indexed /DeviceRGB {len(new) - 1} <{table}>]"
    return data, entries


def _colour_space(space: pikepdf.Object | None, filters: tuple[str, ...]) -> tuple[Kind, np.ndarray | None]:
    """The kind of picture that a colour space stands for, and its palette."""
    if space is None and filters[-1:] == ("/JPXDecode",):
        return "colour", None  # the data itself states its colours
    parts = as_list(space)
    name = str(parts[0]) if parts else ""
    if name in {"/Indexed", "/I"} and len(parts) == 4:
        base, _ = _colour_space(parts[1], ())
        channels = {"grey": 1, "colour": 3}.get(base)
        if channels is None or as_list(parts[1])[0] in {"/CalGray", "/CalRGB"}:
            raise LeftAsItIs("a palette of colours other than grey and RGB is left as it is")
        if isinstance(parts[3], pikepdf.Stream):
            table = decoded(parts[3], _PALETTE)
        elif isinstance(parts[3], pikepdf.String):  # bytes of a number would be so many zeros
            table = bytes(parts[3])
        else:
            raise DamageError("its palette has no colours")
        if len(table) > _PALETTE:
            raise LeftAsItIs("an image with a palette of more than 256 colours is left as it is")
        entries = np.frombuffer(table[: len(table) // channels * channels], np.uint8).reshape(-1, channels)
        return "palette", np.repeat(entries, 3, axis=1) if channels == 1 else entries
    if name == "/ICCBased" and len(parts) == 2:
        found: Kind | None = {1: "grey", 3: "colour", 4: "ink"}.get(int(parts[1].get("/N", 0)))  # type: ignore[assignment]
    else:
        found = {"/DeviceGray": "grey", "/G": "grey", "/CalGray": "grey", "/DeviceRGB": "colour", "/RGB": "colour",
                 "/CalRGB": "colour", "/DeviceCMYK": "ink", "/CMYK": "ink"}.get(name)  # type: ignore[assignment] # fmt: skip
    if found is None:
        raise LeftAsItIs(f"an image in the colour space {name.lstrip('/') or 'none'} is left as it is")
    return found, None


def _is_inverted(decode: pikepdf.Object | None, kind: Kind, bits: int) -> bool:
    """Whether the decode array inverts the samples; other arrays than that and the default are not supported."""
    if decode is None:
        return False
    high, count = 2**bits - 1 if kind == "palette" else 1, _CHANNELS[kind]
    values = [float(value) for value in decode][: 2 * count]
    if values == [0, high] * count:
        return False
    if values == [high, 0] * count and kind != "palette":
        return True
    raise LeftAsItIs("an image whose samples are mapped by a decode array is left as it is")


def _samples(image: pikepdf.Object, coding: Coding, shape: tuple[int, int]) -> np.ndarray:
    last = coding.filters[-1] if coding.filters else ""
    if last in {"/DCTDecode", "/JPXDecode"}:
        formats = ("JPEG", "MPO") if last == "/DCTDecode" else ("JPEG2000",)
        data = _inner(image, coding, shape)
        refuse_many_scans(data)
        with opened(io.BytesIO(data), formats) as found:
            if found.size != shape[::-1]:
                raise LeftAsItIs(
                    f"an image of {found.width} × {found.height} pixels, which its dictionary contradicts, is left"
                )
            picture = picture_of(found)
        agrees = picture.kind == coding.kind or (not coding.stated and picture.kind == "grey")
        if not agrees or picture.alpha is not None:
            raise LeftAsItIs("an image whose colours contradict its colour space is left as it is")
        # Pillow inverts ink, as Adobe stores it; in PDF only the decode array inverts.
        return 255 - picture.samples if coding.kind == "ink" and last == "/DCTDecode" else picture.samples
    if last == "/CCITTFaxDecode":
        return _fax(image, coding, shape)
    if last == "/JBIG2Decode":
        return _by_pdfium(image, shape)
    if last == "/LZWDecode" and len(coding.filters) == 1:
        return _lzw(image, coding, shape)
    return _rows(image, coding, shape)


def _inner(image: pikepdf.Object, coding: Coding, shape: tuple[int, int]) -> bytes:
    """The data that the last filter decodes; they are hardly larger than the pixels."""
    data = image.read_raw_bytes()
    most = 2 * shape[0] * _row_bytes(coding, shape[1]) + _SLACK
    for number, name in enumerate(coding.filters[:-1]):
        undo = undone(data, name, 2 * most)  # text is longer than what it stands for
        if undo is None or int(parameters_of(image, number).get("/Predictor", 1)) > 1:
            raise LeftAsItIs(f"an image behind the filters {', '.join(coding.filters)} is left as it is")
        if len(undo) > 2 * most:
            raise LeftAsItIs("an image that is larger compressed than its pixels is left as it is")
        data = undo
    return data


def _rows(image: pikepdf.Object, coding: Coding, shape: tuple[int, int]) -> np.ndarray:
    """Samples that are stored as rows, possibly deflated."""
    n_bytes = shape[0] * _row_bytes(coding, shape[1])
    if coding.filters != ("/FlateDecode",):
        data = _filtered(image, coding, n_bytes)
    else:
        said = coding.parameters
        predictor = said.get("/Predictor", 1)
        form = (said.get("/Colors", 1), said.get("/BitsPerComponent", 8), said.get("/Columns", 1))
        if (predictor >= 10 or predictor == 2) and form != (coding.channels, coding.bits, shape[1]):
            raise LeftAsItIs("an image whose predictor has another shape than its pixels is left as it is")
        if predictor >= 10:
            return _filtered_rows(image.read_raw_bytes(), coding, shape)
        if predictor == 2 and coding.bits != 8:
            raise LeftAsItIs(f"{coding.bits}-bit samples with TIFF's predictor are left as they are")
        data = inflated(image.read_raw_bytes(), n_bytes)
        if predictor == 2:
            steps = _whole_rows(data, coding, shape[1]).reshape(-1, shape[1], coding.channels)
            return np.cumsum(steps, axis=1, dtype=np.uint8).reshape(-1, shape[1], *_channels(coding))
    return _unpacked(data[:n_bytes], coding, shape[1])


def _filtered(image: pikepdf.Object, coding: Coding, n_bytes: int) -> bytes:
    """Data behind other filters than FlateDecode alone; those of qpdf have limits, except for LZW."""
    most = min(2 * n_bytes + _SLACK, 2**32 - 1)
    too_long = LeftAsItIs("an image whose data are much longer than its pixels is left as it is")
    if "/LZWDecode" in coding.filters and n_bytes > _MOST_UNPACKED_SLOWLY:
        raise LeftAsItIs("an image of more than 64 MB behind LZW and other filters is left as it is")
    if "/LZWDecode" in coding.filters and len(decoded(image, most)) > most:
        raise too_long
    before = set_qpdf_limits(flate_max_memory=most, run_length_max_memory=most)
    try:
        return image.read_bytes(pikepdf.StreamDecodeLevel.specialized)
    except (pikepdf.PdfError, RuntimeError) as error:
        if "memory limit" in str(error):
            raise too_long from None
        raise
    finally:
        set_qpdf_limits(**before)  # type: ignore[arg-type]


def _row_bytes(coding: Coding, width: int) -> int:
    return (width * coding.channels * coding.bits + 7) // 8


def _channels(coding: Coding) -> tuple[int, ...]:
    return (coding.channels,) if coding.channels > 1 else ()


def _whole_rows(data: bytes, coding: Coding, width: int) -> np.ndarray:
    """The rows in stored data, without the beginning of a further row."""
    row = _row_bytes(coding, width)
    return np.frombuffer(data[: len(data) // row * row], np.uint8).reshape(-1, row)


def _unpacked(data: bytes, coding: Coding, width: int) -> np.ndarray:
    stored = _whole_rows(data, coding, width)
    if coding.bits == 16:
        return stored.view(">u2").astype(np.uint16)
    if coding.bits == 8:
        return stored.reshape(-1, width, *_channels(coding))
    if coding.bits == 1:
        return np.unpackbits(stored, axis=1, count=width)
    found, n_values = np.empty((len(stored), width), np.uint8), 8 // coding.bits  # of a byte
    for index in range(n_values):
        values = stored >> np.uint8(8 - coding.bits * (index + 1)) & np.uint8(2**coding.bits - 1)
        found[:, index::n_values] = values[:, : found[:, index::n_values].shape[1]]
    return found


def _filtered_rows(data: bytes, coding: Coding, shape: tuple[int, int]) -> np.ndarray:
    """Rows with PNG filters, decoded as a PNG, so that no more is inflated than the pixels need."""
    try:
        found = _as_png(data, coding, shape)
        if found[-1].any():  # Pillow takes missing rows as zeros, and does not say so
            return found
    except (OSError, SyntaxError):  # the data are damaged
        pass
    row = 1 + _row_bytes(coding, shape[1])
    rows = inflated(data, shape[0] * row)
    n_rows = len(rows) // row
    if n_rows == 0:
        raise DamageError("its compressed data are broken")
    return _as_png(zlib.compress(rows[: n_rows * row], 1), coding, (n_rows, shape[1]))


def _as_png(data: bytes, coding: Coding, shape: tuple[int, int]) -> np.ndarray:
    indexed = coding.channels == 1 and coding.bits < 16
    colour_type = 3 if indexed else {1: 0, 3: 2, 4: 6}[coding.channels]
    header = struct.pack(">IIBBBBB", shape[1], shape[0], coding.bits, colour_type, 0, 0, 0)
    palette = png_chunk(b"PLTE", bytes(768)) if indexed else b""
    png = png_chunk(b"IHDR", header) + palette + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    with opened(io.BytesIO(PNG_SIGNATURE + png), ("PNG",)) as found:
        return samples_of(found)


def _fax(image: pikepdf.Object, coding: Coding, shape: tuple[int, int]) -> np.ndarray:
    """CCITT Group 3 and 4, decoded as a TIFF."""
    said = coding.parameters
    columns, k = said.get("/Columns", 1728), said.get("/K", 0)
    if columns != shape[1]:
        raise LeftAsItIs("a fax image whose lines have another length is left as it is")
    if said.get("/EncodedByteAlign"):  # which TIFF does not have
        return _by_pdfium(image, shape)
    data = _inner(image, coding, shape)
    bits = _as_tiff(data, shape, {259: [4]} if k < 0 else {259: [3], 292: [int(k > 0)]})
    return bits ^ (not said.get("/BlackIs1", 0))


def _lzw(image: pikepdf.Object, coding: Coding, shape: tuple[int, int]) -> np.ndarray:
    """LZW, decoded as a TIFF, so that no more is decoded than the pixels need."""
    predictor = coding.parameters.get("/Predictor", 1)
    rare = not coding.parameters.get("/EarlyChange", 1) or predictor > 2 or coding.channels == 4
    if rare or (predictor == 2 and coding.bits != 8):
        raise LeftAsItIs("an image with a rare kind of LZW is left as it is")
    if predictor == 2:
        stored = _as_tiff(image.read_raw_bytes(), shape, {259: [5], 317: [2]}, bits=8, channels=coding.channels)
        return stored.reshape(*shape, *_channels(coding))
    stored = _as_tiff(image.read_raw_bytes(), (shape[0], _row_bytes(coding, shape[1])), {259: [5]}, bits=8)
    return _unpacked(stored.tobytes(), coding, shape[1])


def _as_tiff(
    data: bytes, shape: tuple[int, int], compression: dict[int, list[int]], *, bits: int = 1, channels: int = 1
) -> np.ndarray:
    """Decode data as the one strip of a TIFF, with these tags about its compression."""
    layout, (height, width), file = Layout("<", False), shape, io.BytesIO()
    tags = {tag: numbers_entry(layout, [side]) for tag, side in ((256, width), (257, height), (278, height))}
    more = {258: [bits] * channels, 262: [2 if channels == 3 else 1], 277: [channels]} | compression
    tags |= {tag: shorts_entry(layout, *values) for tag, values in more.items()}
    Writer(file, layout).add(tags, [data], (file, layout))
    with opened(file, ("TIFF",)) as found:
        return samples_of(found)


def _by_pdfium(image: pikepdf.Object, shape: tuple[int, int]) -> np.ndarray:
    """Black and white, decoded by PDFium from a PDF of this image alone."""
    alone = pikepdf.new()
    page = alone.add_blank_page(page_size=(72, 72))
    copy = alone.copy_foreign(image)
    for key in ("/Decode", "/ImageMask", "/Metadata"):
        if key in copy:
            del copy[key]
    copy["/ColorSpace"], copy["/BitsPerComponent"] = pikepdf.Name.DeviceGray, 1
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=copy))
    page.Contents = alone.make_stream(b"72 0 0 72 0 0 cm /Im Do")
    file = io.BytesIO()
    alone.save(file)
    with pypdfium2.PdfDocument(file.getvalue()) as document:
        (drawn,) = document[0].get_objects()
        pixels = drawn.get_bitmap().to_numpy()
        found = np.array(pixels if pixels.ndim == 2 else pixels[..., 0]) >= 128
    if found.shape != shape:
        raise DamageError("its data cannot be decoded")
    return found


def _as_jpeg(image: pikepdf.Object, coding: Coding, samples: np.ndarray) -> tuple[bytes, str]:
    with opened(io.BytesIO(_inner(image, coding, samples.shape[:2])), ("JPEG", "MPO")) as found:
        tables = jpeg_tables(found)
    stored = 255 - samples if coding.kind == "ink" else samples
    return jpeg(image_of(Picture(coding.kind, stored)), tables), "/Filter /DCTDecode"


def _as_jpeg_2000(image: pikepdf.Object, samples: np.ndarray) -> tuple[bytes, str]:
    """JPEG 2000 of the same size as before, unless that is so small that print would suffer."""
    rate = min(max(1.0, samples.nbytes / max(1, len(image.read_raw_bytes()))), _MOST_REDUCED)
    lossy = {"irreversible": True, "quality_mode": "rates", "quality_layers": [rate]}
    return saved(Image.fromarray(samples), "JPEG2000", **(lossy if rate > 2.5 else {})), "/Filter /JPXDecode"
