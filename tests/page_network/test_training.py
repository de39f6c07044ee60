"""The scripts that train the page network, on small pages in the form of NoisyOffice's."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from isthmus.synthetic_pages import Fonts, clean_page, dirt_sheet

SIDE = 64
SCRIPTS = Path(__file__).parents[2] / "page_network"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import darker
    import material
    import pairs
    import patches
    import train

    found = {"darker": darker, "material": material, "pairs": pairs, "patches": patches, "train": train}
    yield found
    for name in found:
        del sys.modules[name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pages of two parts and two kinds of dirt (one that multiplies), six texts each; a page is sheet × text."""
    folder = tmp_path_factory.mktemp("pairs")
    rng = np.random.default_rng(4)
    for part in ("TR", "VA"):
        pages = [clean_page(rng, 100, (SIDE * 0.254, SIDE * 0.254), Fonts("pillow")) for _ in range(6)]
        texts = [page[:SIDE, :SIDE] for page in pages]
        for kind in ("c", "w"):
            sheet = 0.5 + 0.45 * dirt_sheet(rng, SIDE, SIDE, 100)
            for font, text in enumerate(texts):
                softened = 0.45 + (2 * sheet - 1) * (text - 0.45)
                noisy = np.where(text == 1, sheet, softened) if kind == "w" else sheet * text
                for name, image in (("noisy", noisy), ("clean", text)):
                    (folder / name).mkdir(exist_ok=True)
                    pixels = np.uint8(np.rint(image.clip(0, 1) * 255))
                    Image.fromarray(pixels).save(folder / name / f"Fontf{font}_Noise{kind}_{part}.png")
    return folder


@pytest.fixture
def run(scripts, monkeypatch):
    """Run a script with arguments."""

    def call(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        scripts[name].main()

    return call


@pytest.fixture
def synthetic(scripts, run, tmp_path, monkeypatch):
    monkeypatch.setattr(scripts["material"], "SIDE", 96)
    run("material", tmp_path / "synthetic", "--sheets", 2, "--pages", 2)
    return tmp_path / "synthetic"


def test_sheets_and_texts_are_found_again(scripts, folder):
    pairs = scripts["pairs"].read_pairs(folder)
    assert len(pairs) == 24
    material = scripts["pairs"].take_apart([pair for pair in pairs if pair.part == "TR"])
    for kind, dirt in (("c", material.taking_light), ("w", material.taking_contrast)):
        assert (len(dirt.sheets), len(dirt.texts)) == (1, 6)
        (sheet,) = dirt.sheets
        chosen = [pair for pair in pairs if (pair.part, pair.kind) == ("TR", kind)]
        for pair, (text, clean) in zip(chosen, dirt.texts, strict=True):
            assert clean is pair.clean
            assert np.abs(sheet - pair.noisy)[clean == 1].max() < 0.01
            light = sheet > scripts["pairs"].LIGHT
            again = scripts["pairs"].on_sheet(text, sheet, dirt.table)
            assert light.mean() > 0.2
            assert np.sqrt(np.mean((again - pair.noisy)[light] ** 2)) < 0.02


def test_dirt_is_darkened_and_paper_is_not(scripts, folder):
    pairs = scripts["pairs"].read_pairs(folder)
    same, darker = (scripts["darker"].darkened(pairs, power) for power in (1, 2))
    for pair, as_it_was, dark in zip(sorted(pairs, key=lambda pair: (pair.kind, pair.part)), same, darker, strict=True):
        assert as_it_was.clean is dark.clean is pair.clean
        white = pair.clean == 1
        assert np.abs(as_it_was.noisy - pair.noisy)[white].max() < 0.01
        assert (dark.noisy <= as_it_was.noisy + 1e-6)[white].all()
        assert dark.noisy[white].min() < 0.97 * pair.noisy[white].min()
        assert np.percentile(dark.noisy[white], 95) == pytest.approx(np.percentile(pair.noisy[white], 95), abs=0.02)


def test_darker_dirt_is_measured_untouched_and_cleaned(run, folder, capsys):
    run("darker", folder, "--powers", 1, 2)
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[:2] for line in lines] == [["1", "untouched"], ["1", "pages"], ["2", "untouched"], ["2", "pages"]]
    errors = np.array([[float(cell) for cell in line[2:]] for line in lines])
    assert errors.shape == (4, 3)
    assert (errors[2] > errors[0]).all()
    assert ((errors.min(axis=1) <= errors[:, 2]) & (errors[:, 2] <= errors.max(axis=1))).all()


def test_text_on_darker_paper_has_less_light_or_less_contrast(scripts):
    on_sheet = scripts["pairs"].on_sheet
    for table in (scripts["pairs"].LIGHT_TAKEN, scripts["pairs"].CONTRAST_LOST):
        ink, grey, paper = (on_sheet(np.float32([text] * 2), np.float32([0.95, 0.6]), table) for text in (0, 0.5, 1))
        assert paper == pytest.approx([0.95, 0.6], abs=0.02)
        assert (ink < grey).all()
        assert (grey < paper).all()
        assert paper[0] - ink[0] > 1.3 * (paper[1] - ink[1])


def test_printing_spreads_ink_and_leaves_paper_white(scripts):
    page = np.ones((9, 9), dtype=np.float32)
    page[:, 4] = 0
    printed = scripts["pairs"].printed(page)
    assert printed[4, 0] == pytest.approx(1, abs=0.03)
    assert printed[4, 4] < 0.3
    assert printed[4, 3] == pytest.approx(printed[4, 5])
    assert 0.8 < printed[4, 3] < 0.95


def test_patches_come_from_the_chosen_pairs_alone(scripts, folder):
    """With every patch a whole page, the clean parts are pages of the part that was chosen."""
    pairs = [pair for pair in scripts["pairs"].read_pairs(folder) if pair.part == "VA"]
    source = scripts["patches"].Source(scripts["pairs"].take_apart(pairs), size=SIDE)
    noisy, clean = source.batch(40, np.random.default_rng(0))
    assert noisy.shape == clean.shape == (40, 1, SIDE, SIDE)
    assert noisy.dtype == clean.dtype == np.float32
    assert 0 <= noisy.min() < noisy.max() <= 1
    for patch in clean[:, 0]:
        assert any(np.array_equal(patch, pair.clean) for pair in pairs)
    assert not all(any(np.allclose(patch, pair.noisy) for pair in pairs) for patch in noisy[:, 0])


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(run, scripts, folder, synthetic, tmp_path, monkeypatch):  # noqa: PLR0917
    options = ["--synthetic", synthetic, "--pairs", folder, "--parts", "TR", "--size", 32, "--batch-size", 2]
    for name, steps in (("whole.pt", [4]), ("parts.pt", [2, 4])):
        for n in steps:
            # The rate of the whole run, as if it had been stopped rather than ended.
            monkeypatch.setattr(scripts["train"].Run, "_learning_rate", lambda run: 1e-3)
            run("train", tmp_path / name, *options, "--steps", n)
    whole, parts = (torch.load(tmp_path / name, weights_only=True) for name in ("whole.pt", "parts.pt"))
    assert whole["step"] == parts["step"] == 4
    for key in ("network", "average"):
        for name, tensor in whole[key].items():
            assert torch.equal(tensor, parts[key][name]), (key, name)


def test_training_cleans(run, scripts, folder, synthetic, tmp_path, capsys):  # noqa: PLR0917
    """Sixty steps bring unseen pages nearer to their clean versions than they are."""
    pairs = [pair for pair in scripts["pairs"].read_pairs(folder) if pair.part == "VA"]
    untouched = np.sqrt(np.mean([(pair.noisy - pair.clean) ** 2 for pair in pairs]))
    options = ["--synthetic", synthetic, "--pairs", folder, "--parts", "TR", "--size", 32, "--batch-size", 8]
    run("train", tmp_path / "n.pt", *options, "--steps", 60, "--learning-rate", 3e-3)
    unseen = float(capsys.readouterr().out.rstrip().rpartition(" ")[2])
    assert unseen < 0.7 * untouched
