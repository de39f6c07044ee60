"""Clean digital pages in colours, drawn from a seed: text of several sizes, tints, boxes, screenshots and maps.

Each function takes a random generator, a number that cycles through resolutions, and fonts, and returns an image, its
dots per inch (None if the file is to state none), and the suffix of its file.
"""

import colorsys
import math

import numpy as np
from PIL import Image, ImageDraw

from isthmus.synthetic_pages import Fonts
from isthmus.synthetic_pages.words import SCRIPTS, Writer

RESOLUTIONS = (100, 150, 200, 300)
INCHES = 5.8, 4.1
POINTS = (6, 8, 10, 12, 18, 30)
SCREEN = 1280, 800

Drawn = tuple[Image.Image, float | None, str]


class Pen:
    """Draws text in the fonts of one family."""

    def __init__(self, image: Image.Image, rng: np.random.Generator, fonts: Fonts) -> None:
        self.draw = ImageDraw.Draw(image)
        family = fonts.family(rng, SCRIPTS[0])
        assert family is not None
        self.faces = family.upright, family.bold, family.italic
        self.writer = Writer(rng, SCRIPTS[0], family.upright.has("–“”"))

    def line(self, at, text: str, size: float, colour="black", face: int = 0) -> None:
        self.draw.text(at, text, fill=colour, font=self.faces[face].font(size))

    def paragraph(self, box, size: float, colour="black", face: int = 0) -> None:
        """Fill a box with text."""
        left, top, right, bottom = box
        font, line, words = self.faces[face].font(size), "", self.writer.paragraph(60)
        while words and top + 1.3 * size < bottom:
            while words and font.getlength(f"{line} {words[0]}") < right - left:
                line = f"{line} {words.pop(0)}".strip()
            self.line((left, top), line or words.pop(0)[:3], size, colour, face)
            line, top = "", top + 1.35 * size


def colour(rng: np.random.Generator, light: tuple[float, float], strong: tuple[float, float]) -> tuple[int, int, int]:
    """A random hue of some lightness and saturation."""
    red, green, blue = colorsys.hls_to_rgb(rng.random(), rng.uniform(*light), rng.uniform(*strong))
    return round(255 * red), round(255 * green), round(255 * blue)


def blank(number: int) -> tuple[Image.Image, float]:
    dpi = RESOLUTIONS[number % len(RESOLUTIONS)]
    return Image.new("RGB", tuple(round(side * dpi) for side in INCHES[::-1]), "white"), dpi


def text_of_sizes(rng: np.random.Generator, number: int, fonts: Fonts) -> Drawn:
    """Paragraphs of 6 to 30 points, black, or every third page in dark colours."""
    image, dpi = blank(number)
    pen, top = Pen(image, rng, fonts), 0.3 * dpi
    for points in rng.permutation(POINTS).tolist():
        size, bottom = points * dpi / 72, top + image.height / 7
        ink = colour(rng, (0.2, 0.4), (0.7, 1)) if number % 3 == 2 else "black"
        pen.paragraph(
            (0.3 * dpi, top, image.width - 0.3 * dpi, max(bottom, top + 1.4 * size)), size, ink, int(rng.integers(3))
        )
        top = max(bottom, top + 1.5 * size)
    return image if number % 3 == 2 else image.convert("L"), dpi, ".png"


def tints(rng: np.random.Generator, number: int, fonts: Fonts) -> Drawn:
    """Text on bands and boxes of pale colours, with and without a frame, and a table with tinted rows."""
    image, dpi = blank(number)
    pen, margin = Pen(image, rng, fonts), 0.3 * dpi
    size, top = rng.uniform(8, 12) * dpi / 72, margin
    while top < image.height - 1.4 * dpi:
        bottom, pale = top + rng.uniform(0.5, 1.1) * dpi, colour(rng, (0.86, 0.96), (0.3, 1))
        edge = colour(rng, (0.3, 0.5), (0.4, 1)) if rng.random() < 0.4 else pale
        left = margin if rng.random() < 0.7 else 0.0
        pen.draw.rectangle(
            (left, top, image.width - left, bottom), fill=pale, outline=edge, width=max(1, round(dpi / 100))
        )
        pen.paragraph((margin + 0.1 * dpi, top + 0.1 * dpi, image.width - margin - 0.1 * dpi, bottom), size)
        top = bottom + 0.2 * dpi
        pen.paragraph((margin, top, image.width - margin, top + 0.4 * dpi), size)
        top += 0.5 * dpi
    pale = colour(rng, (0.88, 0.95), (0, 1))
    for row in range(int((image.height - margin - top) / (1.6 * size))):
        here = top + row * 1.6 * size
        if row % 2 == 0:
            pen.draw.rectangle((margin, here, image.width - margin, here + 1.6 * size), fill=pale)
        for column in range(4):
            at = margin + 0.05 * dpi + column * (image.width - 2 * margin) / 4
            pen.line((at, here + 0.2 * size), pen.writer.word() if row == 0 else f"{rng.uniform(0, 999):.2f}", size)
    return image, dpi, ".png"


def boxes(rng: np.random.Generator, number: int, fonts: Fonts) -> Drawn:
    """White text on boxes of strong and dark colours, a chart of bars, and text between them."""
    image, dpi = blank(number)
    pen, margin = Pen(image, rng, fonts), 0.3 * dpi
    size, top = rng.uniform(8, 12) * dpi / 72, margin
    for _ in range(3):
        fill = colour(rng, (0.1, 0.5), (0.5, 1)) if rng.random() < 0.8 else (20, 20, 20)
        height = rng.uniform(0.35, 0.8) * dpi
        pen.draw.rectangle((margin, top, image.width - margin, top + height), fill=fill)
        pen.paragraph((margin + 0.1 * dpi, top + 0.08 * dpi, image.width - margin, top + height), size, "white", 1)
        pen.paragraph((margin, top + height + 0.1 * dpi, image.width - margin, top + height + 0.6 * dpi), size)
        top += height + 0.7 * dpi
    base, wide = image.height - margin - 1.5 * size, (image.width - 2 * margin) / 8
    for bar in range(8):
        left, high = margin + bar * wide, rng.uniform(0.2, 1) * (base - top)
        fill = colour(rng, (0.4, 0.9), (0.3, 1))
        pen.draw.rectangle((left + 0.1 * wide, base - high, left + 0.9 * wide, base), fill=fill)
        pen.line((left + 0.2 * wide, base + 0.2 * size), f"{2019 + bar}", 0.8 * size)
    pen.draw.line((margin, base, image.width - margin, base), fill="black", width=max(1, round(dpi / 100)))
    return image, dpi, ".png"


def screenshot(rng: np.random.Generator, number: int, fonts: Fonts) -> Drawn:
    """A window with a title bar, a menu, a list, buttons and a document; every third one is dark."""
    dark = number % 3 == 2
    ink, paper, panel = ("#ddd", "#1e1e1e", "#2b2b2b") if dark else ("#222", "#fff", "#f3f3f3")
    accent = colour(rng, (0.35, 0.5), (0.6, 1))
    image = Image.new("RGB", SCREEN, colour(rng, (0.2, 0.8), (0.2, 0.6)))
    pen, (width, height) = Pen(image, rng, fonts), SCREEN
    left, top = (int(value) for value in rng.integers(20, 90, 2))
    pen.draw.rounded_rectangle((left, top, width - left, height - top), 8, fill=paper, outline="#888")
    pen.draw.rectangle((left, top + 8, width - left, top + 34), fill=accent if number % 2 else panel)
    pen.line((left + 12, top + 12), pen.writer.title(), 15, "white" if number % 2 else ink)
    for button in range(3):
        pen.draw.ellipse(
            (width - left - 24 * (button + 1), top + 14, width - left - 24 * button - 10, top + 28), fill="#c55"
        )
    for entry in range(6):
        pen.line((left + 12 + 90 * entry, top + 40), pen.writer.word().capitalize(), 14, ink)
    pen.draw.rectangle((left, top + 62, left + 240, height - top), fill=panel)
    for row in range((height - 2 * top - 90) // 26):
        at = top + 70 + 26 * row
        if row == number % 7:
            pen.draw.rectangle((left + 4, at - 3, left + 236, at + 20), fill=accent)
        pen.line((left + 16, at), " ".join(pen.writer.words(2)), 14, "white" if row == number % 7 else ink)
    pen.line((left + 264, top + 76), pen.writer.title(), 24, accent, 1)
    pen.paragraph((left + 264, top + 116, width - left - 30, height - top - 70), 15, ink)
    for button in range(2):
        box = (
            width - left - 110 * (button + 1),
            height - top - 44,
            width - left - 110 * button - 14,
            height - top - 14,
        )
        pen.draw.rounded_rectangle(box, 5, fill=panel if button else accent, outline="#999")
        pen.line((box[0] + 22, box[1] + 6), "Cancel" if button else "Save", 14, ink if button else "white")
    return image, (72, 96, None)[number % 3], ".png"


def town_map(rng: np.random.Generator, number: int, fonts: Fonts) -> Drawn:
    """Woods, lakes and quarters in pale colours, a river, roads with edges, contour lines, and names."""
    image, dpi = blank(number)
    image.paste(colour(rng, (0.93, 0.98), (0.2, 0.6)), (0, 0, *image.size))
    pen, (width, height) = Pen(image, rng, fonts), image.size

    def curve(points: int, reach: float) -> list[tuple[float, float]]:
        """A line across the map that wanders."""
        along, turn = np.linspace(-0.05, 1.05, 200), rng.uniform(0, math.pi)
        across = rng.uniform(0.2, 0.8) + reach * sum(
            np.sin(along * rng.uniform(2, 4 * wave + 4) + rng.uniform(0, 6)) / wave for wave in range(1, points)
        )
        pairs = np.stack([along, across], 1) if turn < math.pi / 2 else np.stack([across, along], 1)
        return [(x * width, y * height) for x, y in pairs.tolist()]

    for _ in range(12):
        angles = np.sort(rng.uniform(0, 2 * math.pi, 14))
        middle, radius = rng.uniform(0, 1, 2) * image.size, rng.uniform(0.2, 0.9) * dpi
        shape = [(float(middle[0] + radius * rng.uniform(0.6, 1) * math.cos(a)),
                  float(middle[1] + radius * rng.uniform(0.6, 1) * math.sin(a))) for a in angles]  # fmt: skip
        pen.draw.polygon(shape, fill=colour(rng, (0.75, 0.92), (0.2, 0.7)))
    for _ in range(8):
        pen.draw.line(curve(4, 0.1), fill=colour(rng, (0.6, 0.75), (0.2, 0.5)), width=max(1, round(dpi / 150)))
    pen.draw.line(curve(4, 0.15), fill=(120, 170, 215), width=round(dpi / 12), joint="curve")
    for _ in range(5):
        road, fill = curve(3, 0.1), colour(rng, (0.7, 0.98), (0.3, 1))
        pen.draw.line(road, fill=(90, 90, 90), width=round(dpi / 18), joint="curve")
        pen.draw.line(road, fill=fill, width=round(dpi / 18) - 2, joint="curve")
    for _ in range(24):
        at = rng.uniform(0, 0.85) * width, rng.uniform(0, 0.97) * height
        ink = ("black", (60, 60, 60), (40, 80, 150))[int(rng.integers(3))]
        pen.line(at, pen.writer.name(), rng.uniform(6, 14) * dpi / 72, ink, int(rng.integers(3)))
    return image, dpi, ".png"
