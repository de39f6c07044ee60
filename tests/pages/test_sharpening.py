"""One filter for a page: it undoes blur, leaves noise, and treats all ink alike; only tall letters may differ more."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from isthmus.pages.ink import OwnInk
from isthmus.pages.sharpening import sharpened, sharpening

SHAPE = (120, 300)


def written(text: str, size: int) -> np.ndarray:
    """Darkness from 0 to 1."""
    image = Image.new("L", (SHAPE[1], SHAPE[0]))
    ImageDraw.Draw(image).text((10, 20), f"{text}\n{text}", 255, font_size=size)
    return np.asarray(image, np.float32) / 255


def distance(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.sqrt(np.mean((first - second) ** 2)))


def test_blur_is_undone_for_the_most_part() -> None:
    sharp = written("emerge minimum easel", 18)
    soft = ndimage.gaussian_filter(sharp, 0.7)
    kernel = sharpening([(soft, sharp, np.ones(SHAPE, np.float32))])
    assert distance(sharpened(soft, kernel), sharp) < 0.4 * distance(soft, sharp)


def test_the_filter_keeps_areas_and_has_no_direction() -> None:
    soft = ndimage.gaussian_filter(written("emerge", 18), (0.5, 1.0))
    kernel = sharpening([(soft, written("emerge", 18), np.ones(SHAPE, np.float32))])
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    for other in (kernel.T, kernel[::-1], kernel[:, ::-1]):
        np.testing.assert_array_equal(kernel, other)


def test_noise_and_pages_without_ink_are_not_sharpened() -> None:
    sharp = written("emerge minimum easel", 18)
    noisy = np.clip(sharp + 0.5 * np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32), 0, 1)
    assert sharpening([(noisy, sharp, np.ones(SHAPE, np.float32))])[2, 2] < 1  # rather softened
    nothing = np.zeros(SHAPE, np.float32)
    np.testing.assert_allclose(sharpened(sharp, sharpening([(sharp, nothing, nothing)])), sharp, atol=1e-6)


@pytest.mark.parametrize(("size", "least"), [(12, 0.8), (32, 0.5)])
def test_the_tone_takes_nothing_from_small_letters_and_little_from_tall_ones(size: int, least: float) -> None:
    """The tone lacks a thin bar of the first letters, as if it wrote c for e."""
    ink = written("emerge minimum easel", size)
    page = 1 - 0.9 * ink
    bars = (np.arange(SHAPE[0])[:, None] == ink[:, :40].sum(1).argmax()) & (np.arange(SHAPE[1]) < 40)
    own = OwnInk(page[None], np.where(bars, 1, 1 - 0.9 * ink).astype(np.float32), ink, 1)
    taken = bars & (ink > 0.8)
    assert (1 - own.apply(0, page[None]))[taken].mean() > least
