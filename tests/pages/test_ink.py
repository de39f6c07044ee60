"""The composition of a page from its own ink, with maps of ink that the tests draw."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from isthmus.pages.ink import NetworkInput, OwnInk, without_shades, without_specks
from isthmus.pages.paper import Paper, shows_without_ink

SHAPE = (160, 240)


def strokes(scale: int = 1) -> np.ndarray:
    """Letters and a hairline, 1 where there is ink."""
    image = Image.new("L", (SHAPE[1] * scale, SHAPE[0] * scale))
    draw = ImageDraw.Draw(image)
    draw.text((20 * scale, 20 * scale), "emerge minimum", 255, font_size=16 * scale)
    draw.line([(20 * scale, 90 * scale), (220 * scale, 110 * scale)], 255, 1)
    return np.asarray(image, np.float32) / 255


def shaded_paper(shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Paper in shadow on the right, with a stain."""
    down, across = (np.linspace(0, 1, side, dtype=np.float32) for side in shape)
    down = down[:, None]
    return 0.95 - 0.4 * across - 0.2 * np.exp(-((down - 0.5) ** 2 + (across - 0.3) ** 2) / 0.02)


def page_with(ink: np.ndarray, darkness: float) -> np.ndarray:
    return shaded_paper((ink.shape[0], ink.shape[1])) * (1 - darkness * ink)


@pytest.mark.parametrize("darkness", [0.1, 0.2, 0.5, 0.9])
def test_ink_that_a_network_would_erase_keeps_its_contrast_and_paper_is_white(darkness: float) -> None:
    ink = strokes()
    page = page_with(ink, darkness)
    own = OwnInk(page[None], np.ones(SHAPE, np.float32), ink, 1)
    clean = own.apply(0, page[None])
    kept = (1 - clean)[ink > 0.9].mean()
    assert kept >= 0.9 * darkness
    assert clean[ndimage.maximum_filter(ink, 5) == 0].min() == 1


def test_faint_ink_that_is_sure_is_raised_and_strong_ink_is_not() -> None:
    ink = strokes()
    faint, strong = (1 - OwnInk(p[None], np.ones(SHAPE, np.float32), ink, 1).apply(0, p[None])[ink > 0.9].mean()
                     for p in (page_with(ink, 0.15), page_with(ink, 0.7)))  # fmt: skip
    assert 0.25 < faint < 0.45
    assert strong == pytest.approx(0.7, abs=0.05)


def test_the_tone_darkens_ink_but_does_not_draw_it() -> None:
    """The network wants a letter elsewhere: a stroke of its own between the page's strokes stays out."""
    ink, bar = strokes(), np.zeros(SHAPE, np.float32)
    bar[:, 60:63] = 1  # a bar through all letters
    page = page_with(ink, 0.5)
    near = ndimage.maximum_filter(ink, 3)
    clean = OwnInk(page[None], 1 - np.maximum(0.9 * ink, bar), ink, 1).apply(0, page[None])
    darkness = 1 - clean
    assert darkness[ink > 0.9].mean() > 0.7  # darkened by its own shape
    assert darkness[(bar == 1) & (near == 0)].max() == 0
    assert darkness[(bar == 1) & (ink == 0)].max() <= 0.3


@pytest.mark.parametrize(("step", "stay"), [(40, True), (4, False)])
def test_points_that_only_the_tone_sees_stay_unless_they_are_grain(step: int, stay: bool) -> None:
    ink, points = strokes(), np.zeros(SHAPE, np.float32)
    points[4:-4:step, 4:-4:step] = points[4:-4:step, 5:-4:step] = 1  # as a full stop or a minus sign
    points[ndimage.maximum_filter(ink, 7) > 0] = 0
    page, wanted = page_with(np.maximum(ink, 0.6 * points), 0.5), np.maximum(0.8 * ink, 0.3 * points)
    darkness = 1 - OwnInk(page[None], 1 - wanted, ink, 1).apply(0, page[None])
    assert (darkness[points == 1] > 0.2).all() if stay else (darkness[points == 1] < 0.05).all()


def test_streaks_of_paper_that_both_networks_take_for_ink_stay_paler_than_print() -> None:
    """No ink is darkened by a larger factor than all ink of the page."""
    ink, streak = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    ink[20:60, 20:220:12] = ink[20:60, 21:220:12] = ink[20:60, 22:220:12] = 1
    streak[100:104, 20:220] = 1
    page = page_with(0.75 * ink + 0.25 * streak, 1.0)
    wanted = 0.9 * ink + 0.7 * streak
    clean = OwnInk(page[None], 1 - wanted, np.minimum(ink + 0.65 * streak, 1), 1).apply(0, page[None])
    assert (1 - clean)[ink == 1].mean() == pytest.approx(0.9, abs=0.05)
    assert 0.2 < (1 - clean)[streak == 1].mean() < 0.45


def test_strokes_of_the_large_page_stay_as_sharp_as_they_are() -> None:
    factor = 3
    large_ink = strokes(factor)
    large = page_with(large_ink, 0.6)
    small, ink = (np.asarray(Image.fromarray(x).reduce(factor)) for x in (large, large_ink))
    own = OwnInk(small[None], 1 - 0.6 * ink, ink, factor)
    clean = np.concatenate([own.apply(first, large[None, first * factor : (first + 40) * factor])
                       for first in range(0, SHAPE[0], 40)])  # fmt: skip
    near = ndimage.maximum_filter(ink, 3).repeat(factor, 0).repeat(factor, 1) > 0.5
    wanted = 0.6 * large_ink
    difference = np.abs((1 - clean) - wanted)[near]
    assert difference.mean() < 0.03
    assert np.corrcoef((1 - clean)[near], wanted[near])[0, 1] > 0.98


def test_the_network_sees_the_same_ink_on_dark_paper() -> None:
    page = page_with(strokes(), 0.5)[None]
    bright, dark = (NetworkInput(light * page).rows(0, SHAPE[0]) for light in (1, 0.5))
    assert bright.shape == (3, *SHAPE)
    assert np.abs(bright - dark).max() < 0.03
    assert bright.max() <= 1
    assert bright.min() >= 0


def test_paper_goes_on_under_ink() -> None:
    ink = strokes()
    paper = shaded_paper()
    page = page_with(ink, 0.9)[None]
    found = Paper(page, shows_without_ink(page, ink), 1).under(0, SHAPE)[0]
    assert np.abs(found - paper).max() < 0.03


def test_without_paper_it_is_white() -> None:
    page = np.full((1, 20, 30), 0.3, np.float32)
    assert Paper(page, np.zeros((20, 30), np.float32), 1).under(0, (20, 30)).min() == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 2), (33, 17)])
def test_pages_of_any_size(shape: tuple[int, int]) -> None:
    page = np.full((1, *shape), 0.5, np.float32)
    clean = OwnInk(page, np.ones(shape, np.float32), np.zeros(shape, np.float32), 1).apply(0, page)
    assert clean.shape == shape
    assert (clean == 1).all()


def test_a_page_in_bands_is_the_page_at_once() -> None:
    ink = strokes()
    page = page_with(ink, 0.4)[None]
    own = OwnInk(page, 1 - 0.7 * ink, ink, 1)
    parts = [own.apply(first, page[:, first : first + 37]) for first in range(0, SHAPE[0], 37)]
    assert np.allclose(np.concatenate(parts), own.apply(0, page), atol=1e-6)


def test_shades_wider_than_strokes_are_paper_where_the_tone_says_so() -> None:
    letters, shade = strokes(), np.zeros(SHAPE, np.float32)
    shade[10:80, 10:150] = 1
    page = 0.9 * (1 - 0.35 * shade) * (1 - 0.8 * letters)
    found = without_shades(np.maximum(shade, letters), page, 1 - 0.8 * letters)
    assert found[(shade == 1) & (letters == 0)].max() < 0.1
    assert found[letters > 0.95].min() > 0.9
    box = 0.9 * (1 - 0.75 * shade)  # as dark as a box of ink, and for the tone there is ink
    assert np.array_equal(without_shades(shade.copy(), box, np.ones(SHAPE, np.float32)), shade)
    assert np.array_equal(without_shades(shade.copy(), page, 1 - shade), shade)


def test_specks_that_stand_alone_are_no_ink() -> None:
    ink = strokes()
    ink[130:132, 100:102] = 1
    found = without_specks(ink.copy(), 150)
    assert found[128:134, 98:104].max() == 0
    assert np.array_equal(found[:120], ink[:120])
