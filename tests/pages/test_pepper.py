"""Pepper goes, also between lines; dots, accents, leaders and points stay. Pages are drawn."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from isthmus.pages.bilevel import bilevel_dirt

LINES = ("Die Gebühr beträgt 3,5 %; im übrigen", "i.e. j. ii. iii. iv: l'été, naïve", "Contents . . . . . . . 12",
         "seedlings; x = 0.5; Äpfel, Übung", "1,284.50 EUR (incl. 19 % VAT).")  # fmt: skip


def printed(dpi: int, points: float = 0) -> np.ndarray:
    """Print of 11 points with margins; with ``points`` of so many strokes below every letter, as in Hebrew."""
    size = round(11 * dpi / 72)
    image = Image.new("L", (round(5.5 * dpi), round(5 * dpi)), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for row in range(12):
        draw.text((dpi, round(1.2 * dpi) + row * 2 * size), LINES[row % len(LINES)], fill=0, font=font)
        for column in range(24 if points else 0):
            side, x, y = round(points * size / 11), dpi + column * size // 2, round(1.2 * dpi + (row + 0.65) * 2 * size)
            draw.rectangle((x, y, x + side - 1, y + side - 1), fill=0)
    return np.asarray(image) < 128


def peppered(ink: np.ndarray, dpi: int, seed: int) -> np.ndarray:
    """Twelve specks of 2 or 3 pixels at 200 dpi to each square inch, on paper."""
    rng = np.random.default_rng(seed)
    free = ndimage.distance_transform_edt(~ink)
    specks = np.zeros_like(ink)
    for _ in range(12 * ink.size // dpi**2):
        side = round(rng.integers(2, 4) * dpi / 200)
        y, x = (int(rng.integers(0, length - side)) for length in ink.shape)
        if free[y : y + side, x : x + side].min() > dpi / 25:
            specks[y : y + side, x : x + side] = True
    return specks


@pytest.mark.parametrize("dpi", [200, 300])
@pytest.mark.parametrize("seed", range(2))
def test_pepper_between_lines_goes_and_every_dot_stays(dpi, seed):
    ink = printed(dpi)
    specks = peppered(ink, dpi, seed)
    found = bilevel_dirt(ink | specks, dpi)
    assert not (found & ink).any()
    among = ndimage.maximum_filter(ink.view(np.uint8), 2 * round(0.08 * dpi) + 1).view(bool)  # within 2 mm of print
    assert found[specks & among].mean() > 0.5
    assert found[specks & ~among].mean() > 0.5


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_on_pages_without_pepper_every_dot_stays(dpi):
    ink = printed(dpi)
    assert not bilevel_dirt(ink, dpi).any()


@pytest.mark.parametrize("size", [0.5, 0.7])
def test_points_thinner_than_strokes_stay_among_pepper(size):
    ink = printed(200, points=size)
    found = bilevel_dirt(ink | peppered(ink, 200, 0), 200)
    assert found.any()
    assert not (found & ink).any()
