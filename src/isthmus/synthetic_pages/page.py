"""A clean page: blocks of print below each other in columns, with a header and a page number."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isthmus.errors import ParameterError
from isthmus.synthetic_pages import forms, formulas, office, pen, pictures, tables, text
from isthmus.synthetic_pages.area import MM_PER_INCH, Area, Pixels
from isthmus.synthetic_pages.canvas import Box, Canvas
from isthmus.synthetic_pages.fonts import Fonts, all_fonts
from isthmus.synthetic_pages.letters import Letter
from isthmus.synthetic_pages.style import Style

A4 = (297.0, 210.0)
"""Height and width in mm."""

Block = Callable[[np.random.Generator, Canvas, Style, text.Column, float], float]

_BLOCKS: tuple[Block, ...] = (
    text.paragraph, text.heading, text.bullets, text.contents, tables.table, formulas.formula, pictures.figure,
    forms.form, office.footnotes, pen.notes, pen.signature, office.bars,
)  # fmt: skip
KINDS_OF_PAGES: dict[str, tuple[float, ...]] = {
    "text": (8, 1.2, 0.4, 0, 0.1, 0.1, 0.1, 0, 0.2, 0, 0, 0),
    "article": (6, 1.2, 0.6, 0, 0.5, 2.0, 0.6, 0, 0.3, 0, 0, 0),
    "report": (4, 1.5, 1.5, 0.1, 1.5, 0.2, 1.0, 0.2, 0.2, 0, 0.1, 0.1),
    "contents": (0.3, 0.6, 0.1, 4, 0.2, 0, 0, 0, 0, 0, 0, 0),
    "letter": (5, 0.3, 0.4, 0, 0.2, 0, 0, 0.1, 0, 0.1, 1.0, 0.2),
    "form": (0.8, 1, 0.2, 0, 1.0, 0, 0, 5, 0, 0.2, 0.6, 0.3),
    "tables": (0.5, 0.7, 0, 0, 5, 0, 0.2, 0.1, 0.1, 0, 0, 0.1),
    "pictures": (2, 0.6, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0),
    "handwriting": (0.2, 0.1, 0, 0, 0, 0, 0.1, 0.1, 0, 5, 0.5, 0),
}
"""For each kind of page, the relative frequency of each block in ``_BLOCKS``."""

_SHARES = (0.3, 0.14, 0.14, 0.07, 0.1, 0.08, 0.08, 0.05, 0.04)


@dataclass(frozen=True)
class Page:
    """A clean page, and the places of its rules, pictures and letters.

    Attributes
    ----------
    pixels : ndarray of shape (height, width) or (height, width, 3)
        The page, grey or RGB, float32 from 0 (black) to 1 (white).
    rules : list of (left, top, right, bottom)
        Boxes of the straight lines of tables, forms and headings, in mm.
    pictures : list of (left, top, right, bottom)
        Boxes of photographs, halftones and grey areas, in mm.
    words : list of list of Letter
        The printed words, and each letter's character, box and base line in mm; stamps and handwriting have none. What
        was drawn over later may hide a letter.
    """

    pixels: Pixels
    rules: list[Box]
    pictures: list[Box]
    words: list[list[Letter]]

    def letters(self, dpi: float) -> list[Letter]:
        """All letters, in pixels of the page, which was drawn at ``dpi``."""
        return [letter.scaled(dpi / MM_PER_INCH) for word in self.words for letter in word]


def clean_page(
    rng: np.random.Generator,
    dpi: float = 150,
    size_mm: tuple[float, float] = A4,
    fonts: Fonts | None = None,
    *,
    kind: str | None = None,
    colour: bool = False,
) -> Pixels:
    """Draw a clean page and return its pixels only; see ``draw_page``."""
    return draw_page(rng, dpi, size_mm, fonts, kind=kind, colour=colour).pixels


def draw_page(
    rng: np.random.Generator,
    dpi: float = 150,
    size_mm: tuple[float, float] = A4,
    fonts: Fonts | None = None,
    *,
    kind: str | None = None,
    colour: bool = False,
) -> Page:
    """Draw a clean page, and record the places of its rules, pictures and letters.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same state gives the same page, at every dpi.
    dpi : float, default=150
        Pixels per inch.
    size_mm : (float, float), default=(297, 210)
        Height and width in mm.
    fonts : Fonts, optional
        Fonts to choose from. Default: all fonts on this machine.
    kind : str, optional
        One of ``KINDS_OF_PAGES``. Default: a random kind.
    colour : bool, default=False
        Draw the same page in colour instead of grey.

    Returns
    -------
    Page

    Raises
    ------
    ParameterError
        If the kind is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from isthmus.synthetic_pages import Fonts, draw_page
    >>> page = draw_page(np.random.default_rng(0), 100, fonts=Fonts("pillow"), kind="form")
    >>> page.pixels.shape, len(page.rules) > 20
    ((1169, 827), True)
    """
    if kind is not None and kind not in KINDS_OF_PAGES:
        raise ParameterError(f"kind must be one of {', '.join(KINDS_OF_PAGES)}. Got {kind!r} instead.")
    height, width = (max(round(side / MM_PER_INCH * dpi), 1) for side in size_mm)
    canvas = Canvas(Area(height, width, dpi), colour=colour)
    style = Style.draw(rng, fonts or all_fonts())
    drawn = str(rng.choice(list(KINDS_OF_PAGES), p=_SHARES))
    weights = np.array(KINDS_OF_PAGES[kind or drawn]) * rng.gamma(2, 0.5, len(_BLOCKS))
    box = _print_area(rng, size_mm)
    left, top, right, bottom = box
    if (kind or drawn) == "letter":
        top = office.letterhead(rng, canvas, style, (left, right, bottom), top)
    columns = int(rng.choice([1, 2, 3], p=[0.65, 0.27, 0.08])) if right - left > 120 else 1
    gutter = rng.uniform(4, 9)
    each = (right - left - gutter * (columns - 1)) / columns
    for column in range(columns):
        x, y = left + column * (each + gutter), top
        for block in rng.choice(len(_BLOCKS), 60, p=weights / weights.sum()).tolist():
            y = _BLOCKS[block](rng, canvas, style, (x, x + each, bottom), y)
            if y > bottom - style.leading:
                break
        if columns > 1 and column and rng.random() < 0.3:
            canvas.rule((x - 0.5 * gutter, top, x - 0.5 * gutter, bottom), style.rule, style.ink)
    office.running_lines(rng, canvas, style, box)
    if rng.random() < 0.15:
        office.stamp(rng, canvas, style, box)
    for _ in range(rng.choice([0, 1, 3], p=[0.88, 0.08, 0.04])):
        pen.scrawl(rng, canvas, box)
    return Page(canvas.pixels(), canvas.rules, canvas.pictures, canvas.words)


def _print_area(rng: np.random.Generator, size_mm: tuple[float, float]) -> Box:
    """The box that is printed on; on small pages, which are pieces of pages, it may extend over the edges."""
    height, width = size_mm
    small = min(size_mm) < 120
    left, right, top, bottom = (rng.uniform(-4, 6) if small else rng.uniform(10, 30) for _ in range(4))
    return left, top, width - right, height - bottom
