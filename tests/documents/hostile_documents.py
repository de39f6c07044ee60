"""Documents that mean harm, mutated files and decompression bombs, and a process that reads them.

A process of its own reads, so that the tests see a crash as one. It tells its seconds of processor time, which do not
depend on what else the machine does.
"""

import io
import json
import random
import resource
import select
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

PATIENCE = 600.0  # seconds until a file that gets no answer counts as hung


def sound_documents() -> dict[str, bytes]:
    """A small document of each format and kind of pixels."""
    rng = np.random.default_rng(0)
    page = Image.fromarray(np.clip(rng.normal(200, 10, (120, 90)), 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(page)
    for row in range(5, 110, 12):
        draw.text((5, row), "made to be broken", fill=20)
    colour, black = page.convert("RGB"), page.point(lambda value: 255 * (value > 110)).convert("1")
    made = {
        "grey.png": saved(page, "PNG", dpi=(300, 300)),
        "palette.png": saved(colour.quantize(32), "PNG"),
        "black.png": saved(black, "PNG"),
        "colour.jpg": saved(colour, "JPEG", quality=70, dpi=(200, 200)),
        "progressive.jpg": saved(page, "JPEG", progressive=True),
        "ink.jpg": saved(colour.convert("CMYK"), "JPEG"),
        "lossy.webp": saved(colour, "WEBP", quality=60),
        "lossless.webp": saved(colour, "WEBP", lossless=True),
        "colour.bmp": saved(colour, "BMP"),
        "black.bmp": saved(black, "BMP"),
        "grey.pgm": saved(page, "PPM"),
        "black.pbm": saved(black, "PPM"),
        "fax.tif": saved(black, "TIFF", compression="group4", save_all=True, append_images=[black] * 2),
        "lzw.tif": saved(colour, "TIFF", compression="tiff_lzw", save_all=True, append_images=[page]),
        "jpeg.tif": saved(page, "TIFF", compression="jpeg"),
        "plain.tif": saved(page, "TIFF", tiffinfo={270: "a description", 305: "software"}),
    }
    for name, image, filters in (
        ("flate.pdf", page, {"Filter": "/FlateDecode"}),
        ("jpeg.pdf", page, {"Filter": "/DCTDecode"}),
        ("objects.pdf", page, {"Filter": "/FlateDecode", "packed": "yes"}),
    ):
        made[name] = pdf(image, **filters)
    return made


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    """An image as a file."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def pdf(image: Image.Image, **filters: str) -> bytes:
    """A PDF of one scanned page."""
    import pikepdf

    document = pikepdf.new()
    page = document.add_blank_page(page_size=(image.width * 0.72, image.height * 0.72))
    data = saved(image, "JPEG") if filters["Filter"] == "/DCTDecode" else zlib.compress(image.tobytes())
    page.Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(Im=stream(document, data, image.size, filters["Filter"]))
    )
    page.Contents = document.make_stream(b"q %f 0 0 %f 0 0 cm /Im Do Q" % (image.width * 0.72, image.height * 0.72))
    file = io.BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if "packed" in filters else pikepdf.ObjectStreamMode.disable
    document.save(file, object_stream_mode=mode)
    return file.getvalue()


def stream(document: object, data: bytes, size: tuple[int, int], filter: str, bits: int = 8) -> object:
    """An image in grey for a PDF."""
    import pikepdf

    return document.make_stream(  # type: ignore[attr-defined]
        data, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=size[0], Height=size[1],
        ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=bits, Filter=pikepdf.Name(filter),
    )  # fmt: skip


def mutated(data: bytes, random: random.Random) -> bytes:
    """The file with some of its bytes flipped, overwritten, cut out, doubled or cut off."""
    broken = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 4, 16])):
        if not broken:
            break
        place = random.randrange(len(broken) if random.random() < 0.5 else min(len(broken), 256))
        kind = random.randrange(7)
        if kind == 0:
            broken[place] ^= 1 << random.randrange(8)
        elif kind == 1:
            broken[place] = random.choice([0, 1, 127, 128, 255])
        elif kind == 2:
            broken[place : place + 4] = random.choice(
                [b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"]
            )
        elif kind == 3:
            del broken[place : place + random.randrange(1, 64)]
        elif kind == 4:
            broken[place:place] = broken[place : place + random.randrange(1, 200)]
        elif kind == 5:
            del broken[place:]
        else:
            digits = [index for index, byte in enumerate(broken[:4000]) if 48 <= byte <= 57]
            if digits:
                broken[random.choice(digits)] = random.choice(b"0123456789-")
    return bytes(broken)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files of large images, and others that grow or go round in circles."""
    side = 60_000
    yield (
        "wide.png",
        png_header(side, side) + png_chunk(b"IDAT", zlib.compress(bytes(10**7), 9)) + png_chunk(b"IEND", b""),
    )
    yield "text.png", (png_header(20, 20) + png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8), 9))
                       + png_chunk(b"IDAT", zlib.compress(bytes(21 * 20))) + png_chunk(b"IEND", b""))  # fmt: skip
    small = Image.new("L", (16, 16), 255)
    jpeg = bytearray(saved(small, "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65_500, 65_500)
    yield "wide.jpg", bytes(jpeg)
    bmp = bytearray(saved(small, "BMP"))
    bmp[18:26] = struct.pack("<ii", side, side)
    yield "wide.bmp", bytes(bmp)
    yield "wide.pgm", b"P5 60000 60000 255\n" + bytes(1000)
    tiff = bytearray(saved(small.convert("1"), "TIFF", compression="group4"))
    for tag in (256, 257):
        place = (
            tiff.index(struct.pack("<HH", tag, 4))
            if struct.pack("<HH", tag, 4) in tiff
            else tiff.index(struct.pack("<HH", tag, 3))
        )
        tiff[place : place + 12] = struct.pack("<HHII", tag, 4, 1, side)
    yield "wide.tif", bytes(tiff)
    yield "second page.tif", second_page(bytes(tiff), saved(small.convert("1"), "TIFF", compression="group4"))
    circle = bytearray(saved(small, "TIFF"))
    (first,) = struct.unpack_from("<I", circle, 4)
    (count,) = struct.unpack_from("<H", circle, first)
    circle[first + 2 + 12 * count : first + 6 + 12 * count] = struct.pack("<I", first)
    yield "circle.tif", bytes(circle)
    yield "wide.pdf", pdf_with(zlib.compress(bytes(10**7), 9), (side, side))
    yield (
        "flate.pdf",
        pdf_with(zlib.compress(bytes(2 * 10**8), 9), (100, 100), content=b"q 72 0 0 72 0 0 cm /Im Do Q"),
    )
    yield "content.pdf", pdf_with(zlib.compress(bytes(10**4)), (100, 100), content=b"q " * 10**8)
    yield "forms.pdf", form_bomb()


def png_chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int, height: int) -> bytes:
    """The start of a grey PNG."""
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


def second_page(bomb: bytes, sound: bytes) -> bytes:
    """A TIFF whose second page is the bomb's only one."""
    shift = len(sound) + len(sound) % 2
    (first,) = struct.unpack_from("<I", sound, 4)
    (count,) = struct.unpack_from("<H", sound, first)
    (theirs,) = struct.unpack_from("<I", bomb, 4)
    joined = bytearray(sound.ljust(shift, b"\0") + bomb)
    joined[first + 2 + 12 * count : first + 6 + 12 * count] = struct.pack("<I", theirs + shift)
    return bytes(joined)


def pdf_with(data: bytes, size: tuple[int, int], content: bytes = b"q 72 0 0 72 0 0 cm /Im Do Q") -> bytes:
    """A PDF of one page with these data for an image, its contents deflated."""
    import pikepdf

    document = pikepdf.new()
    page = document.add_blank_page(page_size=(72, 72))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=stream(document, data, size, "/FlateDecode")))
    page.Contents = document.make_stream(zlib.compress(content, 9), Filter=pikepdf.Name.FlateDecode)
    file = io.BytesIO()
    document.save(file, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return file.getvalue()


def form_bomb() -> bytes:
    """Forms that draw forms ten times each, ten deep."""
    import pikepdf

    document = pikepdf.new()
    page = document.add_blank_page(page_size=(72, 72))
    inner = stream(document, zlib.compress(bytes(10**4)), (100, 100), "/FlateDecode")
    for _ in range(10):
        inner = document.make_stream(
            b"/X Do " * 10, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=pikepdf.Array([0, 0, 72, 72]),
            Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner)),
        )  # fmt: skip
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
    page.Contents = document.make_stream(b"72 0 0 72 0 0 cm /X Do")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def paper(pixels: np.ndarray, *, dpi: float | None) -> np.ndarray:
    """A page function: light becomes white."""
    return np.where(pixels > 150, np.uint8(255), pixels)


def read_files() -> None:
    """Transform each file that is named on standard input, and print how it went, a line each."""
    from isthmus.documents import transform_documents
    from isthmus.errors import IsthmusError

    for line in sys.stdin:
        path = Path(line.strip())
        before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        (report,) = transform_documents([(str(path), str(path.with_stem("out")))], paper)
        error = report.error
        outcome = {
            "error": "" if error is None else f"{type(error).__name__}: {error}",
            "expected": error is None or isinstance(error, IsthmusError),
            "seconds": time.process_time() - begun,
            "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        }
        print(json.dumps(outcome), flush=True)


@dataclass(frozen=True)
class Outcome:
    """What reading a file came to: its error ("" if it was cleaned), whether that is one of Isthmus, and the cost."""

    error: str
    expected: bool
    seconds: float = 0.0
    megabytes: float = 0.0


class Reader:
    """A process that reads files; another one takes its place when it has crashed or hung."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def read(self, path: Path) -> Outcome:
        """The outcome for one file."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        line = self._process.stdout.readline() if ready else ""
        if line:
            return Outcome(**json.loads(line))
        self.close()
        return Outcome("crashed" if ready else "hung", expected=False)

    def close(self) -> None:
        """Stop reading."""
        if self._process is not None:
            with self._process as process:  # its pipes are closed then
                process.kill()
            self._process = None


if __name__ == "__main__":
    read_files()
