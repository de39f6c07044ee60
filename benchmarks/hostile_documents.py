"""Documents that mean harm: mutated files and decompression bombs, each in at most 5 s and with an error in words.

    python benchmarks/hostile_documents.py [--files 2000] [--seed 0]

prints a table, and ends with 1 if anything crashed, hung, raised what is no error of Isthmus, or a bomb took more than
a second or 100 MB. The files are read by a process of its own, so that a crash is seen as one.
"""

import argparse
import io
import json
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

LIMIT = 5.0  # seconds


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
    import pikepdf  # noqa: PLC0415

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
    import pikepdf  # noqa: PLC0415

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
    import pikepdf  # noqa: PLC0415

    document = pikepdf.new()
    page = document.add_blank_page(page_size=(72, 72))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=stream(document, data, size, "/FlateDecode")))
    page.Contents = document.make_stream(zlib.compress(content, 9), Filter=pikepdf.Name.FlateDecode)
    file = io.BytesIO()
    document.save(file, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return file.getvalue()


def form_bomb() -> bytes:
    """Forms that draw forms ten times each, ten deep."""
    import pikepdf  # noqa: PLC0415

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


def read_them(folder: Path) -> None:
    """Transform each file that is named on standard input, and say how it went, a line each."""
    from isthmus.documents import transform_documents  # noqa: PLC0415
    from isthmus.errors import IsthmusError  # noqa: PLC0415

    for line in sys.stdin:
        name = line.strip()
        before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        (report,) = transform_documents([(name, str(folder / f"out{Path(name).suffix}"))], paper)
        error = report.error
        print(
            json.dumps(
                {
                    "name": Path(name).name,
                    "seconds": time.monotonic() - begun,
                    "megabytes": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
                    "error": None if error is None else f"{type(error).__name__}: {error}",
                    "expected": error is None or isinstance(error, IsthmusError),
                }
            ),
            flush=True,
        )


class Reader:
    """The process that reads; another one takes its place when it has crashed or hung."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def read(self, path: Path) -> dict[str, object]:
        """How it went; a crash and a hang are told, too."""
        import select  # noqa: PLC0415

        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__, "--read", self._folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], LIMIT + 10)  # it may have to start
        line = self._process.stdout.readline() if ready else ""
        if line:
            return dict(json.loads(line))
        self.end()
        return {"name": path.name, "seconds": LIMIT + 10, "megabytes": 0, "error": "hung" if not ready else "crashed",
                "expected": False}  # fmt: skip

    def end(self) -> None:
        """Stop reading."""
        if self._process is not None:
            with self._process as process:  # its pipes are closed then
                process.kill()
            self._process = None


def run(n_files: int, seed: int, show: bool = True) -> list[str]:
    """Read mutated files and bombs, print a table, and give what went wrong."""
    wrong: list[str] = []
    sound = sound_documents()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reader = Reader(folder)
        outcomes: dict[str, Counter[str]] = {}
        slowest = 0.0
        try:
            for number in range(n_files):
                source = list(sound)[number % len(sound)]
                path = folder / f"{number:05}-{source}"
                path.write_bytes(mutated(sound[source], random.Random(f"{seed}-{number}")))
                found = reader.read(path)
                kind = "cleaned" if found["error"] is None else "refused" if found["expected"] else "WRONG"
                outcomes.setdefault(Path(source).suffix, Counter())[kind] += 1
                slowest = max(slowest, float(str(found["seconds"])))
                if kind == "WRONG" or float(str(found["seconds"])) > LIMIT:
                    wrong.append(f"{path.name} (seed {seed}): {found}")
                path.unlink()
            lines = []
            for source, data in sound.items():  # each format is imported, before memory is measured
                (folder / source).write_bytes(data)
                reader.read(folder / source)
            for bomb, data in bombs():
                path = folder / bomb
                path.write_bytes(data)
                found = reader.read(path)
                lines.append(
                    f"| {bomb} | {len(data):,} | {found['seconds']:.2f} | {found['megabytes']:.0f} | {found['error']} |"
                )
                seconds, megabytes = float(str(found["seconds"])), float(str(found["megabytes"]))
                if not found["expected"] or seconds > 1 or megabytes > 100:
                    wrong.append(f"{bomb}: {found}")
        finally:
            reader.end()
    if show:
        print("| format | refused | cleaned | wrong |\n|---|---|---|---|")
        for suffix, counts in sorted(outcomes.items()):
            print(f"| {suffix} | {counts['refused']} | {counts['cleaned']} | {counts['WRONG']} |")
        print(f"\n{n_files} mutated files, the slowest {slowest:.2f} s.\n")
        print("| bomb | bytes | s | more MB | outcome |\n|---|---|---|---|---|")
        print("\n".join(lines).replace(f"{name}/", ""))
        print("\n".join(["", f"{len(wrong)} went wrong.", *wrong]))
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read is not None:
        read_them(arguments.read)
    else:
        sys.exit(bool(run(arguments.files, arguments.seed)))
