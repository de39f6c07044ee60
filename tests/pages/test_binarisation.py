"""The measures of binarised pages, against their definitions pixel by pixel."""

import math

import numpy as np
import pytest

from isthmus.errors import InputError
from isthmus.pages.evaluation.binarisation import agreement, otsu

RNG = np.random.default_rng(4)
TRUTH = np.zeros((41, 50), bool)
TRUTH[5:9, 4:40] = TRUTH[14:34, 20:24] = TRUTH[30:33, 2:48] = True
INK = TRUTH ^ (RNG.random(TRUTH.shape) < 0.05)


def drd_by_definition(ink, truth):
    weights = np.array([[1 / math.hypot(i, j) if i or j else 0 for j in range(-2, 3)] for i in range(-2, 3)])
    weights /= weights.sum()
    padded = np.pad(truth, 2, mode="edge")
    total = 0.0
    for row, column in np.argwhere(ink != truth):
        around = padded[row : row + 5, column : column + 5]
        total += (weights * (around != ink[row, column])).sum()
    blocks = [truth[row : row + 8, column : column + 8] for row in range(0, 40, 8) for column in range(0, 48, 8)]
    return total / sum(block.any() and not block.all() for block in blocks)


def test_measures_are_those_of_the_definitions():
    found = agreement(INK, TRUTH)
    both = (INK & TRUTH).sum()
    precision, recall = both / INK.sum(), both / TRUTH.sum()
    assert found.f_measure == pytest.approx(100 * 2 * precision * recall / (precision + recall))
    assert found.psnr == pytest.approx(-10 * math.log10((INK != TRUTH).mean()))
    assert found.drd == pytest.approx(drd_by_definition(INK, TRUTH))


def test_all_right_and_all_wrong():
    same = agreement(TRUTH, TRUTH)
    assert (same.f_measure, same.pseudo_f_measure, same.psnr, same.drd) == (100, 100, math.inf, 0)
    assert agreement(~TRUTH, TRUTH).f_measure == 0
    blank = np.zeros_like(TRUTH)
    assert (agreement(blank, TRUTH).f_measure, agreement(blank, blank).f_measure) == (0, 100)


def test_thin_strokes_cost_the_f_measure_only():
    thin = TRUTH.copy()
    thin[5] = thin[8] = thin[30] = thin[32] = False
    thin[14:30, 20] = thin[14:30, 23] = False
    found = agreement(thin, TRUTH)
    assert found.f_measure < 80
    assert found.pseudo_f_measure > 93


def test_otsu_parts_two_greys_and_finds_no_ink_on_one():
    page = np.where(TRUTH, 90, 200).astype(np.uint8)
    assert np.array_equal(otsu(page), TRUTH)
    assert not otsu(np.full((9, 9), 70, np.uint8)).any()


def test_sizes_must_agree():
    with pytest.raises(InputError, match="Got 41 × 50 and 9 × 9 pixels"):
        agreement(TRUTH, np.zeros((9, 9), bool))
