"""Pages to put into documents, and functions of pages."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

CORNER = (slice(0, 48), slice(0, 64))  # whole blocks of JPEG, also of halved colours


def whiten(pixels, *, dpi):
    """A page function: the upper left corner becomes white."""
    cleaned = pixels.copy()
    cleaned[CORNER] = 255
    return cleaned


def keep(pixels, *, dpi):
    """A page function that changes nothing."""
    return pixels


def white_paper(pixels, *, dpi):
    """A page function: what is lighter than 150 becomes white."""
    return np.where(
        pixels.min(axis=2, keepdims=True) > 150 if pixels.ndim == 3 else pixels > 150, np.uint8(255), pixels
    )


def fail_on_tall(pixels, *, dpi):
    """A page function that fails on pages of more than 400 rows."""
    if len(pixels) > 400:
        raise ZeroDivisionError("tall")
    return whiten(pixels, dpi=dpi)


def page(seed: int = 0, size: tuple[int, int] = (208, 304)) -> Image.Image:
    """A grey page of text on paper that is not quite even."""
    paper = np.random.default_rng(seed).normal(200, 3, size[::-1])
    image = Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    for row in range(4, size[1] - 16, 16):
        draw.text((8, row), f"{seed} page of a document {row / 8:.2f}", fill=25, font=font)
    return image


def colour_page() -> Image.Image:
    """The page on yellow paper, with a red stamp."""
    grey = np.asarray(page()).astype(int)
    image = Image.fromarray(np.dstack([grey, grey - 10, grey - 30]).clip(0, 255).astype(np.uint8))
    ImageDraw.Draw(image).ellipse((120, 200, 180, 260), outline=(200, 20, 30), width=5)
    return image


def pages_by_kind() -> dict[str, Image.Image]:
    """A page in every kind of pixels."""
    grey, colour = page(), colour_page()
    fine = np.asarray(grey).astype(np.int64) * 257 + np.random.default_rng(1).integers(-60, 60, grey.size[::-1])
    alpha = np.full(grey.size[::-1], 255, np.uint8)
    alpha[200:, 150:] = 60
    return {
        "bilevel": grey.point(lambda value: 255 * (value > 110)).convert("1"),
        "grey": grey,
        "colour": colour,
        "palette": colour.quantize(200),
        "palette of 16": colour.quantize(16),
        "ink": colour.convert("CMYK"),
        "grey and alpha": Image.fromarray(np.dstack([np.asarray(grey), alpha])),
        "colour and alpha": Image.fromarray(np.dstack([np.asarray(colour), alpha])),
        "grey of 16 bits": Image.fromarray(fine.clip(0, 65535).astype(np.uint16)),
    }


def saved(image: Image.Image, format: str, **options) -> bytes:
    """An image as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def reopened(source) -> Image.Image:
    """An image from bytes or a file, which is closed again."""
    return Image.open(io.BytesIO(source if isinstance(source, bytes) else source.read_bytes()))


def shown(image: Image.Image) -> np.ndarray:
    """What an image shows, in signed numbers; palettes as their colours."""
    return np.asarray(image.convert("RGBA") if image.mode == "P" else image).astype(np.int64)
