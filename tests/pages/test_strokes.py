"""Strokes, gaps and topology that are left, the universal quality index, colours of marks, and words misread."""

import math

import numpy as np
import pytest
from evaluation_folders import text_page
from PIL import Image
from scipy import ndimage

from isthmus.errors import InputError
from isthmus.pages.evaluation import evaluate_pages
from isthmus.pages.evaluation.letters import CleanLetters
from isthmus.pages.evaluation.measures import character_error_rate, colour_difference, uqi, word_error_rate
from isthmus.pages.evaluation.strokes import strokes_kept
from isthmus.synthetic_pages import Settings, make_pages, read_letters

PAGE = text_page(0) / np.float32(255)


def test_a_page_keeps_all_of_itself_in_other_greys_too():
    for page in (PAGE, 0.4 + 0.5 * PAGE, PAGE * np.linspace(0.6, 1, PAGE.shape[1], dtype=np.float32)):
        found = strokes_kept(page, PAGE)
        assert found.strokes_kept == found.strokes > 500
        assert found.gaps_kept == found.gaps > 100
        assert found.parts_kept == found.parts > 60


def test_erased_strokes_are_lost_and_no_gaps():
    page = PAGE.copy()
    page[:, 170:] = 1
    found = strokes_kept(page, PAGE)
    whole = strokes_kept(PAGE, PAGE)
    assert 0.3 < found.strokes_kept / whole.strokes < 0.7
    assert found.gaps_kept > 0.99 * whole.gaps
    assert found.parts_kept < 0.7 * whole.parts


def test_filled_gaps_are_lost_and_no_strokes():
    found = strokes_kept(ndimage.minimum_filter(PAGE, 5), PAGE)
    assert found.strokes_kept == found.strokes
    assert found.gaps_kept < 0.5 * found.gaps


@pytest.mark.parametrize("change", ["filled", "cut", "joined"])
def test_every_changed_ring_changes_its_topology(change):
    clean = np.ones((60, 200), np.float32)
    for left in range(10, 180, 40):
        clean[15:45, left : left + 24] = 0
        clean[20:40, left + 5 : left + 19] = 1
        clean[6:11, left + 10 : left + 14] = 0
    page = clean.copy()
    if change == "filled":
        page[20:40, 15:29] = 0
    elif change == "cut":
        page[28:32, 10:15] = 1
    else:
        page[10:16, 20:24] = 0
    found = strokes_kept(page, clean)
    assert found.parts == 10
    assert found.parts - found.parts_kept == (2 if change == "joined" else 1)


def test_the_universal_quality_index_is_that_of_the_paper():
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 8)), rng.random((8, 8))
    covariance = np.cov(x.ravel(), y.ravel(), bias=True)
    expected = 4 * covariance[0, 1] * x.mean() * y.mean()
    expected /= (covariance[0, 0] + covariance[1, 1]) * (x.mean() ** 2 + y.mean() ** 2)
    assert uqi([x], [y]) == pytest.approx(expected)
    assert uqi([PAGE], [PAGE]) == pytest.approx(1)
    assert uqi([np.full((9, 9), 0.5)], [np.ones((9, 9))]) == pytest.approx(2 * 0.5 / 1.25)
    with pytest.raises(InputError, match="at least 8 × 8"):
        uqi([np.ones((7, 9))], [np.ones((7, 9))])


def test_differences_of_colour_are_those_of_coloured_marks():
    clean = np.ones((20, 20, 3))
    clean[5:9, 5:9] = [0.8, 0.1, 0.1]
    clean[12:15, 5:9] = 0.2
    assert colour_difference(clean, clean) == 0
    grey, paper = clean.copy(), clean.copy()
    grey[5:9, 5:9] = 0.35
    paper[clean[..., 1] == 1] = 0.7
    assert colour_difference(grey, clean) > 20
    assert colour_difference(paper, clean) == 0
    assert math.isnan(colour_difference(clean, np.ones((20, 20, 3))))


def test_an_evaluation_has_all_measures(tmp_path):
    (name,) = make_pages(tmp_path, 1, (100,), Settings(3, (70.0, 90.0)), fonts="pillow", letters=True)
    folders = (tmp_path / "dirty", tmp_path / "clean")
    line = evaluate_pages(*folders, networks=[], letters=tmp_path / "letters", read=False).summaries["untouched", None]
    clean = np.asarray(Image.open(tmp_path / "clean" / f"{name}.png")) / np.float32(255)
    noisy = np.asarray(Image.open(tmp_path / "dirty" / f"{name}.png")) / np.float32(255)
    letters = CleanLetters(clean, read_letters(tmp_path / "letters" / f"{name}.xml")).compare(noisy)
    kept = strokes_kept(noisy, clean)
    assert line.letters_altered == letters.altered / letters.letters
    assert line.letters_lost == letters.lost / letters.letters
    assert line.strokes_lost == pytest.approx(1 - kept.strokes_kept / kept.strokes)
    assert line.gaps_lost == pytest.approx(1 - kept.gaps_kept / kept.gaps)
    assert line.topology_changed == pytest.approx(1 - kept.parts_kept / kept.parts)
    assert line.uqi == pytest.approx(uqi([noisy], [clean]))


def test_words_misread_are_edits_of_words():
    assert word_error_rate(["the cat sat"], ["the  bat\nsat"]) == pytest.approx(1 / 3)
    assert word_error_rate(["a b c d", "x"], ["a b", ""]) == pytest.approx(3 / 2)
    assert (word_error_rate([""], [""]), word_error_rate(["a"], [""])) == (0, math.inf)
    assert character_error_rate(["cat"], ["bat"]) == pytest.approx(1 / 3)
