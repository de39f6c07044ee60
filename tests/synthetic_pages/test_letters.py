"""The letters of synthetic pages: where they are, and files of ALTO about them."""

import numpy as np
import pytest
from PIL import Image

from isthmus.errors import InputError
from isthmus.synthetic_pages import Fonts, Settings, draw_page, make_pages, read_letters, synthetic_pair
from isthmus.synthetic_pages.area import Area
from isthmus.synthetic_pages.canvas import Canvas
from isthmus.synthetic_pages.words import SCRIPTS

FONTS = Fonts("pillow")
FACE = FONTS.family(np.random.default_rng(0), SCRIPTS[0]).upright
SETTINGS = Settings(3, (70.0, 90.0))


def canvas(dpi):
    return Canvas(Area(round(30 / 25.4 * dpi), round(90 / 25.4 * dpi), dpi))


@pytest.mark.parametrize("dpi", [100, 150, 300])
def test_the_box_of_each_letter_is_where_its_ink_is(dpi):
    text, size = "Hamburg, VAT. fjgy 1,029", 5.0
    page = canvas(dpi)
    page.text(4.3, 15.2, text, FACE, size)
    letters = [letter.scaled(dpi / 25.4) for word in page.words for letter in word]
    assert [len(word) for word in page.words] == [8, 4, 4, 5]
    assert [letter.character for letter in letters] == list(text.replace(" ", ""))
    ends = [end for end, character in enumerate(text, 1) if character != " "]
    for end, letter in zip(ends, letters, strict=True):
        before, after = canvas(dpi), canvas(dpi)
        before.text(4.3, 15.2, text[: end - 1], FACE, size)
        after.text(4.3, 15.2, text[:end], FACE, size)
        rows, columns = np.nonzero(before.pixels() - after.pixels() > 0.1)
        drawn = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert np.allclose(letter.box, drawn, atol=1.6)
        assert letter.base == pytest.approx(15.2 * dpi / 25.4)
        assert (letter.font, letter.size) == ("Aileron Regular", pytest.approx(5 / 25.4 * 72))


def test_all_print_of_a_page_of_text_is_in_boxes_of_letters():
    page = draw_page(np.random.default_rng(2), 150, (90, 70), FONTS, kind="text")
    outside = page.pixels.copy()
    letters = page.letters(150)
    assert len(letters) > 200
    for letter in letters:
        left, top, right, bottom = (max(0, round(side)) for side in letter.box)
        outside[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = 1
    assert (outside < 0.5).sum() < 0.02 * (page.pixels < 0.5).sum()


def test_letters_are_the_same_at_every_resolution():
    coarse, fine = (draw_page(np.random.default_rng(5), dpi, (90, 70), FONTS, kind="text") for dpi in (100, 300))
    assert len(coarse.words) == len(fine.words) > 20
    for word, other in zip(coarse.words, fine.words, strict=True):
        for letter, same in zip(word, other, strict=True):
            assert letter.character == same.character
            # Widths of letters are whole pixels, and add up along a word.
            assert np.allclose(np.subtract(letter.box, same.box), 0, atol=(1, 0.3, 1, 0.3))


def test_files_of_letters_say_what_the_page_says(tmp_path):
    (name,) = make_pages(tmp_path, 1, (150,), SETTINGS, fonts="pillow", letters=True)
    found = read_letters(tmp_path / "letters" / f"{name}.xml")
    page, _ = synthetic_pair(0, 150, SETTINGS, FONTS)
    expected = page.letters(150)
    assert len(found) == len(expected) > 100
    for letter, right in zip(found, expected, strict=True):
        assert (letter.character, letter.font) == (right.character, right.font)
        assert np.allclose([*letter.box, letter.base, letter.size], [*right.box, right.base, right.size], atol=0.02)


def test_pages_are_the_same_with_and_without_letters(tmp_path):
    for folder, letters in (("with", True), ("without", False)):
        list(make_pages(tmp_path / folder, 1, (100,), SETTINGS, fonts="pillow", letters=letters))
    assert not (tmp_path / "without" / "letters").exists()
    for kind in ("clean", "dirty"):
        pages = [np.asarray(Image.open(tmp_path / folder / kind / "page-0000.png")) for folder in ("with", "without")]
        assert np.array_equal(*pages)


ALTO = '<alto xmlns="http://www.loc.gov/standards/alto/ns-v3#"><Description><MeasurementUnit>{}</MeasurementUnit>'
LINE = '<Layout><TextLine {}><String><Glyph CONTENT="a" HPOS="1" VPOS="2" WIDTH="3" HEIGHT="{}"/></String></TextLine>'
FILE = ALTO + "</Description>" + LINE + "</Layout></alto>"


def test_files_without_fonts_and_base_lines_are_read(tmp_path):
    (tmp_path / "a.xml").write_text(FILE.format("pixel", 'BASELINE="0,6 9,7"', 4))
    (letter,) = read_letters(tmp_path / "a.xml")
    assert (letter.box, letter.base, letter.font, letter.size) == ((1, 2, 4, 6), 6, "", 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no XML", "is not a file of ALTO"),
        (FILE.format("pixel", "", "high"), "is not a file of ALTO"),
        (FILE.format("mm10", "", 4), "places in mm10 instead of pixels"),
        ("<alto/>", "has no letters"),
        ('<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "&b;">]><a>&b;</a>', "is not a file of ALTO"),
    ],
)
def test_other_files_are_refused_with_a_sentence(content, said, tmp_path):
    (tmp_path / "a.xml").write_text(content)
    with pytest.raises(InputError, match=said):
        read_letters(tmp_path / "a.xml")
    with pytest.raises(InputError, match="no such file"):
        read_letters(tmp_path / "b.xml")
