"""The review: pictures of every page, and a page that flips between them in a real browser."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from document_pages import keep, page, reopened, saved, white_paper
from isthmus.documents import Options, transform_documents
from isthmus.pages.documents import RemovalInspector
from isthmus.pages.review import Review, removed_in_red


def take_a_line(pixels, *, dpi):
    """A page function: white paper, and a line of text lost."""
    cleaned = white_paper(pixels, dpi=dpi).copy()
    cleaned[60:110] = 255
    return cleaned


@pytest.fixture
def review(tmp_path):
    pages = [page(seed) for seed in range(3)]
    hostile = tmp_path / "<img src=x onerror=alert(1)>.tif"
    hostile.write_bytes(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    (tmp_path / "other.png").write_bytes(saved(pages[0].convert("RGB"), "PNG"))
    for name in (hostile.name, "other.png"):  # one after the other, as in a batch that is started again
        (tmp_path / "out").mkdir(exist_ok=True)
        options = Options(inspector=RemovalInspector(Review(tmp_path / "review")))
        (report,) = transform_documents([(str(tmp_path / name), str(tmp_path / "out" / name))], take_a_line, options)
        assert report.error is None
    return tmp_path / "review"


def test_there_are_three_pictures_of_every_page(review):
    assert len(list(review.glob("*/*-before.jpg"))) == 4
    for before in review.glob("*/*-before.jpg"):
        sizes = {
            reopened(before.parent / before.name.replace("before", view)).size
            for view in ("before", "after", "removed")
        }
        assert sizes == {page().size}


def test_pictures_of_huge_pages_are_reduced_and_need_little_memory(tmp_path):
    """A page of dots within 250 megapixels, in a process of its own; it took 7 GB."""
    program = """
import resource, sys
import numpy as np
from isthmus.documents.reports import PageReport
from isthmus.pages.documents import RemovalInspector
from isthmus.pages.review import Review
before = np.full((10_000, 10_000), 255, np.uint8)
before[::4, ::4] = 0
after = np.full_like(before, 255)
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
report = PageReport(1, 10_000, 10_000, changed=True)
report = RemovalInspector(Review(sys.argv[1])).page("dots.png", report, before, after, after)
Review(sys.argv[1]).save("framed.png", 1, after, after, np.array([[4000, 6000, 4100, 6100]]))
print(report.removed, report.marks, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) // 1024)
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert found[:2] == ["0.0625", "0"]
    assert int(found[2]) < 500
    sizes = {reopened(path).size for path in tmp_path.glob("*/*.jpg")}
    assert sizes == {(5000, 5000)}
    framed = np.asarray(reopened(next(tmp_path.glob("framed*/*-removed.jpg"))).crop((1900, 2900, 2200, 3200)), int)
    down, across = (framed[..., 2] - framed[..., 0] > 120).nonzero()
    assert (down.min(), across.min(), down.max(), across.max()) == pytest.approx((98, 98, 152, 152), abs=2)


def test_what_was_removed_is_red_and_the_rest_is_grey():
    before = np.full((10, 10), 200, np.uint8)
    before[2:4], before[6:8] = 30, 30
    after = np.full((10, 10), 255, np.uint8)  # paper that becomes white is nothing that was removed
    after[6:8] = 30
    shown = np.asarray(removed_in_red(before, after), int)
    red = shown[..., 0] - shown[..., 1:].max(axis=2)
    assert (red[2:4] > 150).all()
    assert (red[6:8] == 0).all()
    assert (red[:2] == 0).all()
    assert (shown[6:8] < shown[0]).all()


def test_marks_that_became_pale_are_framed(review):
    (entry,) = json.loads(next(review.glob("other*/pages.json")).read_bytes())["pages"]
    assert entry["marks"] >= entry["gone"] > 10
    assert entry["letters"] > 3 * entry["marks"]
    shown = np.asarray(reopened(next(review.glob("other*/*-removed.jpg"))), int)
    blue = (shown[..., 2] - shown[..., 0] > 120).nonzero()[0]
    assert len(blue) > 100
    assert blue.min() > 50
    assert blue.max() < 120


def test_a_page_that_stays_is_listed_too(tmp_path):
    (tmp_path / "in.png").write_bytes(saved(page(), "PNG"))
    options = Options(inspector=RemovalInspector(Review(tmp_path / "review")), dry_run=True)
    list(transform_documents([(str(tmp_path / "in.png"), str(tmp_path / "out.png"))], keep, options))
    assert "in.png" in (tmp_path / "review" / "index.html").read_text()
    assert not (tmp_path / "out.png").exists()


PLANTED = {
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "no entry": b"[1, 2]",
    "other fields": b'{"document": "x", "pages": [{"stem": "//example.org/x"}]}',
    "nested": b"[" * 100_000,
    "no number": b'{"document": "x", "pages": [{"page": 1, "width": 1, "height": 1, "changed": 1, "number": "../x"}]}',
}


@pytest.mark.parametrize("content", PLANTED.values(), ids=PLANTED)
def test_a_planted_list_is_not_listed(review, content, tmp_path):
    (review / "planted").mkdir()
    (review / "planted" / "pages.json").write_bytes(content)
    before = (review / "index.html").read_text()
    options = Options(inspector=RemovalInspector(Review(review)))
    (report,) = transform_documents([(str(tmp_path / "other.png"), str(tmp_path / "again.png"))], take_a_line, options)
    assert report.error is None
    after = re.sub(r'"seconds": [^,}]*', "", (review / "index.html").read_text())
    assert after == re.sub(r'"seconds": [^,}]*', "", before)


def test_a_planted_list_names_no_other_place(review, tmp_path):
    """Pictures are named after the folder that the list is in."""
    planted = {"page": 1, "width": 9, "height": 9, "changed": True, "number": 7, "warning": "//example.org/"}
    (review / "planted").mkdir()
    (review / "planted" / "pages.json").write_text(json.dumps({"document": "https://example.org", "pages": [planted]}))
    options = Options(inspector=RemovalInspector(Review(review)))
    list(transform_documents([(str(tmp_path / "other.png"), str(tmp_path / "again.png"))], take_a_line, options))
    stems = re.findall(r'"stem": "([^"]*)"', (review / "index.html").read_text())
    assert len(stems) == 5
    assert all((review / stem).parent.parent == review for stem in stems)


def test_the_pictures_of_a_private_document_are_private(tmp_path):
    source = tmp_path / "in.png"
    source.write_bytes(saved(page(), "PNG"))
    source.chmod(0o600)
    options = Options(inspector=RemovalInspector(Review(tmp_path / "review")))
    list(transform_documents([(str(source), str(tmp_path / "out.png"))], take_a_line, options))
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "review").rglob("*.jpg")}
    assert modes == {0o600}


@pytest.fixture
def visit(chromium_program, tmp_path):
    """A function that opens an address, presses keys, and gives the document then and what the browser said."""

    def open_page(path, anchor="", keys=()):
        note = "document.body.dataset.shown += ' ' + document.querySelector('#picture').getAttribute('src');"
        presses = "document.body.dataset.shown = '';" + note
        presses += "".join(f"dispatchEvent(new KeyboardEvent('keydown', {{key: {key!r}}}));{note}" for key in keys)
        with_keys = path.with_name("with-keys.html")
        with_keys.write_text(path.read_text().replace("</body>", f"<script>{presses}</script></body>"))
        found = subprocess.run(
            [chromium_program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
             "--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom", with_keys.as_uri() + anchor],
            capture_output=True, timeout=600, check=True, text=True,
        )  # fmt: skip
        return found.stdout, re.findall(r":CONSOLE.*", found.stderr)

    return open_page


def pictures(dom: str) -> list[str]:
    """What was shown at first and after each key."""
    return [Path(source).stem for source in re.search(r'data-shown="([^"]*)"', dom)[1].split(".jpg ")]


@pytest.mark.parametrize(
    ("anchor", "keys", "shown"),
    [
        ("", (" ", " ", "ArrowUp", "r", "ArrowDown"),
         ["00001-after", "00001-before", "00001-after", "00001-after", "00001-removed", "00002-removed"]),
        ("", ("w",), ["00001-after", "00002-after"]),
        ("#3-before", ("ArrowUp",), ["00003-before", "00002-before"]),
        ("", ("r", "t", "t"), ["00001-after", "00001-removed", "00001-removed", "00001-after"]),
        ("#99-after", ("ArrowDown",), ["00001-after"] * 2),  # the last one is the only page of its document
    ],
)  # fmt: skip
def test_keys_flip_between_pages_and_pictures(anchor, keys, shown, review, visit):
    dom, messages = visit(review / "index.html", anchor, keys)
    assert pictures(dom) == shown
    assert messages == []


def test_the_page_shows_its_pictures_and_asks_no_host(review, visit):
    text = (review / "index.html").read_text()
    outside = "<img src='http://127.0.0.1:9/x.png'></body>"
    shows = """<script>document.querySelector('#picture').addEventListener('load', e => {
        document.body.dataset.width = e.target.naturalWidth; });</script>"""
    (review / "probe.html").write_text(text.replace("</body>", shows + outside))
    dom, messages = visit(review / "probe.html")
    assert f'data-width="{page().width}"' in dom
    assert len(messages) == 1
    assert "Content Security Policy" in messages[0]


def test_the_page_lists_every_document_and_runs_nothing_of_theirs(review, visit):
    dom, messages = visit(review / "index.html")
    assert messages == []
    assert dom.count("<h2>") == 2
    assert "&lt;img src=x onerror=alert(1)&gt;" in dom
    assert "<img src=x" not in dom
    assert len(re.findall(r"<a href", dom)) == 4
    assert dom.count("⚠ look</span>") == 4


def test_the_table_has_what_became_of_the_letters_of_each_page(review, visit):
    dom, messages = visit(review / "index.html", "#1-table")
    assert messages == []
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", dom)
    assert len(rows) == 4
    (entry,) = json.loads(next(review.glob("other*/pages.json")).read_bytes())["pages"]
    counts = [f"{entry[name]}" for name in ("letters", "marks", "gone")]
    shares = [f"{100 * entry[name]:.1f} %" for name in ("contrast_kept", "changed_share", "removed")]
    assert re.findall("<td>(.*?)</td>", rows[-1]) == [*counts, *shares, entry["where"]]
    assert "other.png, page 1</a>" in rows[-1]
    assert '<div id="frame" hidden' in dom
