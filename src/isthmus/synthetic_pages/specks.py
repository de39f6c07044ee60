"""Specks, dust and hairs on the page or on the glass."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from isthmus.synthetic_pages.area import Area, Grey, noise


def specks(rng: np.random.Generator, area: Area) -> Grey:
    """Light that specks and hairs absorb; specks are 0.06 to 0.8 mm wide, and large ones are rarer."""
    scale = 2 if area.dpi < 250 else 1  # drawn at twice the resolution, for soft edges
    image = Image.new("L", (area.width * scale, area.height * scale))
    draw = ImageDraw.Draw(image)
    mm = scale / area.pixel
    square = area.height_mm * area.width_mm / 1e4
    many = rng.gamma(1, 60)
    most = 0.13 if rng.random() < 0.8 else 0.4  # rarely as large as a full stop
    for _ in range(rng.poisson(min(many * square, 3000))):
        y, x = rng.uniform(0, (area.height_mm, area.width_mm)) * mm
        radius = min(0.03 + rng.exponential(0.05), most) * mm
        tall = radius * rng.uniform(0.5, 1.5)
        draw.ellipse((x - radius, y - tall, x + radius, y + tall), fill=int(rng.uniform(60, 255)))
    for _ in range(rng.poisson(min(rng.gamma(1, 1.0) * square, 20))):
        _hair(rng, area, draw, mm)
    if scale > 1:
        image = image.reduce(scale)
    image = image.filter(ImageFilter.GaussianBlur(0.06 / area.pixel))
    return np.asarray(image).astype(np.float32) * np.float32(rng.uniform(0.3, 1.4) / 255)


def dust(rng: np.random.Generator, area: Area) -> Grey:
    """Light that fine dirt absorbs: the dark tail of fine noise, stronger in some places."""
    fine = noise(rng, area, rng.uniform(0.2, 0.6))
    thick = np.clip(np.float32(0.6) + np.float32(0.5) * noise(rng, area, rng.uniform(10, 40)), 0, None)
    absorbed: Grey = np.float32(rng.uniform(0.02, 0.15)) * np.maximum(fine - np.float32(rng.uniform(0.5, 2)), 0) * thick
    return absorbed


def _hair(rng: np.random.Generator, area: Area, draw: ImageDraw.ImageDraw, mm: float) -> None:
    """A curved line 2 to 15 mm long."""
    steps = 16
    angles = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.25, steps))
    length = rng.uniform(2, 15) / steps
    walk = np.cumsum(length * np.stack([np.cos(angles), np.sin(angles)], 1), 0)
    path = (walk + rng.uniform(0, (area.width_mm, area.height_mm))) * mm
    draw.line(path.ravel().tolist(), fill=int(rng.uniform(60, 200)), width=max(1, round(0.06 * mm)), joint="curve")
