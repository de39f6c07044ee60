"""The measures of cleaned pages: equal to their definitions, and to those of others."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from isthmus.errors import InputError
from isthmus.pages.evaluation.measures import (
    character_error_rate,
    components_lost,
    psnr,
    rmse_pooled,
    rules_lost,
    ssim,
    stroke_width,
)
from isthmus.synthetic_pages import Fonts, draw_page

random = np.random.default_rng(0)
PAGES = [random.random((20, 30)), random.random((9, 7))]
CLEAN = [random.random((20, 30)), random.random((9, 7))]


def text_page(text: str, size: int, scale: int = 1) -> np.ndarray:
    font = ImageFont.load_default(size * scale)
    page = Image.new("L", (420 * scale, 60 * scale), 255)
    ImageDraw.Draw(page).text((10 * scale, 15 * scale), text, fill=0, font=font)
    return np.asarray(page) / 255


def test_the_pooled_error_weighs_every_pixel_alike():
    together = [np.concatenate([page.ravel() for page in pages]) for pages in (PAGES, CLEAN)]
    assert rmse_pooled(PAGES, CLEAN) == pytest.approx(np.sqrt(np.mean((together[0] - together[1]) ** 2)), rel=1e-12)


def test_float32_pages_are_summed_in_float64():
    page, clean = np.full((3000, 3000), 0.1, np.float32), np.zeros((3000, 3000), np.float32)
    assert rmse_pooled([page], [clean]) == pytest.approx(0.1, rel=1e-6)


def test_psnr_is_scikit_images_and_finite_for_equal_pages():
    from skimage.metrics import peak_signal_noise_ratio

    each = [peak_signal_noise_ratio(b, a, data_range=1) for a, b in zip(PAGES, CLEAN, strict=True)]
    assert psnr(PAGES, CLEAN) == pytest.approx(np.mean(each))
    assert psnr(CLEAN, CLEAN) == pytest.approx(-10 * math.log10((1 / 255) ** 2 / 12))


def test_equal_pages_are_similar_and_others_are_not():
    assert ssim(CLEAN, CLEAN) == 1
    assert ssim(PAGES, CLEAN) < 0.2


@pytest.mark.parametrize("measure", [rmse_pooled, psnr, ssim])
def test_pages_of_another_size_are_refused(measure):
    with pytest.raises(InputError, match="Got 20 × 30 and 9 × 7 pixels instead"):
        measure(PAGES[:1], CLEAN[1:])
    with pytest.raises(InputError, match="Every page needs a clean page"):
        measure(PAGES, CLEAN[1:])
    with pytest.raises(InputError, match="Every page needs a clean page"):
        measure([], [])


def test_similarity_needs_seven_pixels():
    with pytest.raises(InputError, match="at least 7 × 7"):
        ssim([np.ones((6, 9))], [np.ones((6, 9))])


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize(
    ("text", "n"), [("illicit, 3.14 jam.", 3 + 1 + 1 + 1 + 1), ("no lack of words", 0), ("page . . . . . 7", 5)]
)
def test_dots_and_commas_are_small_components_at_any_resolution(text, n, scale):
    clean = text_page(text, 18, scale)
    assert components_lost(clean, clean) == (0, n)


def test_what_is_erased_is_counted_and_letters_are_not():
    clean = text_page("illicit, 3.14 jam.", 18)
    assert components_lost(np.ones_like(clean), clean) == (7, 7)
    letters, dots = text_page("lll", 18), np.array(clean)
    dots[:, 60:] = 1
    assert components_lost(np.ones_like(letters), letters) == (0, 0)
    lost, total = components_lost(dots, clean)
    assert 0 < lost < total == 7


@pytest.mark.parametrize(("left", "lost"), [(1.0, 0), (0.3, 0), (0.2, 7), (0.0, 7)])
def test_a_component_is_gone_when_less_than_a_quarter_of_its_contrast_is_left(left, lost):
    clean = text_page("illicit, 3.14 jam.", 18)
    assert components_lost(1 - left * (1 - clean), clean) == (lost, 7)


def test_what_dirt_had_hidden_already_does_not_count():
    clean = text_page("illicit, 3.14 jam.", 18)
    before = clean.copy()
    before[:, 60:] = 0.3  # a stain as dark as can be
    hidden, total = components_lost(before, clean)
    assert 0 < hidden < total == 7
    assert components_lost(np.ones_like(clean), clean, before) == (total - hidden, total - hidden)
    assert components_lost(clean, clean, before) == (0, total - hidden)
    ruled = ruled_page()
    stained = ruled.copy()
    stained[:, 40:] = 0.3
    assert rules_lost(np.ones_like(ruled), ruled, RULES, stained) == (100, 100)


def test_a_dot_that_a_stain_swallows_is_gone():
    clean = text_page("illicit, 3.14 jam.", 18)
    assert components_lost(np.zeros_like(clean), clean) == (7, 7)
    assert components_lost(clean * 0.7, clean) == (0, 7)


def test_blank_pages_have_nothing_to_lose():
    assert components_lost(np.zeros((5, 5)), np.ones((5, 5))) == (0, 0)
    assert components_lost(np.ones((5, 5)), np.zeros((5, 5))) == (0, 0)
    assert components_lost(np.ones((1, 1)), np.zeros((1, 1))) == (0, 0)


RULES = [(5, 9, 55, 11), (30, 2, 31, 38), (5, 30.2, 55, 31.4)]  # two across, one along, in pixels


def ruled_page() -> np.ndarray:
    page = np.ones((40, 60))
    page[9:11, 5:55] = page[2:38, 30:31] = page[30:32, 5:55] = 0.2
    return page


def test_rules_are_kept_where_they_are_and_lost_where_they_are_erased():
    clean = ruled_page()
    _, total = rules_lost(clean, clean, RULES)
    assert total == 50 + 36 + 50 - 6  # where they cross there is nothing beside them
    assert rules_lost(np.ones_like(clean), clean, RULES) == (total, total)
    page = clean.copy()
    page[:, 40:] = 1
    assert rules_lost(page, clean, RULES) == (2 * 15, total)


@pytest.mark.parametrize(("left", "gone"), [(1.0, False), (0.3, False), (0.2, True), (0.0, True)])
def test_a_rule_is_gone_where_less_than_a_quarter_of_its_contrast_is_left(left, gone):
    clean = ruled_page()
    lost, total = rules_lost(1 - left * (1 - clean), clean, RULES)
    assert lost == gone * total
    assert rules_lost(0.6 * clean, clean, RULES)[0] == 0


def test_rules_at_and_beyond_the_edge_count_as_far_as_they_are_seen():
    clean = np.ones((20, 20))
    clean[:2] = clean[:, -1:] = 0
    boxes = [(-5, 0, 40, 2), (19, 0, 20, 20), (50, 50, 90, 51), (-9, 4, -2, 5), (4, 8, 16, 9)]
    assert rules_lost(np.ones((20, 20)), clean, boxes) == (19 + 18, 19 + 18)
    assert rules_lost(clean, clean, []) == (0, 0)


@pytest.mark.parametrize("dpi", [100, 150, 300])
def test_made_pages_say_where_their_rules_are(dpi):
    page = draw_page(np.random.default_rng(0), dpi, (90, 100), Fonts("pillow"), kind="tables")
    boxes = [tuple(side / 25.4 * dpi for side in box) for box in page.rules]
    lost, total = rules_lost(np.ones_like(page.pixels), page.pixels, boxes)
    length = sum(max(box[2] - box[0], box[3] - box[1]) for box in boxes)
    assert lost == total > 0.7 * length > 0


def test_the_stroke_is_the_median_run():
    page = np.zeros((40, 40), bool)
    page[5:35, 10:13] = page[20:23, 13:30] = True
    assert stroke_width(page) == 3
    assert stroke_width(np.zeros((4, 4), bool)) == 0


words = st.text("abc  \n\t", max_size=12)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_character_errors_are_edits_over_characters(pairs):
    def edits(a: str, b: str) -> int:
        line = list(range(len(b) + 1))
        for i, x in enumerate(a, 1):
            last, line[0] = line[0], i
            for j, y in enumerate(b, 1):
                last, line[j] = line[j], min(line[j] + 1, line[j - 1] + 1, last + (x != y))
        return line[-1]

    tidy = [(" ".join(a.split()), " ".join(b.split())) for a, b in pairs]
    n = sum(len(b) for _, b in tidy)
    wrong = sum(edits(a, b) for a, b in tidy)
    expected = wrong / n if n else (math.inf if wrong else 0)
    assert character_error_rate([a for a, _ in pairs], [b for _, b in pairs]) == pytest.approx(expected)
