"""Borders, edge lines, punch holes and pepper go; letters, dots, frames and pictures stay. Pages are drawn."""

import numpy as np
import pytest

import isthmus
from isthmus.documents.contract import LeftAsItIs
from isthmus.pages.bilevel import bilevel_dirt
from isthmus.pages.cleaning import clean_page, cleaned_page
from isthmus.pages.scan_edges import find_edge_dirt
from isthmus.synthetic_pages import Fonts
from isthmus.synthetic_pages import clean_page as synthetic_page

DPI = 150
MM = DPI / 25.4


def mm(*lengths: float) -> list[int]:
    return [round(length * MM) for length in lengths]


@pytest.fixture(scope="module")
def sheet() -> np.ndarray:
    """Text with a margin of 20 mm, and a dot leader; 8-bit grey."""
    text = np.round(255 * synthetic_page(np.random.default_rng(2), DPI, (60, 90), Fonts("pillow"), kind="text"))
    grey = np.pad(text.astype(np.uint8), mm(20)[0], constant_values=255)
    y, x = grey.shape[0] - mm(12)[0], mm(30)[0]
    for i in range(20):
        grey[y : y + 3, x + 12 * i : x + 12 * i + 3] = 0
    return grey


def border_and_holes(shape: tuple[int, int]) -> np.ndarray:
    """A slanted border at the left, one at the top, two punch holes, and a line along the right edge of the sheet."""
    rows, columns = np.indices(shape)
    dirt = (columns < 10 + rows / 60) | (rows < 8 + columns % 3)
    for y in mm(25, 75):
        dirt |= (rows - y) ** 2 + (columns - mm(11)[0]) ** 2 <= mm(3)[0] ** 2
    edge = shape[1] - 15 + rows // 120
    return dirt | ((columns >= edge) & (columns < edge + 3))


def pepper(shape: tuple[int, int]) -> np.ndarray:
    """Specks in the empty margin below the text, in no row."""
    dirt = np.zeros(shape, bool)
    for y, x in (5, 30), (6.5, 60), (8, 105):
        down, right = shape[0] - mm(y)[0], mm(x)[0]
        dirt[down : down + 2, right : right + 3] = True
    return dirt


def test_dirt_of_black_and_white_pages_goes_and_every_letter_stays(sheet):
    clean = sheet > 127
    dirty = clean & ~border_and_holes(clean.shape) & ~pepper(clean.shape)
    cleaned = cleaned_page(dirty, dpi=DPI)
    assert np.array_equal(cleaned.pixels, clean)
    assert cleaned.remarks == ("black and white: only borders, punch holes and isolated specks are removed",)
    for kind in (lambda page: page * np.uint8(255), lambda page: np.stack([page * np.uint16(65535)] * 3, -1)):
        assert np.array_equal(clean_page(kind(dirty), dpi=DPI), kind(clean))
    assert np.array_equal(isthmus.clean(dirty, dpi=DPI, strength=0.4), dirty)


@pytest.mark.parametrize("kind", ["text", "letter", "tables", "article", "contents", "report"])
def test_black_and_white_pages_without_dirt_stay_and_that_is_said(kind):
    for seed in range(2):
        page = synthetic_page(np.random.default_rng(seed), DPI, (110, 90), Fonts("pillow"), kind=kind) > 0.5
        cleaned = cleaned_page(page, dpi=DPI)
        assert np.array_equal(cleaned.pixels, page)
        assert "not cleaned" in cleaned.note


def drawn(name: str, page: np.ndarray) -> np.ndarray:
    """The page with something dark near its edges that is no dirt."""
    page = page.copy()
    if name == "frame at the edge":
        page[:2] = page[-2:] = page[:, :2] = page[:, -2:] = 0
    elif name == "frame near the edge":
        page[9:11, 9:-9] = page[-11:-9, 9:-9] = page[9:-9, 9:11] = page[9:-9, -11:-9] = 0
    elif name == "rules of a table":
        page[12:14] = page[-14:-12] = page[len(page) // 2] = 0
    elif name == "reversed heading":
        page[: mm(12)[0]] = 255 - page[mm(20)[0] : mm(20)[0] + mm(12)[0]]
    elif name == "bullets":
        for y in mm(25, 75):
            page[y : y + 6, mm(15)[0] : mm(15)[0] + 6] = 0
    elif name == "one disc":
        rows, columns = np.indices(page.shape)
        page[(rows - mm(25)[0]) ** 2 + (columns - mm(11)[0]) ** 2 <= mm(3)[0] ** 2] = 0
    elif name == "cut letters":
        page = page[mm(22)[0] :, mm(24)[0] :]
    return page


NAMES = ["frame at the edge", "frame near the edge", "rules of a table", "reversed heading", "bullets", "one disc",
         "cut letters"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_stays(sheet, name):
    page = drawn(name, sheet)
    assert not bilevel_dirt(page < 128, DPI).any()
    assert find_edge_dirt(page, DPI) is None


def ruled(name: str, page: np.ndarray) -> np.ndarray:
    """The page with a rule near its edge, as a scanner sees it."""
    page = page.copy()
    if name == "head":  # not quite straight, and with print above it
        for x in range(page.shape[1]):
            y = mm(3.6)[0] + x * 4 // page.shape[1]
            page[y : y + 2, x] = 0
        top = np.flatnonzero((page[mm(10)[0] :] < 128).any(1))[0] + mm(10)[0]
        page[: mm(2.5)[0], mm(20)[0] : mm(60)[0]] = page[top : top + mm(2.5)[0], mm(20)[0] : mm(60)[0]]
    elif name == "rough":
        page[9:11, 6:-6] = 0
        page[11, 6:-6:5] = 0
    elif name == "at the edge":
        page[:2, 16:-20] = 0
    else:
        page[-3:] = page[-200:, 60:62] = page[-200:, -62:-60] = 0
    return page


@pytest.mark.parametrize("name", ["head", "rough", "at the edge", "last of a table"])
def test_rules_near_the_edge_stay(sheet, name):
    page = ruled(name, sheet)
    assert not bilevel_dirt(page < 128, DPI).any()
    assert find_edge_dirt(page, DPI) is None


@pytest.mark.parametrize("kind", ["grey", "RGB", "16 bit", "floats"])
def test_edges_of_grey_and_colour_scans_become_paper(sheet, identity, kind):
    rng = np.random.default_rng(0)
    scan = np.clip(sheet * 0.9 + rng.normal(0, 2, sheet.shape), 0, 255)
    dirt = border_and_holes(sheet.shape)
    dirty = np.where(dirt, 25 + rng.normal(0, 2, sheet.shape), scan).astype(np.uint8)
    given, white = {"grey": (dirty, 255), "RGB": (np.stack([dirty] * 3, -1), 255),
                    "16 bit": (dirty.astype(np.uint16) * 257, 65535), "floats": (dirty / 255, 1)}[kind]  # fmt: skip
    result = clean_page(given, network=identity, dpi=DPI) / white
    assert (result[dirt] > 0.8).all()
    text = slice(mm(20)[0], -mm(20)[0]), slice(mm(20)[0], -mm(20)[0])
    assert np.abs(result[text] - given[text] / white).max() < 0.01
    half = clean_page(given, network=identity, dpi=DPI, strength=0.5) / white
    assert half[dirt] == pytest.approx((result[dirt] + given[dirt] / white) / 2, abs=0.01)


def test_pictures_at_the_edge_stay(sheet):
    rng = np.random.default_rng(0)
    scan = np.clip(sheet * 0.9 + rng.normal(0, 2, sheet.shape), 0, 255).astype(np.uint8)
    for picture in rng.integers(0, 90, (60, sheet.shape[1])), np.linspace(0, 200, 60)[:, None]:
        page = scan.copy()
        page[:60] = picture
        assert find_edge_dirt(page, DPI) is None
    assert find_edge_dirt(rng.integers(0, 60, (600, 400)).astype(np.uint8), DPI) is None


def test_pages_too_large_to_look_at_their_edges_say_so(identity, monkeypatch):
    monkeypatch.setattr("isthmus.pages.cleaning._MOST_FOR_EDGES", 10_000)
    grey = np.random.default_rng(0).integers(200, 255, (120, 100)).astype(np.uint8)
    assert any("were not looked for" in remark for remark in cleaned_page(grey, network=identity).remarks)
    black_and_white = np.where(grey > 220, 255, 0).astype(np.uint8)
    assert any("not cleaned" in remark for remark in cleaned_page(black_and_white, network=identity).remarks)
    with pytest.raises(LeftAsItIs, match="not cleaned"):  # in documents nothing is copied
        cleaned_page(black_and_white, network=identity, max_megapixels=250)
