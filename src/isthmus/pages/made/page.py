"""A clean page: blocks of print one below the other in columns, with a header and a number."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isthmus.pages.made import text
from isthmus.pages.made.area import MM_PER_INCH, Area, Grey
from isthmus.pages.made.canvas import Box, Canvas
from isthmus.pages.made.fonts import Fonts, all_fonts
from isthmus.pages.made.style import Style

A4 = (297.0, 210.0)
"""Height and width in mm."""

Block = Callable[[np.random.Generator, Canvas, Style, text.Column, float], float]

_BLOCKS: dict[Block, float] = {text.paragraph: 6, text.heading: 1.2, text.bullets: 0.6, text.contents: 0.3}


@dataclass(frozen=True)
class Page:
    """A clean page and where things are on it.

    Attributes
    ----------
    grey : array of shape (height, width)
        The page, float32 in [0, 1]: 1 is white.
    rules : list of (left, top, right, bottom)
        The straight lines of tables, forms and headings, in mm.
    pictures : list of (left, top, right, bottom)
        Photographs, halftones and grey areas, in mm.
    """

    grey: Grey
    rules: list[Box]
    pictures: list[Box]


def clean_page(
    rng: np.random.Generator,
    dpi: float = 150,
    size_mm: tuple[float, float] = A4,
    fonts: Fonts | None = None,
) -> Grey:
    """A clean page as an array of shape (height, width), float32 in [0, 1]; ``draw_page`` tells more about it."""
    return draw_page(rng, dpi, size_mm, fonts).grey


def draw_page(
    rng: np.random.Generator,
    dpi: float = 150,
    size_mm: tuple[float, float] = A4,
    fonts: Fonts | None = None,
) -> Page:
    """Draw a clean page, and say where its rules and pictures are.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of everything random. The same state gives the same page, at every dpi.
    dpi : float, default=150
        Pixels an inch.
    size_mm : (float, float), default=(297, 210)
        Height and width in mm.
    fonts : Fonts, default=None
        Fonts to choose from; None stands for all that are found.
    """
    height, width = (round(side / MM_PER_INCH * dpi) for side in size_mm)
    canvas = Canvas(Area(height, width, dpi))
    style = Style.draw(rng, fonts or all_fonts())
    tall, wide = size_mm
    small = min(size_mm) < 120  # a piece of a page rather than a page
    left, right, top, bottom = (rng.uniform(-4, 6) if small else rng.uniform(10, 30) for _ in range(4))
    columns = int(rng.choice([1, 2, 3], p=[0.65, 0.27, 0.08])) if wide > 120 else 1
    gutter = rng.uniform(4, 9)
    each = (wide - left - right - gutter * (columns - 1)) / columns
    names = list(_BLOCKS)
    weights = np.array(list(_BLOCKS.values())) * rng.gamma(1, 1, len(names))
    weights /= weights.sum()
    for column in range(columns):
        x = left + column * (each + gutter)
        y = top
        while y < tall - bottom:
            block = names[rng.choice(len(names), p=weights)]
            y = block(rng, canvas, style, (x, x + each, tall - bottom), y)
    return Page(canvas.grey(), canvas.rules, canvas.pictures)
