"""evaluate_pages: what it says of pages is what the measures say, by method and by group."""

import csv
import io
import json
import re
import shutil
import sys

import numpy as np
import pytest
from evaluation_folders import stained, text_page, write_folders
from page_networks import whitened
from PIL import Image
from skimage import color

from isthmus.errors import InputError, MissingExtraError, ModelFileError, ParameterError
from isthmus.pages import shipped
from isthmus.pages.evaluation import evaluate_pages, measures
from isthmus.pages.evaluation.baselines import adaptive_threshold, divide_background
from isthmus.pages.evaluation.crops import spread, worst_window
from isthmus.pages.evaluation.page import evaluation_page
from isthmus.pages.evaluation.text import text_of

METHODS = ("untouched", "background division", "adaptive threshold")
with_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="there is no tesseract")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return write_folders(tmp_path_factory.mktemp("pairs"))


@pytest.fixture(scope="module")
def found(folders, whitening):
    return evaluate_pages(*folders, networks=[whitening], by="^(.)-", read=False)


def test_every_page_is_measured_by_every_method(found, whitening):
    assert found.methods == (*METHODS, whitening)
    assert [(page.page, page.method) for page in found.pages] == [
        (name, method) for name in ("c-one.png", "c-two.png", "f-one.png") for method in found.methods
    ]


def test_the_summaries_are_the_measures_of_all_pages(found, whitening):
    clean = [text_page(seed) / 255 for seed in range(3)]
    dirty = [stained(text_page(seed)) / 255 for seed in range(3)]
    cleaned = [np.round(255 * whitened(page)) / 255 for page in dirty]
    for method, pages in (("untouched", dirty), (whitening, cleaned)):
        line = found.summaries[method, None]
        assert line.pages == 3
        assert line.rmse == pytest.approx(measures.rmse_pooled(pages, clean), rel=1e-5)
        assert line.psnr == pytest.approx(measures.psnr(pages, clean), rel=1e-5)
        assert line.ssim == pytest.approx(measures.ssim(pages, clean), rel=1e-4)
        assert line.components_lost == 0
        assert np.isnan(line.characters_misread)
        assert line.seconds_per_megapixel > 0
    assert 3 * found.summaries[whitening, None].rmse < found.summaries["untouched", None].rmse
    assert sum(page.components for page in found.pages if page.method == whitening) == 3 * 12


def test_groups_are_what_the_expression_finds(found, folders, whitening):
    assert found.groups == ("c", "f")
    assert [found.summaries["untouched", group].pages for group in (None, "c", "f")] == [3, 2, 1]
    by_match = evaluate_pages(*folders, networks=[], by="c-...", read=False)
    assert by_match.groups == ("c-one", "c-two", "other")
    assert evaluate_pages(*folders, networks=[], read=False).groups == ()


def test_files_of_figures_have_all_digits(found, whitening):
    lines = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert len(lines) == len(found.pages)
    for line, page in zip(lines, found.pages, strict=True):
        assert (line["page"], line["method"], line["group"]) == (page.page, page.method, page.group)
        assert float(line["rmse"]) == page.rmse
        assert (int(line["lost"]), int(line["components"])) == (page.lost, page.components)
        assert line["characters_misread"] == ""
    data = json.loads(found.to_json())
    assert len(data["summaries"]) == 3 * len(found.methods)
    line = next(x for x in data["summaries"] if (x["method"], x["group"]) == (whitening, "f"))
    assert line["rmse"] == found.summaries[whitening, "f"].rmse
    assert line["characters_misread"] is None
    assert len(data["pages"]) == len(found.pages)


def test_markdown_has_the_best_of_each_column_in_bold(found):
    text = found.to_markdown()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(row.count("|") == rows[0].count("|") for row in rows[:6])
    errors = [found.summaries[method, None].rmse for method in found.methods]
    assert [row.split("|")[2].strip() for row in rows[2:6]] == [
        f"**{error:.4f}**" if error == min(errors) else f"{error:.4f}" for error in errors
    ]
    assert sum(row.count("**") for row in rows[2:6]) == 8  # RMSE, PSNR, SSIM and UQI
    assert "| RMSE | c | f |" in text
    assert "3 pages, 0.2 megapixels." in text


def test_the_colour_of_coloured_marks_is_measured_where_there_are_any(tmp_path):
    noisy, clean = write_folders(tmp_path, ["grey.png", "red.png"])
    red = np.stack([np.full_like(text_page(1), 255), text_page(1), text_page(1)], -1)  # red letters
    red[:80, :, 0] = text_page(1)[:80]  # black ones above
    dirty = np.round(red * [0.9, 0.85, 0.7]).astype(np.uint8)
    Image.fromarray(red).save(clean / "red.png")
    Image.fromarray(dirty).save(noisy / "red.png")
    found = evaluate_pages(noisy, clean, networks=[], read=False)
    labs = [color.rgb2lab(page) for page in (red, dirty)]
    marks = np.hypot(labs[0][..., 1], labs[0][..., 2]) >= 20
    assert not marks[:80].any()
    expected = color.deltaE_ciede2000(labs[0][marks], labs[1][marks]).mean()
    differences = {page.method: page.colour_difference for page in found.pages if page.page == "red.png"}
    assert differences["untouched"] == pytest.approx(expected, rel=1e-3)
    assert differences["background division"] < expected / 2
    assert differences["adaptive threshold"] > 30  # black and white
    assert all(np.isnan(page.colour_difference) for page in found.pages if page.page == "grey.png")
    assert found.summaries["untouched", None].colour_difference == differences["untouched"]
    assert "colour of marks, ΔE2000" in found.to_markdown()
    cells = {
        (line["page"], line["method"]): line["colour_difference"]
        for line in csv.DictReader(io.StringIO(found.to_csv()))
    }
    assert cells["grey.png", "untouched"] == ""
    assert float(cells["red.png", "untouched"]) == differences["untouched"]
    assert "colour of marks, ΔE2000" in evaluation_page(found, noisy, clean)


def test_measures_without_data_have_no_column(found, folders):
    assert [column.heading for column in found.columns][:4] == ["RMSE", "PSNR, dB", "SSIM", "UQI"]
    for heading in ("ΔE2000", "letters altered", "characters misread"):
        assert heading not in found.to_markdown()
    assert "ΔE2000" not in evaluation_page(found, *folders).split('id="pages"')[0]


@with_tesseract
def test_characters_are_those_that_are_read_on_the_clean_page(folders, whitening):
    found = evaluate_pages(*folders, networks=[whitening], read=True)
    for page in found.pages:
        assert page.expected.split()[:3] == ["The", "dirty", "page"]
    line = found.summaries[whitening, None]
    pages = [page for page in found.pages if page.method == whitening]
    assert line.characters_misread == pytest.approx(
        measures.character_error_rate([page.text for page in pages], [page.expected for page in pages])
    )
    assert line.characters_misread <= 0.05
    assert text_of(np.full((50, 90), 255, np.uint8)).strip() == ""
    with pytest.raises(ParameterError, match="no data for the language 'xx1'"):
        evaluate_pages(*folders, networks=[], read=True, language="eng+xx1")


def test_without_tesseract_nobody_reads(folders, monkeypatch):
    monkeypatch.setenv("PATH", "")
    found = evaluate_pages(*folders, networks=[])
    assert any("The pages were not read by OCR" in note for note in found.notes)
    with pytest.raises(ParameterError, match="not installed"):
        evaluate_pages(*folders, networks=[], read=True)


def test_networks_that_come_with_isthmus_may_be_missing_and_others_may_not(folders, tmp_path, monkeypatch):
    shutil.copy(shipped.FOLDER / "reference.onnx", tmp_path)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    found = evaluate_pages(*folders, read=False)
    assert found.methods == (*METHODS, "reference")
    assert found.missing == {"pages": "The network 'pages' is missing from this installation of Isthmus."}
    assert found.missing["pages"] in found.notes
    assert "| pages | – | – |" in found.to_markdown()
    with pytest.raises(ModelFileError, match="nowhere"):
        evaluate_pages(*folders, networks=["nowhere"])


def test_pairs_are_files_of_equal_names(tmp_path):
    noisy, clean = write_folders(tmp_path)
    (clean / "c-two.png").unlink()
    Image.fromarray(text_page(2)).convert("RGB").save(clean / "f-one.tif")
    (clean / "f-one.png").unlink()
    (clean / "notes.txt").write_text("no page")
    (clean / ".hidden.png").write_text("no page")
    found = evaluate_pages(noisy, clean, networks=[], read=False)
    assert {page.page for page in found.pages} == {"c-one.png", "f-one.png"}
    assert found.unpaired == 1
    assert "1 file has no counterpart of the same name." in found.notes


def test_folders_that_cannot_be_used_are_refused(tmp_path):
    noisy, clean = write_folders(tmp_path)
    with pytest.raises(InputError, match="nowhere: cannot be read \\(there is no such folder"):
        evaluate_pages(tmp_path / "nowhere", clean, networks=[])
    with pytest.raises(InputError, match="it is not a folder"):
        evaluate_pages(noisy / "c-one.png", clean, networks=[])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="have no files of the same name"):
        evaluate_pages(tmp_path / "empty", clean, networks=[])
    Image.fromarray(text_page(0)).save(noisy / "c-one.tif")
    with pytest.raises(InputError, match="2 files called c-one"):
        evaluate_pages(noisy, clean, networks=[])
    (noisy / "c-one.tif").unlink()
    with pytest.raises(ParameterError, match=re.escape("'by' parameter must be a regular expression. Got '('")):
        evaluate_pages(noisy, clean, networks=[], by="(")
    Image.fromarray(text_page(0)[:-1]).save(noisy / "c-one.png")
    with pytest.raises(InputError, match=r"c-one.png: .* Got 330 × 169 and 330 × 170 pixels"):
        evaluate_pages(noisy, clean, networks=[], read=False)
    content = (clean / "c-one.png").read_bytes()
    (noisy / "c-one.png").write_bytes(content[:-200])
    with pytest.raises(InputError, match=r"c-one.png: is damaged"):
        evaluate_pages(noisy, clean, networks=[], read=False)
    for folder in (noisy, clean):
        Image.fromarray(text_page(0)).save(folder / "c-one.tif", save_all=True, append_images=[Image.new("L", (9, 9))])
        (folder / "c-one.png").unlink()
    with pytest.raises(InputError, match=r"c-one.tif: has 2 pages"):
        evaluate_pages(noisy, clean, networks=[], read=False)
    for folder in (noisy, clean):
        (folder / "c-one.tif").unlink()
        Image.new("L", (5, 9)).save(folder / "a.png")
    with pytest.raises(InputError, match=r"a.png: .* at least 7 × 7 pixels"):
        evaluate_pages(noisy, clean, networks=[], read=False)


def test_what_is_not_installed_is_named(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(MissingExtraError, match=r"needs? jiwer, .*isthmus\[evaluate\]"):
        evaluate_pages(*folders, networks=[])


@pytest.mark.parametrize("dpi", [150, 300])
def test_the_baselines_take_the_stain_away(dpi):
    clean, dirty = text_page(0), stained(text_page(0))
    if dpi == 300:
        clean, dirty = (np.repeat(np.repeat(page, 2, axis=0), 2, axis=1) for page in (clean, dirty))
    divided = divide_background(dirty, dpi)
    # The edge of the stain stays.
    assert (divided[clean == 255] > 240).mean() > 0.97
    assert divided[clean == 0].max() < 30
    black = adaptive_threshold(dirty, dpi)
    assert set(np.unique(black)) == {0, 255}
    assert (black[clean == 255] == 255).mean() > 0.9
    assert (black[clean == 0] == 0).mean() > 0.99


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (40, 2)])
def test_the_baselines_take_any_size(size):
    page = np.full(size, 200, np.uint8)
    assert divide_background(page).shape == adaptive_threshold(page).shape == size


def test_pieces_are_where_the_dirt_is_worst():
    clean = np.full((600, 900), 255, np.uint8)
    clean[::20, ::3] = 0
    dirty = clean.copy()
    dirty[400:480, 600:700] //= 3
    rows, columns = worst_window(dirty, clean, 150)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (150, 360)
    assert rows.start <= 400
    assert rows.stop >= 480
    assert columns.start <= 600
    assert columns.stop >= 700
    assert worst_window(clean[:5, :5], clean[:5, :5]) == (slice(0, 5), slice(0, 5))
    assert spread(["a", "b", "c", "d", "e"], [3, 1, 5, 2, 4], 3) == ["c", "a", "b"]
    assert spread(["a"], [3], 6) == ["a"]


def test_the_page_opens_in_a_browser_without_messages_and_requests(found, folders, chromium, tmp_path):
    html = evaluation_page(found, *folders, command="isthmus evaluate-pages noisy clean --by '<c>'")
    (tmp_path / "page.html").write_text(html)
    assert len(html) < 1_000_000
    dom, messages, requests = chromium(tmp_path / "page.html", "--dump-dom")
    assert (messages, requests) == ([], [])
    assert dom.count("<img") == 9
    for title in ("before", found.methods[-1], "clean"):
        assert dom.count(f"<figcaption>{title}</figcaption>") == 3
    assert f"{found.summaries[found.methods[-1], None].rmse:.4f}" in dom
    assert "--by '&lt;c&gt;'" in dom
    for dark in (False, True):
        picture = tmp_path / f"{dark}.png"
        options = ["--blink-settings=preferredColorScheme=0"] if dark else []
        chromium(tmp_path / "page.html", f"--screenshot={picture}", "--window-size=1000,1500", *options)
        corner = Image.open(picture).convert("L").getpixel((2, 2))
        assert corner < 60 if dark else corner > 200


def test_the_page_shows_names_that_mean_harm_as_they_are(tmp_path):
    folders = write_folders(tmp_path, ["<b>x<.png", "b & c.png"])
    found = evaluate_pages(*folders, networks=[], read=False)
    html = evaluation_page(found, *folders)
    assert "<b>x" not in html
    assert "&lt;b&gt;x&lt;.png" in html
    assert "background division" in html
