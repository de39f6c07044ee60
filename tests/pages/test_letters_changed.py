"""Letters altered and lost: changed letters are counted, changed paper, ink and sharpness are not."""

import numpy as np
import pytest
from scipy import ndimage

from isthmus.errors import InputError
from isthmus.pages.evaluation.letters import CleanLetters
from isthmus.synthetic_pages import Fonts, Letter
from isthmus.synthetic_pages.area import Area
from isthmus.synthetic_pages.canvas import Canvas
from isthmus.synthetic_pages.words import SCRIPTS

DPI = 150
LINES = ("the ice cellar is deep and cold", "little bees lie there since April", "nine clear letters, 12 or 17 each")
FACE = Fonts("pillow").family(np.random.default_rng(0), SCRIPTS[0]).upright


def drawn(lines, size=3.5):
    canvas = Canvas(Area(240, 420, DPI))
    for row, line in enumerate(lines):
        canvas.text(4, 8 + 1.6 * size * row, line, FACE, size)
    return canvas.pixels(), [letter.scaled(DPI / 25.4) for word in canvas.words for letter in word]


PAGE, LETTERS = drawn(LINES)
COMPARED = CleanLetters(PAGE, LETTERS)
COUNT = sum(letter.character.isalnum() for letter in LETTERS)


def inside(letter):
    left, top, right, bottom = letter.box
    return slice(int(top), int(np.ceil(bottom))), slice(int(left), int(np.ceil(right)))


def letters_like(character):
    return [letter for letter in LETTERS if letter.character == character]


def test_all_letters_and_figures_are_compared_and_those_of_the_clean_page_are_unchanged():
    found = COMPARED.compare(PAGE)
    assert len(COMPARED) == COUNT > 70
    assert (found.altered, found.lost, found.letters) == (0, 0, COUNT)


@pytest.mark.parametrize(
    "change",
    [
        lambda page: 0.3 + 0.6 * page,
        lambda page: ndimage.gaussian_filter(page, 0.7),
        lambda page: ndimage.shift(page, (0.25, -0.25), order=3, cval=1),
        lambda page: page * np.linspace(0.5, 1, page.shape[1]),
        lambda page: np.clip(page + 0.08 * np.random.default_rng(0).standard_normal(page.shape), 0, 1),
    ],
    ids=["pale", "soft", "moved", "in shadow", "grainy"],
)
def test_changes_that_leave_letters_readable_do_not_count(change):
    found = COMPARED.compare(change(PAGE))
    assert (found.altered, found.lost) == (0, 0)


def test_an_e_without_its_bar_is_altered_to_a_c():
    page, es = PAGE.copy(), letters_like("e")
    for letter in es:
        rows, columns = inside(letter)
        middle, right = (rows.start + rows.stop) // 2, columns.stop
        left = columns.start + 3
        page[middle - 1 : middle + 2, left:right] = 1
    found = COMPARED.compare(page)
    assert found.confused == (("e", "c"),) * len(es)
    assert found.altered == len(es) > 8


def test_an_i_whose_dot_is_joined_is_altered_to_an_l():
    page, es = PAGE.copy(), letters_like("i")
    for letter in es:
        rows, columns = inside(letter)
        page[rows, columns] = page[rows.stop - 3, columns]
    found = COMPARED.compare(page)
    assert found.altered == len(es) > 3
    assert set(found.confused) == {("i", "l")}


def test_letters_without_contrast_are_lost_and_not_altered():
    page, gone = PAGE.copy(), [*letters_like("b"), *letters_like("r")]
    for letter in gone:
        page[inside(letter)] = 1 - 0.2 * (1 - page[inside(letter)])
    found = COMPARED.compare(page)
    assert (found.altered, found.lost) == (0, len(gone))


def test_every_letter_of_a_white_or_black_page_is_lost():
    for value in (0.0, 1.0):
        found = COMPARED.compare(np.full(PAGE.shape, value))
        assert (found.altered, found.lost) == (0, COUNT)


def test_letters_that_nobody_sees_on_the_clean_page_do_not_count():
    hidden = PAGE.copy()
    hidden[:55] = 0.4
    beyond = [*LETTERS, Letter("x", (-4, 20, 6, 30), 30), Letter("x", (415, 20, 425, 30), 30)]
    compared = CleanLetters(hidden, beyond)
    below = [letter for letter in LETTERS if letter.box[1] > 55 and letter.character.isalnum()]
    assert len(compared) == len(below)
    assert compared.compare(hidden).altered == 0


def test_sizes_must_agree():
    with pytest.raises(InputError, match="Got 20 × 30 and 240 × 420 pixels"):
        COMPARED.compare(np.ones((20, 30)))


@pytest.mark.parametrize("blur", [0.7, 1.2, 1.6])
def test_a_page_out_of_focus_has_its_letters_and_an_altered_one_is_found_on_it(blur):
    """Thin bars fade with blur: compared with sharp shapes, each e would look like c."""
    page, letters = drawn(LINES[:2], size=6.5)
    compared = CleanLetters(page, letters)
    soft = ndimage.gaussian_filter(page, blur)
    assert (compared.compare(soft).altered, compared.compare(soft).lost) == (0, 0)
    es = [letter for letter in letters if letter.character == "e" and letter.box[2] < page.shape[1] - 2]
    changed = page.copy()
    for letter in es:
        rows, columns = inside(letter)
        middle = (rows.start + rows.stop) // 2
        changed[middle - 1 : middle + 4, columns.start + 5 : columns.stop] = 1
    found = compared.compare(ndimage.gaussian_filter(changed, blur))
    assert found.confused == (("e", "c"),) * len(es)


def test_letters_hidden_by_the_boxes_of_others_are_not_compared():
    """In a slanted script boxes overlap; what is left of a letter says nothing."""
    page, letters = drawn(("fine letters",), size=6)
    left, top, right, bottom = letters[2].box
    over = Letter("o", (left - 1, top - 1, left + 0.9 * (right - left), bottom + 1), letters[2].base)
    assert len(CleanLetters(page, [*letters, over])) == len(CleanLetters(page, letters)) - 1
