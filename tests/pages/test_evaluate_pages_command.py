"""isthmus evaluate-pages, and isthmus clean with a network: what a user types, and what comes back."""

import json

import numpy as np
import pytest
from evaluation_folders import text_page, write_folders
from page_networks import PAPER
from PIL import Image

from isthmus.pages import shipped
from isthmus.pages.cleaning import clean_page


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return write_folders(tmp_path_factory.mktemp("pairs"))


def test_the_tables_are_printed_and_every_file_is_written(command, folders, whitening, tmp_path):
    files = {kind: tmp_path / f"out.{kind}" for kind in ("html", "csv", "json", "markdown")}
    outputs = [word for kind, file in files.items() for word in (f"--{kind}" if kind != "html" else "-o", file)]
    code, out, err = command(
        "evaluate-pages", *folders, *outputs, "--network", whitening, "--by", "^(.)-", "--no-ocr", "--dpi", 150
    )
    assert (code, err.splitlines()[-1]) == (
        0,
        f"Written to {', '.join(str(file) for file in files.values())}.",
    )
    found = json.loads(files["json"].read_text())
    rmse = {(x["method"], x["group"]): f"{x['rmse']:.4f}" for x in found["summaries"]}
    lines = [line.split() for line in out.splitlines() if line.startswith("untouched")]
    assert lines[0][1] == rmse["untouched", None]
    assert lines[1][1:] == [rmse["untouched", "c"], rmse["untouched", "f"]]
    assert "s a megapixel" in out
    assert "\x1b" not in out
    assert rmse[whitening, None] in files["markdown"].read_text()
    assert files["csv"].read_text().startswith("page,group,method,")
    page = files["html"].read_text()
    assert rmse[whitening, None] in page
    assert "isthmus evaluate-pages noisy clean --network whitening.safetensors" in page


def test_a_missing_network_of_isthmus_is_said(command, folders, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    code, out, err = command("evaluate-pages", *folders, "--no-ocr")
    assert code == 0
    assert "The network 'pages' is missing" in err
    assert [line.split()[:2] for line in out.splitlines()[-2:]] == [["reference", "–"], ["pages", "–"]]
    assert command("evaluate-pages", *folders, "--no-ocr", "--quiet")[2] == ""


BAD = {
    "no folder": (("nowhere", "{clean}"), 3, "nowhere: cannot be read (there is no such folder)"),
    "no network": (("{noisy}", "{clean}", "--network", "nowhere"), 4, "nowhere: there is no such model file"),
    "no expression": (("{noisy}", "{clean}", "--by", "("), 2, "regular expression"),
    "no resolution": (("{noisy}", "{clean}", "--dpi", "-1"), 2, "--dpi must be between 10 and 10000. Got -1 instead."),
    "no place": (("{noisy}", "{clean}", "--csv", "nowhere/x.csv"), 5, "there is no such folder"),
    "one place": (("{noisy}", "{clean}", "--csv", "x", "--json", "x"), 2, "must be different files"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_done_ends_in_one_sentence(name, command, folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, expected, sentence = BAD[name]
    noisy, clean = folders
    code, out, err = command(
        "evaluate-pages", *(word.format(noisy=noisy, clean=clean) for word in arguments), "--no-ocr"
    )
    assert (code, out) == (expected, "")
    assert err.startswith("isthmus: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_where_a_page_is_damaged(command, tmp_path):
    noisy, clean = write_folders(tmp_path)
    (noisy / "f-one.png").write_bytes((noisy / "f-one.png").read_bytes()[:-100])
    code, _, err = command(
        "evaluate-pages", noisy, clean, "--network", "pages", "--no-ocr", "-o", tmp_path / "page.html"
    )
    assert code in {3, 4}
    assert "Traceback" not in err
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "bmp", "pgm"])
def test_clean_takes_the_paper_away_and_keeps_what_the_file_says(suffix, command, whitening, tmp_path):
    clean = text_page(0)
    page = np.round(0.8 * clean).astype(np.uint8)
    assert page.max() / 255 > PAPER
    options = {"png": {"dpi": (300, 300)}, "jpg": {"dpi": (300, 300), "quality": 95}, "tif": {"dpi": (300, 300)}}
    image = Image.fromarray(page)
    if suffix == "webp":
        image.save(tmp_path / "in.webp", lossless=True)
    else:
        image.save(tmp_path / f"in.{suffix}", **options.get(suffix, {}))
    output = tmp_path / f"out.{suffix}"
    code, out, err = command("clean", tmp_path / f"in.{suffix}", "-o", output, "--network", whitening)
    assert (code, out) == (0, "")
    assert "1 page, 1 cleaned" in err
    with Image.open(output) as result, Image.open(tmp_path / f"in.{suffix}") as given:
        assert (result.size, result.mode, result.format) == (given.size, given.mode, given.format)
        assert result.info.get("dpi") == given.info.get("dpi")
        grey = np.asarray(result.convert("L"))
    assert (grey[clean == 255] > 245).mean() > 0.98
    assert grey[clean == 0].mean() < 40


def test_clean_is_told_the_resolution(command, whitening, tmp_path):
    page = Image.fromarray(np.round(0.8 * text_page(0)).astype(np.uint8))
    page.save(tmp_path / "in.png", dpi=(300, 300))
    for name, options in {"told": [], "other": ["--dpi", 150]}.items():
        command("clean", tmp_path / "in.png", "-o", tmp_path / f"{name}.png", "--network", whitening, *options)
        with Image.open(tmp_path / f"{name}.png") as cleaned:
            expected = clean_page(np.asarray(page), network=whitening, dpi=150 if options else 300)
            assert np.array_equal(np.asarray(cleaned), expected)
    code, _, err = command("clean", tmp_path / "in.png", "-o", tmp_path / "out.png", "--dpi", 0)
    assert (code, err) == (2, "isthmus: --dpi must be between 10 and 10000. Got 0 instead.\n")


def test_clean_without_its_network_says_so(command, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    Image.fromarray(text_page(0)).save(tmp_path / "in.png")
    code, _, err = command("clean", tmp_path / "in.png", "-o", tmp_path / "out.png")
    assert (code, err) == (4, "isthmus: The network 'pages' is missing from this installation of Isthmus.\n")
    assert not (tmp_path / "out.png").exists()
