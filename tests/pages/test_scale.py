"""The scale of pages: found by their letters, whatever the resolution, and by dots per inch that make sense."""

import numpy as np
import pytest
from PIL import Image

from isthmus.pages.scale import letter_height, reduction
from isthmus.synthetic_pages import Fonts, clean_page, noisy_page


def page(seed: int, dpi: int, *, dirty: bool) -> np.ndarray:
    fonts = Fonts("pillow")
    made = clean_page(np.random.default_rng(seed), dpi, (50, 90), fonts, kind="text")
    if dirty:
        made = noisy_page(made, np.random.default_rng(seed + 100), dpi, level=0.5, fonts=fonts)
    return np.round(255 * made).astype(np.uint8)


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


@pytest.mark.parametrize(
    ("dpi", "factor"), [(72, 0.5), (100, 1), (150, 1), (200, 1), (300, 2), (400, 3), (600, 4), (1200, 8)]
)
def test_blank_pages_go_by_their_resolution(dpi, factor):
    assert reduction(np.full((50, 50), 255, np.uint8), dpi) == factor


@pytest.mark.parametrize("dpi", [None, 0.5, 10_000, float("nan")])
def test_blank_pages_of_no_credible_resolution_are_taken_as_they_are(dpi):
    assert reduction(np.full((50, 50), 255, np.uint8), dpi) == 1


def test_letters_decide_where_the_resolution_cannot_be_right():
    grey = page(1, 300, dirty=False)
    assert reduction(grey, 300) == 2
    assert 2 <= reduction(grey) <= 3
    assert reduction(grey, 2000) == reduction(grey)
    small = np.asarray(Image.fromarray(grey).reduce(2))
    assert reduction(small, 2000) == 1
