"""Text that is made up, and the fonts that it is set in."""

import numpy as np
import pytest

from isthmus.errors import InputError
from isthmus.synthetic_pages import Fonts
from isthmus.synthetic_pages.fonts import SIGNS, Face
from isthmus.synthetic_pages.words import SCRIPTS, Writer

ASCII = frozenset("%&$#@+=/*\"'")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_words_need_no_letters_but_those_of_their_script(script):
    writer = Writer(np.random.default_rng(0), script, ASCII)
    text = "".join(writer.paragraph(200))
    allowed = set(script.sample) | set("0123456789.,;:!?-()[] ") | ASCII
    if script.name.endswith("Latin"):
        allowed |= set("".join(f"{month}" for month in "JanuaryFebruaryMarchAprilMayJuneJulyAugustSeptember"))
        allowed |= set("OctoberNovemberDecember")
    assert sorted(set(text) - allowed) == []


def test_text_is_full_of_small_marks_and_numbers():
    text = " ".join(Writer(np.random.default_rng(1), SCRIPTS[0]).paragraph(300))
    for mark in ".,;:?!()%":
        assert mark in text
    assert sum(character.isdigit() for character in text) > 0.01 * len(text)


def test_frequent_words_come_back_and_rare_ones_hardly():
    words = Writer(np.random.default_rng(2), SCRIPTS[0]).words(3000)
    counts = np.sort(np.unique(words, return_counts=True)[1])[::-1]
    assert counts[0] > 5 * np.median(counts)


def test_the_font_of_pillow_is_always_there_and_enough():
    fonts = Fonts("pillow")
    script, family = fonts.choose(np.random.default_rng(0))
    assert script.name == "plain Latin"
    assert family.upright.path == ""
    assert family.upright.has(SIGNS) < frozenset(SIGNS)  # it lacks some, and says which


def test_widths_are_measured_alike_at_every_size():
    face = Face("", "Aileron", "Regular")
    assert face.width("mm") == pytest.approx(2 * face.width("m"), rel=0.02)
    assert 0.3 < face.x_height < 0.7


def test_a_folder_that_is_none_or_has_no_fonts_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a folder of fonts"):
        Fonts(tmp_path / "none")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    with pytest.raises(InputError, match="no TrueType or OpenType font that covers a script of Isthmus"):
        Fonts(tmp_path)


def test_fonts_of_symbols_are_left_out_and_faces_belong_to_families():
    folder = pytest.importorskip("matplotlib").get_data_path() + "/fonts/ttf"
    groups = Fonts(folder).families
    names = {family.upright.family for group in groups for family in group}
    assert "DejaVu Sans" in names
    assert not any("Siz" in name or name == "cmsy10" for name in names)
    (usual, *_) = next(group for group in groups if group[0].upright.family == "DejaVu Serif")
    assert (usual.upright.bold, usual.italic.italic, usual.bold.bold) == (False, True, True)
    assert not any(family.upright.italic for group in groups for family in group if len(group) > 2)


def test_a_script_is_written_in_fonts_that_have_all_its_letters():
    folder = pytest.importorskip("matplotlib").get_data_path() + "/fonts/ttf"
    fonts = Fonts(folder)
    greek = next(script for script in SCRIPTS if script.name == "Greek")
    for seed in range(5):
        family = fonts.family(np.random.default_rng(seed), greek)
        for face in (family.upright, family.italic, family.bold):
            assert face.has(greek.sample) == frozenset(greek.sample)
    kana = next(script for script in SCRIPTS if script.name == "kana")
    assert fonts.family(np.random.default_rng(0), kana) is None
