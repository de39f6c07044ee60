"""Clean pages and their dirty scans."""

import numpy as np
import pytest

from isthmus.errors import OutputError, ParameterError
from isthmus.pages.evaluation.measures import components_lost
from isthmus.synthetic_pages import (
    KINDS_OF_PAGES,
    Fonts,
    Settings,
    Sheet,
    clean_page,
    draw_page,
    make_pages,
    noisy_page,
    printed,
    synthetic_pair,
)
from isthmus.synthetic_pages.area import Area
from isthmus.synthetic_pages.canvas import LUMINANCE
from isthmus.synthetic_pages.pictures import screened

FONTS = Fonts("pillow")


def drawn(kind, seed=0, dpi=100, **options):
    return draw_page(np.random.default_rng(seed), dpi, fonts=FONTS, kind=kind, **options)


def pixels_of(page, box, dpi):
    left, top, right, bottom = (max(round(value / 25.4 * dpi), 0) for value in box)
    return page.pixels[top : max(bottom, top + 1), left : max(right, left + 1)]


@pytest.mark.parametrize("kind", KINDS_OF_PAGES)
def test_pages_of_every_kind_are_mostly_white_with_something_black(kind):
    for seed in range(3):
        page = drawn(kind, seed).pixels
        assert page.shape == (1169, 827)
        assert page.dtype == np.float32
        assert page.min() >= 0
        assert page.max() == 1
        assert (page < 0.5).mean() > 0.001
        assert np.median(page) == 1


@pytest.mark.parametrize("kind", ["form", "tables", "article"])
def test_rules_are_where_the_page_says(kind):
    found = 0
    for seed in range(4):
        page = drawn(kind, seed, 150)
        for box in page.rules:
            inside = pixels_of(page, box, 150)
            if min(box) > 0 and box[2] < 205 and box[3] < 290 and inside.size:
                long_way = inside.min(0 if inside.shape[1] > inside.shape[0] else 1)
                assert long_way.mean() < 0.85
                found += 1
    assert found > 15


def test_pictures_are_where_the_page_says():
    found = 0
    for seed in range(4):
        page = drawn("pictures", seed)
        for left, top, right, bottom in page.pictures:
            if right - left > 20 and bottom - top > 20:
                assert pixels_of(page, (left + 1, top + 1, right - 1, bottom - 1), 100).mean() < 0.97
                found += 1
    assert found > 3


def test_pages_have_many_small_components():
    for kind, least in (("contents", 200), ("text", 50)):
        page = drawn(kind, 1, 150).pixels
        assert components_lost(page, page)[0] == 0
        assert components_lost(page, page)[1] > least


def test_the_same_page_at_every_resolution():
    for kind in ("report", "form", "handwriting"):
        profiles, rules = [], []
        for dpi in (100, 300):
            page = drawn(kind, 2, dpi)
            ink = (1 - page.pixels)[: 11 * dpi, : 8 * dpi].reshape(110, dpi // 10, 80, dpi // 10).mean((1, 3))
            profiles.append(ink)
            rules.append([((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in page.rules])
        assert np.corrcoef(profiles[0].ravel(), profiles[1].ravel())[0, 1] > 0.9
        assert np.abs(profiles[0] - profiles[1]).mean() < 0.02
        assert len(rules[0]) == len(rules[1])
        assert np.allclose(*rules, atol=1e-6)


def test_a_piece_of_a_page_is_filled_to_its_edges():
    filled = []
    for seed in range(6):
        page = clean_page(np.random.default_rng(seed), 150, (71.12, 91.44), FONTS, kind="text")
        assert page.shape == (420, 540)
        filled.append((page < 0.5).mean())
    assert np.median(filled) > 0.03


def test_a_page_in_colours_is_the_grey_page_in_colours():
    for kind in ("letter", "pictures", "handwriting"):
        grey, coloured = drawn(kind, 5).pixels, drawn(kind, 5, colour=True).pixels
        assert coloured.shape == (*grey.shape, 3)
        assert np.abs(coloured @ np.float32(LUMINANCE) - grey).mean() < 0.01
        dirty = noisy_page(coloured, np.random.default_rng(0), 100, fonts=FONTS)
        assert dirty.shape == coloured.shape
        assert 0 <= dirty.min() <= dirty.max() <= 1


def test_halftone_dots_are_as_dark_as_the_picture():
    area = Area(200, 200, 300)
    for tone in (0.1, 0.35, 0.7):
        dots = screened(np.full((200, 200), tone, np.float32), area, 0.26, 0.6)
        assert dots.mean() == pytest.approx(tone, abs=0.03)
        assert ((dots < 0.1) | (dots > 0.9)).mean() > 0.5


def test_dirt_makes_nothing_brighter_and_print_stays_darkest():
    ink = drawn("text", 3).pixels
    height, width = ink.shape
    rng = np.random.default_rng(0)
    sheet = Sheet(rng.uniform(0.1, 1, (height, width)).astype(np.float32), np.ones((height, width), np.float32))
    page = printed(ink, sheet)
    assert (page <= ink + 1e-6).all()
    assert (page <= sheet.whole + 1e-6).all()
    assert (page[ink < 0.01] < 0.02).all()


def test_soft_shade_takes_contrast_and_print_is_the_lighter_the_darker_its_paper():
    ink = np.float32([[0, 0.2, 1]] * 3)
    shade = np.float32([[1.0], [0.9], [0.7]]) * np.ones((1, 3), np.float32)
    page = printed(ink, Sheet(np.ones_like(ink), shade), soft=True)
    assert np.allclose(page[0], ink[0])
    assert np.allclose(page[:, 2], shade[:, 0])  # empty paper is what it is on a scan
    assert np.allclose(page[:, 0], 1 - shade[:, 0], atol=1e-6)
    assert (np.diff(page[:, 0]) > 0).all()
    dark = Sheet(np.full_like(ink, 0.3), shade)
    assert (printed(ink, dark, soft=True) <= 0.31).all()  # a stain on it darkens all the same


def test_no_dirt_leaves_the_page_as_it_is():
    clean = drawn("report", 4).pixels
    for seed in range(5):
        dirty = noisy_page(clean, np.random.default_rng(seed), 100, level=0, fonts=FONTS)
        assert np.abs(dirty - clean).max() < 1e-5


def test_print_can_still_be_seen_on_dirty_pages():
    """On a dirty page what was black is darker than what was white beside it, nearly everywhere."""
    kept = []
    for seed in range(20):
        clean = clean_page(np.random.default_rng(seed), 150, (71.12, 91.44), FONTS, kind="text")
        dirty = noisy_page(clean, np.random.default_rng(seed), 150, fonts=FONTS)
        tiles = [(y, x) for y in range(0, 400, 40) for x in range(0, 520, 40)]
        for y, x in tiles:
            was, now = (page[y : y + 40, x : x + 40] for page in (clean, dirty))
            black, white = was < 0.1, was > 0.95
            if black.sum() > 30 and white.sum() > 100:
                kept.append(now[black].mean() < now[white].mean() - 0.05)
    assert len(kept) > 200
    assert np.mean(kept) > 0.97


def test_a_pair_is_decided_by_its_seed_and_number():
    small = {"size_mm": (60, 80)}
    one = synthetic_pair(3, 100, Settings(seed=1, **small), FONTS)
    again = synthetic_pair(3, 100, Settings(seed=1, **small), FONTS)
    assert np.array_equal(one[0].pixels, again[0].pixels)
    assert np.array_equal(one[1], again[1])
    for other in (
        synthetic_pair(4, 100, Settings(seed=1, **small), FONTS),
        synthetic_pair(3, 100, Settings(seed=2, **small), FONTS),
    ):
        assert not np.array_equal(one[0].pixels, other[0].pixels)
    filthy = synthetic_pair(3, 100, Settings(seed=1, level=2, **small), FONTS)
    assert np.array_equal(one[0].pixels, filthy[0].pixels)
    assert filthy[1].mean() < one[1].mean()


def test_wrong_settings_are_refused(tmp_path):
    for options, words in (
        ({"seed": -1}, "seed must be 0 or more"),
        ({"size_mm": (10, 100)}, "size must be 20 to 500 mm"),
        ({"level": 4}, "dirt must be a number from 0"),
        ({"level": float("nan")}, "dirt must be a number from 0"),
    ):
        with pytest.raises(ParameterError, match=words):
            Settings(**options)
    with pytest.raises(ParameterError, match="kind must be one of text, article"):
        drawn("poem")
    with pytest.raises(ParameterError, match="dpi must be 100 to 600"):
        next(make_pages(tmp_path, dpi=[99]))
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be created"):
        next(make_pages(tmp_path / "file"))
