"""Show-through: what is printed on the other side of the sheet, mirrored, blurred by the paper and faint."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from isthmus.pages.made.area import Area, Grey, clouds


def through(rng: np.random.Generator, area: Area, back: Grey | None = None) -> Grey:
    """What the other side absorbs of the light on this one: ``back``, or a rough page where there is none."""
    image = _rough_page(rng, area) if back is None else Image.fromarray(np.uint8(255 * (1 - back[:, ::-1])))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.15, 0.7) / area.pixel))
    shape = np.asarray(image).astype(np.float32)
    patchy = np.clip(1 + np.float32(rng.uniform(0, 0.6)) * clouds(rng, area, rng.uniform(3, 30), octaves=4), 0, 2)
    return shape * patchy * np.float32(rng.uniform(0.04, 0.3) / 255)


def _rough_page(rng: np.random.Generator, area: Area) -> Image.Image:
    """Lines of word-like marks, headings, boxes and pictures: enough where all of it is blurred."""
    image = Image.new("L", (area.width, area.height))
    draw = ImageDraw.Draw(image)
    pixel = area.pixel
    for _ in range(rng.poisson(area.height_mm * area.width_mm / 2500)):
        y, x = rng.uniform(-20, (area.height_mm, area.width_mm)) / pixel
        h, w = np.exp(rng.uniform(np.log(3), np.log(50), 2)) / pixel
        shade = int(rng.uniform(60, 220))
        if rng.random() < 0.5:
            draw.rectangle((x, y, x + w, y + h), fill=shade)
        else:
            draw.rectangle((x, y, x + w, y + h), outline=shade, width=max(1, round(rng.uniform(0.2, 2) / pixel)))
    size = rng.uniform(1.4, 4)  # x-height and line in mm
    line = size * rng.uniform(2, 2.8)
    y = rng.uniform(-line, line)
    while y < area.height_mm:
        x = rng.uniform(-10, 5)
        if rng.random() < 0.08:
            y += line
        while x < area.width_mm:
            letters = int(rng.integers(2, 11))
            _word(rng, draw, (x / pixel, y / pixel, size / pixel), letters)
            x += (letters + 1) * 0.62 * size
        y += line
    return image


def _word(rng: np.random.Generator, draw: ImageDraw.ImageDraw, box: tuple[float, float, float], letters: int) -> None:
    """Letter-like marks: stems, bowls and bars, from a place on, for letters of a height, all in pixels."""
    x, y, size = box
    wide, thickness = 0.45 * size, max(1, round(0.13 * size))
    for kind, tall in zip(rng.integers(0, 4, letters).tolist(), rng.random(letters).tolist(), strict=True):
        top = y - (0.5 * size if tall < 0.3 else 0)
        bottom = y + size + (0.5 * size if tall > 0.9 else 0)
        if kind != 1:
            draw.line((x, top, x, bottom), fill=255, width=thickness)
        if kind in (1, 2):
            draw.ellipse((x, y, x + wide, y + size), outline=255, width=thickness)
        if kind == 3:
            draw.line((x, y, x + wide, y, x + wide, y + size), fill=255, width=thickness)
        x += 0.62 * size
