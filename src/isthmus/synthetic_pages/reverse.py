"""Show-through: the print on the other side of the sheet, mirrored, blurred by the paper, and faint."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from isthmus.synthetic_pages.area import Area, Grey, clouds
from isthmus.synthetic_pages.fonts import Fonts
from isthmus.synthetic_pages.words import SCRIPTS, Writer


def show_through(rng: np.random.Generator, area: Area, fonts: Fonts, back: Grey | None = None) -> Grey:
    """Light that the print on the other side absorbs: ``back``, or lines of text by default."""
    image = _lines_of_text(rng, area, fonts) if back is None else Image.fromarray(np.uint8(255 * (1 - back)))
    image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.1, 0.8) / area.pixel))
    shape = np.asarray(image).astype(np.float32)
    patchy = np.clip(1 + np.float32(rng.uniform(0, 0.8)) * clouds(rng, area, rng.uniform(3, 30), octaves=4), 0, 2)
    absorbed: Grey = shape * patchy * np.float32(rng.uniform(0.04, 0.32) / 255)
    return absorbed


def _lines_of_text(rng: np.random.Generator, area: Area, fonts: Fonts) -> Image.Image:
    """Text and some boxes; print is 255, and paper is 0."""
    image = Image.new("L", (area.width, area.height))
    draw = ImageDraw.Draw(image)
    pixel = area.pixel
    for _ in range(rng.poisson(area.height_mm * area.width_mm / 5000)):
        y, x = rng.uniform(-20, (area.height_mm, area.width_mm)) / pixel
        h, w = np.exp(rng.uniform(np.log(1), np.log(60), 2)) / pixel
        shade = int(rng.uniform(60, 220))
        if rng.random() < 0.5:
            draw.rectangle((x, y, x + w, y + h), fill=shade)
        else:
            draw.rectangle((x, y, x + w, y + h), outline=shade, width=max(1, round(rng.uniform(0.2, 2) / pixel)))
    family = fonts.family(rng, SCRIPTS[0])
    if family is None:
        return image
    face = family.bold if rng.random() < 0.3 else family.upright
    size = float(np.exp(rng.uniform(np.log(2.2), np.log(9))))
    font, leading = face.font(round(size / pixel)), size * rng.uniform(1.1, 1.7)
    length = int(area.width_mm / (2 * size)) + 2
    words = _words()
    for y in np.arange(rng.uniform(0, leading), area.height_mm + leading, leading):
        if rng.random() < 0.9:
            text = " ".join([words[place] for place in rng.integers(0, len(words), length).tolist()])
            draw.text((rng.choice([0, -5]) / pixel, y / pixel), text, fill=255, font=font, anchor="ls")
    return image


@lru_cache(1)
def _words() -> list[str]:
    """The words of show-through; always the same."""
    return Writer(np.random.default_rng(0), SCRIPTS[0]).words(3000)
