"""The scale of pages: what the user gives, what files state if it makes sense, then their letters, then their size."""

import numpy as np
import pytest
from PIL import Image

from isthmus.pages.scale import NETWORK_DPI, NETWORK_LETTERS, page_scale, reduction
from isthmus.synthetic_pages import Fonts, clean_page, noisy_page


def page(seed: int, dpi: int, *, dirty: bool) -> np.ndarray:
    fonts = Fonts("pillow")
    made = clean_page(np.random.default_rng(seed), dpi, (50, 90), fonts, kind="text")
    if dirty:
        made = noisy_page(made, np.random.default_rng(seed + 100), dpi, level=0.5, fonts=fonts)
    return np.round(255 * made).astype(np.uint8)


def letter_height(grey: np.ndarray) -> float | None:
    """The height of the small letters of a page in pixels, if letters tell its scale."""
    scale = page_scale(grey)
    return scale.dpi / NETWORK_DPI * NETWORK_LETTERS if scale.source == "letters" else None


@pytest.mark.parametrize(("seed", "dirty"), [(0, False), (1, True), (3, False)])
def test_letters_are_twice_as_high_at_twice_the_resolution(seed, dirty):
    heights = {dpi: letter_height(page(seed, dpi, dirty=dirty)) for dpi in (150, 300, 600)}
    assert 7 < heights[150] < 17
    for dpi in (300, 600):
        assert 0.6 < heights[dpi] / heights[150] / (dpi / 150) < 1.7


def test_dot_leaders_and_specks_are_no_letters():
    grey = page(0, 150, dirty=False)
    expected = letter_height(grey)
    for y, x in np.random.default_rng(0).integers(0, (grey.shape[0] - 3, grey.shape[1] - 3), (2000, 2)):
        grey[y : y + 2, x : x + 2] = 0
    assert letter_height(grey) == pytest.approx(expected, rel=0.3)


def test_pages_without_letters_have_no_height():
    assert letter_height(np.full((50, 50), 255, np.uint8)) is None
    assert letter_height(np.zeros((1, 1), np.uint8)) is None
    gradient = np.tile(np.linspace(0, 255, 300).astype(np.uint8), (200, 1))
    assert letter_height(gradient) is None


def sheet(dpi: int) -> np.ndarray:
    """An empty sheet of A4."""
    return np.full((round(11.7 * dpi), round(8.3 * dpi)), 255, np.uint8)


def texture(dpi: int = 100) -> np.ndarray:
    """A sheet full of dark dots of the size of letters, which stand in no lines."""
    grey, rng = sheet(dpi), np.random.default_rng(0)
    for _ in range(1500):
        y, x = (int(rng.integers(0, side - 12)) for side in grey.shape)
        grey[y : y + rng.integers(5, 9), x : x + rng.integers(5, 9)] = 60
    return grey


@pytest.mark.parametrize(
    ("dpi", "factor"), [(72, 0.5), (100, 1), (150, 1), (200, 1), (300, 2), (400, 3), (600, 4), (1200, 8)]
)
def test_what_the_user_gives_is_always_used(dpi, factor):
    for grey in np.full((50, 50), 255, np.uint8), page(1, 300, dirty=False), texture():
        assert page_scale(grey, dpi, stated=150).dpi == dpi
        assert reduction(grey, dpi) == factor


@pytest.mark.parametrize("stated", [None, 0.5, 72, 72.009, 71.98, 96, 96.012, 10_000, float("nan")])
def test_sheets_without_letters_go_by_their_size_where_no_resolution_is_known(stated):
    for dpi in (100, 300, 600):
        scale = page_scale(sheet(dpi), stated=stated)
        assert (scale.source, scale.reduction) == ("size", reduction(sheet(dpi), dpi))
        assert scale.dpi == pytest.approx(dpi, rel=0.01)
        assert f"{dpi} dpi assumed" in scale.assumed
    assert page_scale(texture(), stated=stated).dpi == pytest.approx(100, rel=0.01)


def test_textures_do_not_outvote_what_a_file_states():
    assert letter_height(texture()) is None
    for stated in (100, 189, 300, 600):
        scale = page_scale(texture(), stated=stated)
        assert (scale.dpi, scale.source, scale.assumed) == (stated, "stated", None)


@pytest.mark.parametrize("stated", [None, 72, 96])
def test_letters_decide_where_a_file_states_a_resolution_of_screens(stated):
    grey = page(1, 300, dirty=False)
    scale = page_scale(grey, stated=stated)
    assert scale.source == "letters"
    assert 200 <= scale.dpi <= 450
    assert scale.assumed.startswith("no dpi;" if stated is None else f"{stated} dpi is stated, but not credible;")
    turned = page_scale(np.ascontiguousarray(np.rot90(grey)), stated=stated)
    assert turned.source == "letters"
    assert 200 <= turned.dpi <= 450


def test_images_too_small_for_sheets_are_not_taken_for_sheets():
    assert reduction(np.full((50, 50), 255, np.uint8)) == 1
    assert page_scale(np.full((50, 50), 255, np.uint8)).warning is None
    marks = page_scale(np.kron(texture(50), np.ones((2, 2), np.uint8))[:500, :500])
    assert (marks.source, marks.reduction) == ("marks", 1)
    assert marks.dpi == pytest.approx(175, rel=0.3)


def test_coarse_pages_are_warned_of():
    assert page_scale(sheet(300), 99).warning == "at 99 dpi cleaning can damage letters: scan at 150 dpi or more"
    assert page_scale(sheet(75)).warning.startswith("at 75 dpi")
    assert page_scale(sheet(300), 100).warning is None
    assert page_scale(sheet(300)).warning is None


def test_letters_decide_where_the_resolution_cannot_be_right():
    grey = page(1, 300, dirty=False)
    assert page_scale(grey, stated=300).reduction == 2
    assert 2 <= reduction(grey) <= 3
    assert page_scale(grey, stated=2000).reduction == reduction(grey)
    small = np.asarray(Image.fromarray(grey).reduce(2))
    assert page_scale(small, stated=2000).reduction == 1
