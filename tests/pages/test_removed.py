"""How much of a page was removed, and whether that might have been text."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

import isthmus
from document_pages import page
from isthmus.documents.picture import bilevel_picture, page_pixels
from isthmus.pages.letters_gone import letters_gone
from isthmus.pages.removed import removed
from isthmus.synthetic_pages import Fonts, Settings, synthetic_pair

PAGE = np.asarray(page())


PRINT = np.clip((190.0 - PAGE) / (190.0 - PAGE.min()), 0, 1)  # 1 in ink


def of_greys(ink, paper):
    return (paper + (ink - paper) * PRINT).astype(np.uint8)


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (60, 200), (130, 240), (195, 240)])
def test_removed_text_is_warned_of_whatever_its_grey(ink, paper):
    before = of_greys(ink, paper)
    cleaned = before.copy()
    cleaned[60:110] = paper
    assert "marks like letters became pale" in removed(before, cleaned).warning


@pytest.mark.parametrize("ink", [0, 195])
def test_a_page_on_which_all_text_is_erased_is_warned_of(ink):
    before = of_greys(ink, 240)
    assert removed(before, np.full_like(before, 255)).letters.count > 100


@pytest.mark.parametrize("ink", [185, 190, 195, 200, 205, 210])
def test_faint_print_is_found_as_letters_whatever_its_grey(ink):
    before = of_greys(ink, 240)
    assert letters_gone(before, np.full_like(before, 255)).count > 240


def test_ink_that_keeps_most_of_its_contrast_is_not_warned_of():
    before = of_greys(90, 200)
    for after in (of_greys(80, 255), of_greys(0, 255), of_greys(120, 230), before):
        assert removed(before, after).warning is None


def test_text_in_colour_is_found():
    red = np.stack([of_greys(220, 255), of_greys(60, 255), of_greys(60, 255)], -1)
    cleaned = red.copy()
    cleaned[60:110] = 255
    assert removed(red, cleaned).letters.count > 10


def test_the_warning_says_where():
    height, width = PAGE.shape
    left = PAGE.copy()
    left[: height // 3, : width // 3] = 255
    found = letters_gone(PAGE, left)
    assert found.where == "top left"
    assert (found.boxes[:, 2] <= width // 3 + 3).all()
    assert (found.boxes[:, 3] <= height // 3 + 3).all()
    assert letters_gone(PAGE, np.full_like(PAGE, 255)).where == "all over the page"
    assert letters_gone(PAGE, PAGE).where == ""


@pytest.mark.parametrize(("left", "pale", "gone"), [(1, 0, 0), (0.7, 0, 0), (0.4, 1, 0), (0.1, 1, 1), (0, 1, 1)])
def test_letters_are_pale_and_gone_by_the_contrast_that_is_left(left, pale, gone):
    before = of_greys(200, 255)
    found = letters_gone(before, (255 - left * (255.0 - before)).round().astype(np.uint8))
    assert found.letters > 100
    assert (found.count, found.gone) == (pale * found.letters, gone * found.letters)
    assert found.kept == pytest.approx(left, abs=0.04)


def test_contrast_that_rises_makes_up_for_no_letter_that_went():
    before = of_greys(150, 255)
    after = of_greys(0, 255)
    after[:, : after.shape[1] // 2] = 255
    found = letters_gone(before, after)
    assert found.kept == pytest.approx(1 - found.gone / found.letters, abs=0.02)
    assert np.isnan(letters_gone(np.full_like(before, 255), after).kept)


def test_letters_that_only_black_and_white_loses_are_warned_of():
    before = of_greys(0, 255)
    before[60:110] = of_greys(175, 255)[60:110]
    written = page_pixels(bilevel_picture(before))
    assert removed(before, before).warning is None
    found = removed(before, before, written)
    assert found.share == 0
    assert found.warning == "42 marks like letters became pale, top"
    in_colour = np.stack([before, before, before.clip(1, 254)], -1)
    assert removed(in_colour, in_colour, written).letters.count == found.letters.count


def test_large_pages_are_looked_at_in_fewer_rows_and_columns():
    large = np.full((4000, 3200), 200, np.uint8)
    large[: 9 * PAGE.shape[0], : 9 * PAGE.shape[1]] = np.repeat(np.repeat(PAGE, 9, 0), 9, 1)
    assert large.size > 12_000_000
    cleaned = large.copy()
    cleaned[540:990] = 255
    found = letters_gone(large, cleaned)
    assert found.count > 10
    assert (found.boxes[:, 1] > 450).all()
    assert (found.boxes[:, 3] < 1080).all()


def watermarked(size=(900, 700)):
    """A page of print, with large pale letters across it, and without them."""
    before, after = (Image.new("L", size, 240) for _ in range(2))
    mark = Image.new("L", size, 0)
    draw, font = ImageDraw.Draw(mark), ImageFont.load_default(100)
    draw.text((150, 280), "CONFIDENTIAL", 255, font, stroke_width=3)
    before.paste(205, mask=mark.rotate(20))
    for image in (before, after):
        for row in range(40, 640, 30):
            ImageDraw.Draw(image).text((40, row), "It stands before a watermark, line by line " * 3, 40, font_size=18)
    return np.asarray(before), np.asarray(after)


def test_a_watermark_that_goes_is_warned_of():
    before, after = watermarked()
    found = removed(before, after)
    assert found.warning.endswith("marks like letters became pale, middle")
    assert 9 <= found.letters.count <= 12


@pytest.mark.parametrize("kept", ["whole", "paler"])
def test_a_watermark_that_stays_is_not_warned_of(kept):
    before, after = watermarked()
    share = 0 if kept == "whole" else 0.3
    assert removed(before, np.round(before * (1 - share) + after * share + 5).astype(np.uint8)).warning is None


def test_removed_dirt_is_not_warned_of():
    stained = PAGE.copy()
    stained[250:300, 100:200] = 60  # a dark stain
    stained[::37, ::41] = 30  # specks
    found = removed(stained, PAGE)
    assert found.warning is None
    assert found.share > 0.05


def test_dirt_of_synthetic_pages_is_not_warned_of():
    for number in range(4):
        clean, noisy = synthetic_pair(number, 100, Settings(8, (150, 100)), Fonts("pillow"))
        before, after = (np.round(255 * pixels).astype(np.uint8) for pixels in (noisy, clean.pixels))
        assert removed(before, after).warning is None


def test_shades_of_dark_paper_as_high_as_letters_are_not_warned_of():
    crumpled = PAGE.astype(int) * 0.6
    for row in range(230, 290, 12):
        crumpled[row : row + 7, 20:200:9] *= 0.85
        crumpled[row : row + 7, 21:200:9] *= 0.85
    assert removed(crumpled.astype(np.uint8), PAGE).warning is None


def test_soft_show_through_as_faint_as_usual_is_not_warned_of():
    through = ndimage.gaussian_filter(255.0 - PAGE[:, ::-1], 1.5) * 0.12
    assert removed((PAGE - np.minimum(through, PAGE)).astype(np.uint8), PAGE).warning is None


@pytest.mark.parametrize("kind", ["grey", "RGB", "RGBA", "16 bit", "floats", "image"])
def test_clean_warns_where_letters_became_pale(whitening, kind):
    """The network whitens all that is light: a faint text goes, and a dark one stays."""
    page = np.pad(of_greys(185, 235), 20, constant_values=235)
    page[: len(page) // 2] = np.pad(of_greys(40, 235), 20, constant_values=235)[: len(page) // 2]
    given = {"grey": page, "RGB": np.stack([page] * 3, -1), "RGBA": np.stack([page] * 4, -1),
             "16 bit": page.astype(np.uint16) * 257, "floats": page / 255,
             "image": Image.fromarray(page)}[kind]  # fmt: skip
    with pytest.warns(isthmus.PaleLettersWarning, match=r"^\d+ marks like letters became pale, bottom"):
        isthmus.clean(given, network=whitening, dpi=150)


def test_hatching_that_became_pale_is_said_but_stains_and_shadows_are_not():
    """Strokes of a pencil, no letters, between lines that stay; a stain as large, with grain, and a dark gutter."""
    rng = np.random.default_rng(0)
    paper = 246 + rng.normal(0, 1.5, (600, 500))
    rows, columns = np.indices(paper.shape)
    lines = 120.0 * (rows % 80 < 2)
    shirt = (rows > 220) & (rows < 380) & (columns > 180) & (columns < 320)
    strokes = shirt * 45.0 * (np.abs((columns + 0.3 * rows) % 5 - 2) < 1.2)
    clean = np.clip(255 - lines, 0, 255).astype(np.uint8)
    before = np.clip(paper - lines - strokes, 0, 255).astype(np.uint8)
    found = removed(before, clean)
    assert found.warning == f"hatching on {found.hatching.share:.1%} of the page became pale, centre"
    assert 0.7 * shirt.mean() < found.hatching.share < 1.4 * shirt.mean()
    stained = paper * np.where(shirt, 0.5 + 0.03 * rng.normal(size=paper.shape), 1) - lines
    gutter = paper * (1 - 0.8 * np.maximum(0, 1 - columns / 80)) + rng.normal(0, 3, paper.shape) - lines
    for dirt in stained, gutter:
        assert removed(np.clip(dirt, 0, 255).astype(np.uint8), clean).warning is None
