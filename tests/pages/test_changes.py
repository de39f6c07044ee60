"""evaluate_changes, and evaluate-pages --cleaned: what became of marks like letters, without clean pages."""

import csv
import io
import json

import numpy as np
import pikepdf
import pytest
from evaluation_folders import stained, text_page
from PIL import Image

from document_pages import saved
from isthmus.errors import InputError
from isthmus.pages.evaluation import evaluate_changes
from isthmus.pages.evaluation.changes_page import changes_page
from isthmus.pages.evaluation.crops import crowded_window
from isthmus.pages.letters_gone import letters_gone

CLEAN = [text_page(seed) for seed in range(3)]
DIRTY = [stained(page) for page in CLEAN]
LOST = CLEAN[1].copy()
LOST[:45, :130] = 255  # the left half of a line


@pytest.fixture
def folders(tmp_path):
    """One page that keeps its letters in a folder, one that loses some, and two pages in a TIFF."""
    noisy, cleaned = tmp_path / "scans", tmp_path / "out"
    for folder, pages in ((noisy, DIRTY), (cleaned, [CLEAN[0], LOST, CLEAN[2]])):
        (folder / "deep").mkdir(parents=True)
        images = [Image.fromarray(page) for page in pages]
        images[0].save(folder / "deep" / "kept.png")
        images[1].convert("RGB").save(folder / ("lost.png" if folder == noisy else "lost.tif"))
        (folder / "two.tif").write_bytes(saved(images[2], "TIFF", save_all=True, append_images=[images[1]]))
    return noisy, cleaned


def test_each_page_has_the_figures_of_letters_gone(folders):
    found = evaluate_changes(*folders)
    pages = {page.page: page for page in found.pages}
    assert list(pages) == ["deep/kept.png", "lost.png", "two.tif, page 1", "two.tif, page 2"]
    for name, before, after in (
        ("deep/kept.png", DIRTY[0], CLEAN[0]), ("lost.png", DIRTY[1], LOST), ("two.tif, page 2", DIRTY[1], LOST)
    ):  # fmt: skip
        page, expected = pages[name], letters_gone(before, after)
        assert (page.letters, page.pale, page.gone) == (expected.letters, expected.count, expected.gone)
        assert (page.where, page.contrast_kept) == (expected.where, expected.kept)
        assert page.pixels_changed == (before != after).mean()
        assert page.pixels == before.size
    assert pages["deep/kept.png"].pale == pages["two.tif, page 1"].pale == 0
    assert pages["lost.png"].gone > 5
    assert pages["lost.png"].where == "top left"
    assert (found.notes, found.unpaired) == ((), 0)
    counts = {page.pale for page in found.pages}
    assert f"{2 * max(counts)} of" in found.heading
    assert "on 2 pages" in found.heading


def test_the_tables_have_every_page(folders):
    found = evaluate_changes(*folders)
    lines = list(csv.DictReader(io.StringIO(found.to_csv())))
    data = json.loads(found.to_json())["pages"]
    rows = [line.split(" | ") for line in found.to_markdown().splitlines() if line.startswith("|")][2:]
    for line, entry, row, page in zip(lines, data, rows, found.pages, strict=True):
        assert (line["page"], int(line["pale"]), float(line["contrast_kept"])) == (
            page.page,
            page.pale,
            page.contrast_kept,
        )
        assert entry == json.loads(json.dumps(entry)) | {"page": page.page, "gone": page.gone, "where": page.where}
        assert row[0].removeprefix("| ") == page.page
        assert row[1:4] == [str(page.letters), str(page.pale), str(page.gone)]


def test_a_document_that_cannot_be_compared_is_named_and_the_others_are_compared(folders):
    noisy, cleaned = folders
    Image.fromarray(CLEAN[0][:-1]).save(cleaned / "deep" / "kept.png")
    (cleaned / "two.tif").write_bytes(saved(Image.fromarray(CLEAN[2]), "TIFF"))
    (noisy / "only.png").write_bytes((noisy / "lost.png").read_bytes())
    for folder in folders:
        (folder / "broken.png").write_bytes((noisy / "lost.png").read_bytes()[:-200])
    found = evaluate_changes(noisy, cleaned)
    assert [page.page for page in found.pages] == ["lost.png"]
    assert found.notes == (
        f"{noisy / 'broken.png'}: is damaged (its data end too early).",
        "deep/kept.png: must have the same size before and after cleaning. Got 330 × 170 and 330 × 169 pixels.",
        "two.tif: must have as many pages before and after cleaning. Got 2 and 1 instead.",
        "1 file has no counterpart of the same name.",
    )
    (cleaned / "lost.tif").unlink()
    with pytest.raises(InputError, match=r"broken.png: is damaged"):
        evaluate_changes(noisy, cleaned)


def test_two_files_and_the_pages_of_a_pdf_are_compared(tmp_path):
    for name, pages in (("before", DIRTY[:2]), ("after", [CLEAN[0], LOST])):
        images = [Image.fromarray(page) for page in pages]
        images[0].save(tmp_path / f"{name}.pdf", save_all=True, append_images=images[1:], resolution=150)
    with pikepdf.open(tmp_path / "after.pdf") as document:
        assert len(document.pages) == 2
    found = evaluate_changes(tmp_path / "before.pdf", tmp_path / "after.pdf")
    assert [page.page for page in found.pages] == ["before.pdf, page 1", "before.pdf, page 2"]
    assert found.pages[0].pale == 0
    assert found.pages[1].gone > 5


def test_the_page_shows_where_letters_were_lost_and_asks_nobody(folders, chromium, tmp_path):
    found = evaluate_changes(*folders)
    (tmp_path / "page.html").write_text(changes_page(found, *folders, command="isthmus evaluate-pages '<a>'"))
    dom, messages, requests = chromium(tmp_path / "page.html", "--dump-dom")
    assert (messages, requests) == ([], [])
    assert dom.count("<img") == 4  # before and after of the pages that lost any
    assert "&lt;a&gt;" in dom
    assert dom.index("<bdi>lost.png</bdi>") < dom.index("<bdi>two.tif, page 2</bdi>")


def test_the_window_is_where_most_boxes_are():
    boxes = np.array([[700, 900, 720, 920], [720, 910, 740, 930], [760, 900, 770, 930], [10, 10, 20, 20]])
    rows, columns = crowded_window(boxes, (1000, 900), 1)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (150, 360)
    assert rows.start < 900
    assert rows.stop > 930
    assert columns.start < 700
    assert columns.stop > 770
    assert crowded_window(boxes, (30, 40), 1) == (slice(0, 30), slice(0, 40))


def test_the_command_prints_the_table_and_writes_files(folders, command, tmp_path):
    files = [tmp_path / name for name in ("out.html", "out.csv")]
    noisy, cleaned = folders
    code, out, err = command("evaluate-pages", noisy, "--cleaned", cleaned, "-o", files[0], "--csv", files[1])
    found = evaluate_changes(*folders)
    assert (code, err.splitlines()) == (0, [f"Written to {files[0]}, {files[1]}."])
    assert out.splitlines()[0] == found.heading
    lost = next(line for line in out.splitlines() if line.startswith("lost.png")).split()
    assert lost[1:4] == [str(found.pages[1].letters), str(found.pages[1].pale), str(found.pages[1].gone)]
    assert files[1].read_text() == found.to_csv()
    assert "isthmus evaluate-pages scans --cleaned out -o report.html" in files[0].read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Either CLEAN, a folder of clean pages, or --cleaned must be given. Got neither."),
        (
            ("{out}", "--cleaned", "{out}"),
            "Either CLEAN, a folder of clean pages, or --cleaned must be given. Got both.",
        ),
        (
            ("--cleaned", "{out}", "--dpi", "150"),
            "--dpi has no effect on --cleaned; it needs CLEAN, a folder of clean pages.",
        ),
        (
            ("--cleaned", "{out}", "--no-ocr"),
            "--ocr has no effect on --cleaned; it needs CLEAN, a folder of clean pages.",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, says, folders, command):
    noisy, cleaned = folders
    code, out, err = command("evaluate-pages", noisy, *(word.format(out=cleaned) for word in arguments))
    assert (code, out, err) == (2, "", f"isthmus: {says}\n")
