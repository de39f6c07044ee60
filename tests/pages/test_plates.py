"""Maps, plates and tints in colours stay on paper that is cleaned."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

import isthmus
from isthmus.pages.plates import plates

PAPER = (232, 222, 198)
BOX = (slice(120, 260), slice(60, 420))


def scanned(image: Image.Image, shadow: float = 0.2) -> np.ndarray:
    """The image in shadow on the right, with grain."""
    pixels = np.asarray(image, float)
    rng = np.random.default_rng(1)
    light = 1 - shadow * np.linspace(0, 1, pixels.shape[1])[None, :, None]
    grain = ndimage.gaussian_filter(rng.normal(size=(*pixels.shape[:2], 1)), (0.6, 0.6, 0))
    return np.clip(pixels * light * (1 + 0.02 * grain) + 0.5, 0, 255).astype(np.uint8)


def page_with_tint(colour: tuple[int, int, int] | None) -> Image.Image:
    image = Image.new("RGB", (480, 400), PAPER)
    draw = ImageDraw.Draw(image)
    if colour is not None:
        draw.rectangle((BOX[1].start, BOX[0].start, BOX[1].stop - 1, BOX[0].stop - 1), colour)
    for row in range(30, 380, 26):
        draw.text((70, row), "Invoice 4711 of the seventh of March", (30, 30, 34), font_size=16)
    return image


def mask_of(page: np.ndarray) -> np.ndarray:
    return plates(np.moveaxis(page, -1, 0) / np.float32(255))


@pytest.mark.parametrize("colour", [(236, 222, 110), (170, 196, 204), (232, 178, 168), (178, 208, 152)])
def test_a_tint_with_print_in_it_stays_and_the_paper_around_it_becomes_white(colour):
    page = scanned(page_with_tint(colour))
    clean = isthmus.clean(page, dpi=150)
    inner = tuple(slice(along.start + 4, along.stop - 4) for along in BOX)
    assert np.array_equal(clean[inner], page[inner])
    assert np.median(clean[280:]) == 255


def test_a_grey_tint_stays_on_unevenly_lit_paper():
    """On the dark side paper is as dark as the tint is on the light side."""
    blank = Image.new("RGB", (800, 700), PAPER)
    ImageDraw.Draw(blank).text((70, 400), "Invoice 4711\nof the seventh of March", (30, 30, 34), font_size=16)
    tinted = blank.copy()
    draw = ImageDraw.Draw(tinted)
    draw.rectangle((60, 120, 419, 259), (186, 178, 158))
    draw.text((70, 140), "The quick brown fox\njumps over the lazy dog", (30, 30, 34), font_size=16)
    page = scanned(tinted, shadow=0.35)
    inner = tuple(slice(along.start + 4, along.stop - 4) for along in BOX)
    assert mask_of(page)[inner].all()
    assert not mask_of(scanned(blank, shadow=0.35)).any()
    assert np.array_equal(isthmus.clean(page, dpi=150)[inner], page[inner])


def test_a_map_of_any_shape_stays_with_its_pale_parts():
    image = page_with_tint(None)
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 120, 420, 300), (190, 212, 226), (40, 40, 40))  # the sea
    draw.polygon([(70, 140), (300, 130), (340, 230), (180, 280), (90, 240)], (238, 205, 20), (40, 40, 40))
    draw.polygon([(320, 140), (400, 150), (410, 280), (330, 270)], (222, 216, 140), (40, 40, 40))
    page = scanned(image)
    clean = isthmus.clean(page, dpi=150)
    assert np.array_equal(clean[124:296, 64:416], page[124:296, 64:416])
    assert np.median(clean[320:]) == 255


@pytest.mark.parametrize("colour", [True, False])
def test_a_picture_on_dark_paper_stays_with_its_light_parts(colour):
    image = page_with_tint(None)
    draw = ImageDraw.Draw(image)
    draw.rectangle((50, 104, 430, 314), PAPER)  # no print at its sides
    draw.rectangle((60, 120, 420, 300), (150, 142, 130))  # a grey day
    draw.polygon([(150, 240), (200, 170), (250, 240)], (236, 230, 214))  # a white house
    draw.ellipse((280, 180, 360, 280), (60, 62, 58))
    page = scanned(image, shadow=0.05)
    page = page if colour else np.asarray(Image.fromarray(page).convert("L"))
    clean = isthmus.clean(page, dpi=150)
    assert np.array_equal(clean[124:296, 64:416], page[124:296, 64:416])
    assert np.median(clean[320:]) == 255


def test_a_frame_around_print_is_no_picture():
    image = page_with_tint(None)
    ImageDraw.Draw(image).rectangle((20, 15, 460, 385), outline=(40, 40, 40), width=8)
    assert not mask_of(scanned(image)).any()


def test_stains_shadows_and_coloured_letters_are_no_plates():
    image = page_with_tint(None)
    draw = ImageDraw.Draw(image)
    draw.ellipse((200, 100, 330, 240), (186, 158, 112))  # coffee
    draw.text((60, 280), "SALAMANDER", (190, 50, 40), font_size=60, stroke_width=3)
    draw.line((60, 90, 400, 90), (250, 240, 60), 22)  # a highlighter
    page = scanned(image)
    assert not mask_of(page).any()
    blue = page * np.linspace([1, 1, 1], [0.8, 0.86, 0.95], page.shape[1])[None]  # a bluish shadow without an edge
    assert not mask_of(blue).any()


def test_a_dark_part_of_a_folded_sheet_is_no_plate():
    """It has sharp sides, but not everywhere, and the print goes on in it."""
    rows, columns = np.mgrid[:400, :480]
    shaded = (rows >= 20) & (columns >= 20) & (columns < 380) & (rows < 290 - 0.06 * (columns - 20))
    page = scanned(page_with_tint(None), shadow=0) * np.where(shaded, 0.75, 1)[..., None]
    assert not mask_of(page.astype(np.uint8)).any()
