"""Made pages whose text is known: a paragraph, lines with dot leaders, a table with rules and decimals, a page number.

The same page at every resolution, clean and with the usual dirt; the fonts are those of matplotlib, as everywhere.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np

from isthmus.pages.evaluation.measures import DARK
from isthmus.synthetic_pages import Fonts, noisy_page
from isthmus.synthetic_pages.area import MM_PER_INCH, Area
from isthmus.synthetic_pages.canvas import Box, Canvas
from isthmus.synthetic_pages.fonts import Face
from isthmus.synthetic_pages.words import SCRIPTS, Writer

SIZE_MM = (120.0, 80.0)
MARGIN = 8.0
LINES, LEADERS, ROWS, COLUMNS = 9, 4, 4, 3
GONE = 0.75  # of white, from which on a dark pixel counts as lost
Slices = tuple[slice, slice]


@dataclass(frozen=True)
class KnownPage:
    """A page, 8-bit grey; ``text`` stands in the box ``paragraph``, and ``rules`` are the pixels of straight lines."""

    clean: np.ndarray
    dirty: np.ndarray
    text: str
    paragraph: Slices
    number: Slices
    rules: np.ndarray

    def rules_lost(self, page: np.ndarray) -> float:
        """The share of the pixels of straight lines that are gone from a page."""
        return float((page[self.rules] > 255 * GONE).mean())

    def number_lost(self, page: np.ndarray) -> bool:
        """Whether most of the page number is gone."""
        ink = self.clean[self.number] < 255 * DARK
        return bool((page[self.number][ink] > 255 * GONE).mean() > 0.5)


def known_page(number: int, dpi: float) -> KnownPage:
    """A page by its number, at a resolution; the same number is the same page at every one."""
    rng = np.random.default_rng((23, number))
    height, width = (round(side / MM_PER_INCH * dpi) for side in SIZE_MM)
    canvas = Canvas(Area(height, width, dpi))
    family = _fonts().family(rng, SCRIPTS[0])
    assert family is not None
    face, writer = family.upright, Writer(rng, SCRIPTS[0], frozenset())
    size = float(rng.uniform(1.3, 1.7)) / face.x_height
    leading, ink = 1.35 * size, float(rng.choice([0, 0, 0.25]))
    right = SIZE_MM[1] - MARGIN
    y, lines = MARGIN + leading, _lines(rng, writer, face, (right - MARGIN) / size)
    for line in lines:
        canvas.text(MARGIN, y, line, face, size, ink=ink)
        y += leading
    paragraph = (0.5 * MARGIN, 0.5 * MARGIN, right + 0.5 * MARGIN, y - 0.6 * leading)
    y = _leaders(rng, canvas, writer, face, size=size, y=y + 0.5 * leading, ink=ink)
    _table(rng, canvas, face, size=size, y=y, ink=ink)
    words = f"- {rng.integers(1, 400)} -"
    left, bottom = (SIZE_MM[1] - face.width(words) * size) / 2, SIZE_MM[0] - 0.5 * MARGIN
    end = canvas.text(left, bottom, words, face, size, ink=ink)
    clean = canvas.pixels()
    dirty = noisy_page(clean, np.random.default_rng((23, number, 1)), dpi, fonts=_fonts())
    eight_bits = np.round(255 * clean).astype(np.uint8)
    return KnownPage(
        eight_bits,
        np.round(255 * dirty).astype(np.uint8),
        "\n".join(lines),
        _slices(paragraph, dpi),
        _slices((left - 1, bottom - size, end + 1, bottom + 0.3 * size), dpi),
        _dark_within(eight_bits, canvas.rules, dpi),
    )


@cache
def _fonts() -> Fonts:
    return Fonts(Path(mpl.get_data_path()) / "fonts" / "ttf")


def _lines(rng: np.random.Generator, writer: Writer, face: Face, width: float) -> list[str]:
    """Sentences in lines; the width is in ems."""
    lines, line = [], ""
    begins = True
    while True:
        word = writer.word() if rng.random() > 0.08 else f"{10 ** rng.uniform(0, 3):.{rng.integers(3)}f}"
        word = word.capitalize() if begins else word
        begins = rng.random() < 0.12
        word += "." if begins else "," if rng.random() < 0.1 else ""
        if line and face.width(f"{line} {word}") > width:
            lines.append(line)
            if len(lines) == LINES:
                return lines
            line = word
        else:
            line = f"{line} {word}".strip()


def _leaders(
    rng: np.random.Generator, canvas: Canvas, writer: Writer, face: Face, *, size: float, y: float, ink: float
) -> float:
    """Lines of a table of contents: some words, dots, and a number."""
    right, step = SIZE_MM[1] - MARGIN, 0.5 * size
    for _ in range(LEADERS):
        y += 1.35 * size
        number = str(rng.integers(1, 400))
        end = right - face.width(number) * size
        x = canvas.text(MARGIN, y, writer.word().capitalize(), face, size, ink=ink)
        canvas.text(end, y, number, face, size, ink=ink)
        for place in np.arange(end - step, x + 0.3 * size, -step).tolist():
            canvas.text(place, y, ".", face, size, ink=ink)
    return y + 1.35 * size


def _table(rng: np.random.Generator, canvas: Canvas, face: Face, *, size: float, y: float, ink: float) -> None:
    """Numbers with decimal points between rules."""
    left, right, height = MARGIN, SIZE_MM[1] - MARGIN, 1.6 * size
    width, thickness = (right - left) / COLUMNS, float(rng.uniform(0.1, 0.35))
    for row in range(ROWS + 1):
        canvas.rule((left, y + row * height, right, y + row * height), thickness, ink)
    for column in range(COLUMNS + 1):
        canvas.rule((left + column * width, y, left + column * width, y + ROWS * height), thickness, ink)
    for row in range(ROWS):
        for column in range(COLUMNS):
            entry = f"{10 ** rng.uniform(0, 4):.2f}"
            end = left + (column + 0.9) * width - face.width(entry) * size
            canvas.text(end, y + (row + 0.7) * height, entry, face, size, ink=ink)


def _slices(box: Box, dpi: float) -> Slices:
    left, top, right, bottom = (max(0, round(side / MM_PER_INCH * dpi)) for side in box)
    return slice(top, bottom), slice(left, right)


def _dark_within(page: np.ndarray, rules: list[Box], dpi: float) -> np.ndarray:
    """The dark pixels of straight lines."""
    near = np.zeros(page.shape, bool)
    for left, top, right, bottom in rules:
        near[_slices((left - 0.3, top - 0.3, right + 0.3, bottom + 0.3), dpi)] = True
    return near & (page < 255 * DARK)
