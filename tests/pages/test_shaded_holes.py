"""Punch holes with a shadow on one side go; circles, letters, bullets and discs stay. Pages are drawn."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from isthmus.pages.cleaning import clean_page
from isthmus.pages.scan_edges import find_edge_dirt, on_paper
from isthmus.synthetic_pages import Fonts
from isthmus.synthetic_pages import clean_page as synthetic_page

DPI = 150
MM = DPI / 25.4
PAPER = 235
MIDDLES = (25, 10), (105, 10)  # mm


@pytest.fixture(scope="module")
def sheet() -> np.ndarray:
    """Text with margins of 20 mm, 140 mm high; grey."""
    text = synthetic_page(np.random.default_rng(2), DPI, (100, 60), Fonts("pillow"), kind="text")
    return PAPER * np.pad(text, round(20 * MM), constant_values=1)


def scanned(page: np.ndarray) -> np.ndarray:
    """The page with noise of one level, as scans have."""
    noise = np.random.default_rng(0).integers(-1, 2, page.shape)
    return np.clip(np.round(page) + noise, 0, 255).astype(np.uint8)


def polar(shape: tuple[int, ...], middle: tuple[float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far pixels are from a point, and how far below and to the right of it, in mm."""
    rows, columns = np.indices(shape) / MM
    down, right = rows - middle[0], columns - middle[1]
    return np.hypot(down, right), down, right


def with_holes(
    page: np.ndarray, middles: tuple[tuple[float, float], ...] = MIDDLES, diameter: float = 7, slant: float = 0.2
) -> tuple[np.ndarray, np.ndarray]:
    """The page with holes that are dark at the right, striped and pale at the left; and where they are."""
    page, where = page.copy(), np.zeros(page.shape, bool)
    for middle in middles:
        far, down, right = polar(page.shape, middle)
        along = (right + slant * down) / diameter / np.hypot(1, slant)  # -0.5 to 0.5
        shade = PAPER * (0.72 - 0.5 * along) + 12 * np.sin(25 * along)
        page = np.where(far <= diameter / 2, np.minimum(shade, PAPER), page)
        where |= far <= diameter / 2
    return page, where


def test_holes_with_a_shadow_become_paper_and_print_stays(sheet, identity):
    page, where = with_holes(sheet)
    scan = scanned(page)
    dirt = find_edge_dirt(scan, DPI)
    assert dirt is not None
    assert dirt[where].all()
    assert (sheet[dirt] == PAPER).all()  # no print among it
    assert np.abs(clean_page(scan, network=identity, dpi=DPI)[where].astype(int) - PAPER).max() <= 2
    turned = find_edge_dirt(scan.T, DPI)
    assert turned is not None
    assert turned.T[where].all()


def marks(name: str, page: np.ndarray) -> np.ndarray:
    """The page with something round near its edge that is no hole."""
    if name == "one hole":
        return with_holes(page, MIDDLES[:1])[0]
    if name == "near each other":
        return with_holes(page, ((25, 10), (45, 10)))[0]
    if name == "far inside":
        return with_holes(page, ((25, 30), (105, 30)))[0]
    if name == "of two sizes":
        return with_holes(with_holes(page, MIDDLES[:1], 5)[0], MIDDLES[1:], 8)[0]
    if name == "buttons":  # shaded from the upper left to the lower right
        return with_holes(page, slant=1)[0]
    drawing = Image.fromarray(page.astype(np.uint8))
    pen = ImageDraw.Draw(drawing)
    for down, right in MIDDLES:
        y, x = down * MM, right * MM
        around = x - 3.5 * MM, y - 3.5 * MM, x + 3.5 * MM, y + 3.5 * MM
        if name == "circles":
            pen.ellipse(around, outline=70, width=round(0.8 * MM))
        elif name == "numbers":
            pen.ellipse(around, outline=70, width=3)
            pen.text((x, y), "2", 70, ImageFont.load_default(24), anchor="mm")
        elif name == "discs":
            pen.ellipse(around, fill=150)
            pen.text((x, y), "2", PAPER, ImageFont.load_default(24), anchor="mm")
        elif name == "letters":
            pen.text((x, y), "O", 40, ImageFont.load_default(20 * DPI / 72), anchor="mm")
        elif name == "bullets":
            pen.ellipse((x - MM, y - MM, x + MM, y + MM), fill=40)
        elif name == "squares":
            pen.rectangle(around, fill=150)
    return np.asarray(drawing, float)


@pytest.mark.parametrize("name", [
    "one hole", "near each other", "far inside", "of two sizes", "buttons", "circles", "numbers", "discs", "letters",
    "bullets", "squares",
])  # fmt: skip
def test_what_is_drawn_round_stays(sheet, name):
    page = scanned(marks(name, sheet))
    assert (page != scanned(sheet)).any()
    assert find_edge_dirt(page, DPI) is None
    assert find_edge_dirt(page.T, DPI) is None


@pytest.mark.parametrize("colour", [False, True])
def test_paper_in_place_of_dirt_is_smooth(colour):
    """The nearest pixel of rough paper would be drawn out to a star."""
    page = np.random.default_rng(0).integers(215, 250, (600, 400, 3) if colour else (600, 400)).astype(np.uint8)
    dirt = polar(page.shape[:2], (30, 15))[0] <= 4
    page[dirt] = 40
    filled = on_paper(page, dirt, DPI)
    assert filled[dirt].std() < 2.5
    assert filled[dirt].mean() == pytest.approx(page[~dirt].mean(), abs=2)
    assert np.array_equal(filled[~dirt], page[~dirt])


def test_print_beside_dirt_does_not_spread():
    page = scanned(np.full((600, 400), float(PAPER)))
    dirt = np.zeros(page.shape, bool)
    dirt[:, :20] = True
    page[:, 24:28] = 30
    page[dirt] = 20
    assert np.abs(on_paper(page, dirt, DPI)[dirt].astype(int) - PAPER).max() <= 1
