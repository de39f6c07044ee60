"""How much of a page was removed, and whether that might have been text."""

import numpy as np

from document_pages import page
from isthmus.pages.removed import removed

PAGE = np.asarray(page())


def test_removed_text_is_warned_of():
    cleaned = PAGE.copy()
    cleaned[60:110] = 255
    assert "marks as large as letters were removed" in removed(PAGE, cleaned).warning


def test_removed_dirt_is_not_warned_of():
    stained = PAGE.copy()
    stained[250:300, 100:200] = 60  # a dark stain
    stained[::37, ::41] = 30  # specks
    found = removed(stained, PAGE)
    assert found.warning is None
    assert found.share > 0.05


def test_shades_of_dark_paper_as_high_as_letters_are_not_warned_of():
    crumpled = PAGE.astype(int) * 0.6
    for row in range(230, 290, 12):
        crumpled[row : row + 7, 20:200:9] *= 0.85
        crumpled[row : row + 7, 21:200:9] *= 0.85
    assert removed(crumpled.astype(np.uint8), PAGE).warning is None
