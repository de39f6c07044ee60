"""Sheets of dirt: what a scan of an empty dirty page looks like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import sobel

from isthmus.errors import ParameterError
from isthmus.synthetic_pages import KINDS, Fonts, dirt_sheet, draw_sheet
from isthmus.synthetic_pages.area import Area, noise
from isthmus.synthetic_pages.stains import spill

FONTS = Fonts("pillow")


def shrunk(page, shape):
    """A page in fewer pixels: means over what each of them covers."""
    edges = [np.linspace(0, page.shape[axis], shape[axis] + 1).round().astype(int)[:-1] for axis in (0, 1)]
    sums = np.add.reduceat(np.add.reduceat(page.astype(float), edges[0], 0), edges[1], 1)
    counts = np.diff([*edges[0], page.shape[0]])[:, None] * np.diff([*edges[1], page.shape[1]])
    return sums / counts


@given(
    height=st.integers(1, 150), width=st.integers(1, 150), dpi=st.sampled_from([100, 150, 300, 600]),
    seed=st.integers(0, 10**6), colour=st.booleans(),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_sheets_of_any_size_are_between_black_and_white(height, width, dpi, seed, colour):
    sheet = dirt_sheet(np.random.default_rng(seed), height, width, dpi, fonts=FONTS, colour=colour)
    assert sheet.shape == (height, width, 3)[: 2 + colour]
    assert sheet.dtype == np.float32
    assert 0 <= sheet.min() <= sheet.max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_sheet_at_every_resolution(kind):
    for seed in range(3):
        sheets = [
            dirt_sheet(np.random.default_rng(seed), 6 * dpi // 2, 2 * dpi, dpi, kinds=("paper", kind), fonts=FONTS)
            for dpi in (100, 200, 300)
        ]
        coarse = [shrunk(sheet, (30, 20)) for sheet in sheets]
        for other in coarse[1:]:
            assert np.abs(other - coarse[0]).mean() < 0.01
            assert np.abs(other.mean() - coarse[0].mean()) < 0.005


def test_the_same_generator_gives_the_same_sheet_and_another_another():
    first, again, other = (dirt_sheet(np.random.default_rng(seed), 60, 80, fonts=FONTS) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_kind_more_leaves_the_others_as_they_are():
    plain, stained = (
        draw_sheet(np.random.default_rng(3), 100, 100, kinds=kinds) for kinds in (("folds",), ("folds", "stains"))
    )
    assert np.array_equal(plain.shade, stained.shade)
    assert (stained.coat <= plain.coat + 1e-6).all()


def test_twice_the_dirt_lets_the_square_through():
    once, twice = (
        draw_sheet(np.random.default_rng(4), 60, 60, kinds=("stains", "light"), level=level) for level in (1, 2)
    )
    assert np.allclose(once.coat**2, twice.coat, atol=1e-5)
    assert np.allclose(once.shade**2, twice.shade, atol=1e-5)
    clean = dirt_sheet(np.random.default_rng(4), 60, 60, level=0, fonts=FONTS)
    assert (clean == 1).all()


def test_stains_reach_from_faint_to_very_dark_and_have_sharp_edges():
    darkest, sharpest = [], []
    for seed in range(60):
        plain, stained = (
            draw_sheet(np.random.default_rng(seed), 300, 300, kinds=kinds).coat for kinds in ((), ("stains",))
        )
        ratio = stained / plain
        darkest.append(ratio.min())
        sharpest.append(max(np.abs(sobel(ratio, axis)).max() / 8 for axis in (0, 1)))
    assert min(darkest) < 0.3
    assert np.quantile(darkest, 0.9) > 0.6
    assert max(sharpest) > 0.15  # a change of contrast from one pixel to the next


def test_a_stain_is_as_large_at_every_resolution():
    shares = []
    for dpi in (100, 300):
        absorbed = np.zeros((4 * dpi, 4 * dpi), np.float32)
        spill(np.random.default_rng(11), Area(4 * dpi, 4 * dpi, dpi), absorbed)
        shares.append((absorbed > 0.05).mean())
    assert shares[0] > 0
    assert shares[1] == pytest.approx(shares[0], rel=0.05)


def test_what_shines_through_is_the_other_side_mirrored():
    back = np.ones((200, 300), np.float32)
    back[50:150, 20:80] = 0
    plain, through = (
        draw_sheet(np.random.default_rng(5), 200, 300, kinds=kinds, back=back, fonts=FONTS).coat
        for kinds in ((), ("through",))
    )
    absorbed = -np.log(through / plain)
    assert absorbed[60:140, 230:270].mean() > 10 * absorbed[60:140, 30:70].mean()


def test_coloured_stains_take_blue_away_most():
    sheet = draw_sheet(np.random.default_rng(6), 300, 300, kinds=("stains",), colour=True).coat
    assert sheet.shape == (300, 300, 3)
    for seed in range(20):
        red, _, blue = np.moveaxis(
            draw_sheet(np.random.default_rng(seed), 200, 200, kinds=("paper",), colour=True).coat, -1, 0
        )
        assert np.isfinite(red).all()
        assert np.isfinite(blue).all()


def test_noise_has_the_size_it_is_asked_for():
    for mm in (1, 4):
        field = noise(np.random.default_rng(0), Area(600, 600, 150), mm)
        spectrum = np.abs(np.fft.fft(field - field.mean(), axis=1)) ** 2
        frequency = np.fft.fftfreq(600, 25.4 / 150)
        centre = (spectrum.mean(0) * np.abs(frequency)).sum() / spectrum.mean(0).sum()
        assert 0.1 / mm < centre < 0.5 / mm
        assert field.std() == pytest.approx(1, abs=0.3)


def test_kinds_that_there_are_not_are_refused():
    with pytest.raises(ParameterError, match="kinds must be some of paper, light"):
        dirt_sheet(np.random.default_rng(0), 10, 10, kinds=("mud",))
