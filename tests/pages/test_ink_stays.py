"""The networks that come with Isthmus keep ink that is faint, coloured or white on dark, on paper that they clean."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

import isthmus

SHAPE = (420, 640)
PAPER = (226, 214, 186)  # yellowed
TEXT = "The quick brown fox jumps\nover eleven lazy islands;\nGrüße, im Übrigen § 12.\nInvoice 4711-3 of 1984"


def dirty_page(ink: tuple[int, int, int], paper: tuple[int, int, int] = PAPER, text: str = TEXT):
    """A page in shadow on the right with grain, its letters, and where they are."""
    image = Image.new("L", SHAPE[::-1])
    ImageDraw.Draw(image).multiline_text((40, 60), text, 255, font_size=26, spacing=22)
    letters = np.asarray(image, np.float32)[..., None] / 255
    down, across = np.mgrid[0:1:420j, 0:1:640j]
    shadow = 1 - 0.3 * np.clip(across - 0.4, 0, 1) - 0.06 * np.sin(9 * down) * across
    grain = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=SHAPE), 0.7)
    page = (np.array(paper) * (1 - letters) + np.array(ink) * letters) * (shadow * (1 + 0.012 * grain))[..., None]
    return np.clip(page + 0.5, 0, 255).astype(np.uint8), letters[..., 0] > 0.9


def contrast(page: np.ndarray, ink: np.ndarray) -> float:
    """How much darker ink is than the paper around it, as a share of the paper."""
    grey = np.asarray(Image.fromarray(page).convert("L"), float)
    paper = grey[ndimage.binary_dilation(ink, iterations=14) & ~ndimage.binary_dilation(ink, iterations=4)].mean()
    return 1 - grey[ink].mean() / paper


@pytest.mark.parametrize(
    ("kind", "ink"),
    [("black", (40, 36, 32)), ("toner", (150, 142, 124)), ("faded", (178, 168, 146)), ("pencil", (165, 158, 140)),
     ("red", (176, 60, 40)), ("pale red", (205, 140, 110)), ("blue", (90, 100, 150)), ("brown", (130, 90, 50))],
)  # fmt: skip
def test_ink_keeps_four_fifths_of_its_contrast_and_paper_becomes_white(kind, ink):
    page, letters = dirty_page(ink)
    clean = isthmus.clean(page, dpi=150)
    assert contrast(clean, letters) >= 0.8 * contrast(page, letters), kind
    around = ~ndimage.binary_dilation(letters, iterations=6)
    assert np.median(clean[around]) == 255
    assert (clean[around] > 240).mean() > 0.98


@pytest.mark.parametrize(("ink", "strongest"), [((176, 60, 40), 0), ((70, 90, 170), 2)])
def test_coloured_ink_keeps_its_colour(ink, strongest):
    page, letters = dirty_page(ink)
    clean = isthmus.clean(page, dpi=150)
    mean = clean[letters].mean(0)
    assert mean.argmax() == strongest
    assert mean.max() - mean.min() > 50


def test_white_letters_on_a_dark_box_stay():
    page, letters = dirty_page((238, 234, 226), paper=(40, 44, 66))
    wide = np.full((SHAPE[0] + 240, SHAPE[1] + 200, 3), PAPER, np.uint8)
    wide[120:-120, 100:-100] = page
    ink = np.pad(letters, ((120, 120), (100, 100)))
    clean = isthmus.clean(wide, dpi=150)
    before, after = (np.asarray(Image.fromarray(p).convert("L"), float) for p in (wide, clean))
    box = np.zeros(ink.shape, bool)
    box[130:-130, 110:-110] = True
    box &= ~ndimage.binary_dilation(ink, iterations=3)
    assert after[ink].mean() - after[box].mean() >= 0.8 * (before[ink].mean() - before[box].mean())


def test_marker_stays_on_yellow_paper():
    page, letters = dirty_page((40, 36, 32))
    for first, marker in ((50, (1, 0.93, 0.35)), (110, (1, 0.6, 0.7)), (160, (0.6, 1, 0.5))):
        page[first : first + 40, 40:300] = page[first : first + 40, 40:300] * np.array(marker)
    clean = isthmus.clean(page, dpi=150)
    for first, weakest in ((50, 2), (110, 1), (160, 2)):
        colour = np.median(clean[first : first + 40, 60:280][~letters[first : first + 40, 60:280]], axis=0)
        assert colour.argmin() == weakest
        assert colour.max() - colour.min() > 40
