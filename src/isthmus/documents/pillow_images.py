"""Shared by the formats of one picture: read and write pixels with Pillow."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

from isthmus.documents.contract import File, Place, Plan, Rules, decoding
from isthmus.documents.picture import Picture
from isthmus.errors import InputError


@contextmanager
def opened(file: str | File, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    """Open an image; Pillow reads only its header."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # --max-megapixels is the limit
    try:
        image = Image.open(file, formats=formats)
        with image:
            yield image
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def plan_single(file: File, name: str, rules: Rules, formats: tuple[str, ...]) -> Plan:
    """The plan of a file with one picture; animations are refused."""
    with decoding(name), opened(file, formats) as image:
        rules.check_size(name, *image.size)
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise InputError(f"{name}: is an animation of {image.n_frames} pictures, not a page.")  # type: ignore[attr-defined]
        place = Place(1, *image.size, dpi=dpi(image), problem=problem(image))
    return Plan(1, (place,))


def dpi(image: Image.Image) -> float | None:
    """Dots per inch, the mean of both directions; None if the file does not state them."""
    try:
        across, along, *_ = image.info["dpi"]
        mean = (float(across) + float(along)) / 2
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return mean if np.isfinite(mean) and mean > 0 else None


def problem(image: Image.Image) -> str | None:
    """The reason to leave an image as it is, if its mode would lose something."""
    if image.mode in {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "I;16B", "I;16L", "I;16N"}:
        return None
    return f"pixels of mode {image.mode} are left as they are"


def picture_of(image: Image.Image, *, levels: int = 256) -> Picture:
    """The picture in an image; ``levels`` is the number of values that its file can store."""
    mode = image.mode
    if mode == "1":
        return Picture("bilevel", np.asarray(image), levels=2)
    if mode == "P":
        return _palette_picture(image, levels)
    samples = np.array(image)
    if mode.startswith("I;16"):
        return Picture("grey16", samples.astype(np.uint16), levels=65536)
    if mode == "CMYK":
        return Picture("ink", samples)
    if mode in {"LA", "RGBA"}:
        grey = mode == "LA"
        return Picture(
            "grey" if grey else "colour",
            np.ascontiguousarray(samples[..., 0] if grey else samples[..., :3]),
            alpha=np.ascontiguousarray(samples[..., -1]),
        )
    return Picture("grey" if samples.ndim == 2 else "colour", samples, levels=levels)


def _palette_picture(image: Image.Image, levels: int) -> Picture:
    samples = np.array(image)
    raw = image.getpalette("RGB") or [0, 0, 0]
    palette = np.zeros((max(len(raw) // 3, int(samples.max(initial=0)) + 1), 3), np.uint8)
    palette[: len(raw) // 3] = np.array(raw, np.uint8).reshape(-1, 3)
    transparency = image.info.get("transparency")
    alpha = None
    if transparency is not None:
        table = np.full(256, 255, np.uint8)
        if isinstance(transparency, bytes):
            table[: len(transparency)] = np.frombuffer(transparency[:256], np.uint8)
        else:
            table[int(transparency) & 255] = 0
        alpha = table[samples]
    return Picture("palette", samples, palette=palette, alpha=alpha, levels=max(levels, len(palette)))


def image_of(picture: Picture) -> Image.Image:
    """The image of a picture."""
    samples = picture.samples
    if picture.kind == "ink":
        return Image.frombytes("CMYK", (samples.shape[1], samples.shape[0]), samples.tobytes())
    if picture.kind == "palette":
        assert picture.palette is not None
        image = Image.fromarray(samples)
        image.putpalette(picture.palette.tobytes())
        return image
    if picture.alpha is not None:
        return Image.fromarray(np.dstack([samples, picture.alpha]))
    return Image.fromarray(samples)


def content(path: str) -> bytes:
    """The bytes of a file."""
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read()


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    """Encode an image in a format."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()
