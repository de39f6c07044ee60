"""Read pixels with Pillow, and the formats of one picture that it reads."""

import struct
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from isthmus.documents.bands import bands
from isthmus.documents.contract import SQUARE, File, Place, Plan, Rules, copy_whole, decoding, steps_at
from isthmus.documents.picture import Picture
from isthmus.errors import InputError
from isthmus.words import counted

# Images of other modes would lose something.
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "I;16B", "I;16L", "I;16N"}


@contextmanager
def opened(file: str | File, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    """Open an image; Pillow reads only its header.

    ``Image.open`` would compare its size with a limit of the whole process; here ``--max-megapixels`` is the limit.
    """
    if not set(formats) <= set(Image.OPEN):
        Image.init()
    with ExitStack() as stack:
        stream = stack.enter_context(Path(file).open("rb")) if isinstance(file, str) else file
        stream.seek(0)
        start = stream.read(16)
        for make, accept in (Image.OPEN[name] for name in formats):
            # A text instead of a truth says why this installation cannot read the format.
            if accept is None or accept(start) is True:
                stream.seek(0)
                with suppress(SyntaxError, IndexError, TypeError, struct.error):
                    image = stack.enter_context(make(stream, ""))
                    break
        else:
            raise UnidentifiedImageError("cannot identify image file")
        if image.format == "TIFF":  # with memory for its pixels, it is not compared with that limit when it is decoded
            image.im = Image.core.new(image.mode, image.size)
        yield image


class SingleImage:
    """A format of one picture; subclasses encode a changed picture as a whole file. Animations are refused."""

    NAME: str
    HOLDS_BILEVEL = TURNS_PIXELS = True
    pillow_names: tuple[str, ...]

    def plan(self, file: File, name: str, rules: Rules) -> Plan:
        with decoding(name), opened(file, self.pillow_names) as image:
            rules.check_size(name, *image.size, n_bytes=bytes_of_pixel(image.mode))
            if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
                raise InputError(f"{name}: is an animation of {image.n_frames} pictures, not a page.")  # type: ignore[attr-defined]
            problem = None if image.mode in _MODES else f"pixels of mode {image.mode} are left as they are"
            n_further = getattr(image, "n_frames", 1) - 1
            note = f"where the page changes, the file loses {counted(n_further, 'further picture')}"
            found = resolution(image)
            steps = steps_at(*found) if found else SQUARE
            place = Place(1, *image.size, dpi=dpi(image), problem=problem, steps=steps)
            return Plan(1, (place,), (note,) if n_further else (), alone=True)

    def open_document(self, path: str) -> AbstractContextManager[str]:
        return nullcontext(path)

    def read(self, path: str, place: Place) -> Picture:
        with opened(path, self.pillow_names) as image:
            return picture_of(image)

    def write(
        self, file: File, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: File
    ) -> None:
        for _, data in encoded:
            if data is None:
                copy_whole(file, output)
            else:
                output.write(data)


def resolution(image: Image.Image) -> tuple[float, float] | None:
    """Dots per inch across and along an image; None if the file does not state them."""
    try:
        across, along, *_ = map(float, image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, along) if 0 < across + along < float("inf") else None


def dpi(image: Image.Image) -> float | None:
    """Dots per inch, the mean of both directions; None if the file does not state them."""
    found = resolution(image)
    return found and sum(found) / 2


def bytes_of_pixel(mode: str) -> int:
    """The bytes of a pixel while it is read; a palette's pixels become colours."""
    if mode in {"I", "F"} or mode.endswith("A"):
        return 4
    return {"1": 1, "L": 1, "CMYK": 4}.get(mode, 2 if mode.startswith("I;16") else 3)


def picture_of(image: Image.Image, *, levels: int = 256) -> Picture:
    """The picture in an image; ``levels`` is the number of values that its file can store."""
    mode = image.mode
    if mode == "1":
        return Picture("bilevel", samples_of(image), levels=2)
    if mode == "P":
        return _palette_picture(image, levels)
    if mode in {"LA", "RGBA"}:
        alpha = samples_of(image, np.s_[..., -1])
        colours = samples_of(image, np.s_[..., 0] if mode == "LA" else np.s_[..., :3])
        return Picture("grey" if mode == "LA" else "colour", colours, alpha=alpha)
    samples = samples_of(image)
    if mode.startswith("I;16"):
        return Picture("grey16", samples.astype(np.uint16, copy=False), levels=65536)
    if mode == "CMYK":
        return Picture("ink", samples)
    return Picture("grey" if samples.ndim == 2 else "colour", samples, levels=levels)


def samples_of(image: Image.Image, channels: Any = ...) -> np.ndarray:
    """Decode an image, and copy its samples a few rows at a time; Pillow would copy the whole image three times."""
    image.load()
    width, height = image.size
    found = np.empty(0)
    for rows in bands((height, width)):
        part = np.asarray(image.crop((0, rows.start, width, rows.stop)))[channels]
        if rows.start == 0:
            found = np.empty((height, *part.shape[1:]), part.dtype)
        found[rows] = part
    return found


def _palette_picture(image: Image.Image, levels: int) -> Picture:
    samples = samples_of(image)
    stored = np.array(image.getpalette("RGB") or [0, 0, 0], np.uint8).reshape(-1, 3)
    palette = filled(stored[:levels], samples)
    transparency = image.info.get("transparency")
    table = np.full(256, 255, np.uint8)
    if isinstance(transparency, bytes):
        table[: len(transparency)] = np.frombuffer(transparency[:256], np.uint8)
    elif transparency is not None:
        table[int(transparency) & 255] = 0
    alpha = None if transparency is None else table[samples]
    return Picture("palette", samples, palette=palette, alpha=alpha, levels=levels)


def filled(palette: UInt8[np.ndarray, "entries 3"], samples: np.ndarray) -> UInt8[np.ndarray, "more 3"]:
    """A palette with an entry for every sample; missing entries are black."""
    missing = int(samples.max(initial=0)) + 1 - len(palette)
    return np.pad(palette, ((0, max(0, missing)), (0, 0)))


def image_of(picture: Picture) -> Image.Image:
    """The image of a picture."""
    samples = picture.samples
    if picture.kind == "ink":
        return Image.frombytes("CMYK", (samples.shape[1], samples.shape[0]), samples.tobytes())
    if picture.alpha is not None and picture.palette is None:
        samples = np.dstack([samples, picture.alpha])
    image = Image.fromarray(samples)
    if picture.palette is not None:
        image.putpalette(picture.palette.tobytes())
    return image
