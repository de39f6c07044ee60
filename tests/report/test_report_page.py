"""What every report keeps: it is one small page, well made, harmless, and the same every time."""

import os
import re
import subprocess
import sys
import warnings
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from report_pages import NAMES, Page
from scipy import sparse

from isthmus import Autoencoder, OutputError
from isthmus.report import Report, Section, report
from isthmus.report.plots import inline_svg, legend_above, log_axis, new_figure, plot_style

MEGABYTE = 1_000_000
REPORTS = ("digits_report", "wine_report", "tuned_report", "hostile_report")


@pytest.fixture(params=REPORTS)
def page(request):
    return Page(request.getfixturevalue(request.param).html)


def test_every_figure_says_what_it_shows(page):
    figures = page.all("svg", "img")
    assert len(figures) >= 4
    for figure in figures:
        words = figure.attributes.get("alt" if figure.tag == "img" else "aria-label") or ""
        assert len(words.split()) >= 5, figure
        assert figure.tag == "img" or figure.attributes["role"] == "img"
        assert len(words) < 2000


def test_headings_are_in_order_and_the_language_is_said(page):
    levels = [int(element.tag[1]) for element in page.elements if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("title")[0].text.strip()
    tables = page.all("table")
    assert len(page.all("caption")) == len(tables)
    assert all("scope" in cell.attributes for cell in page.all("th"))


def test_what_is_referred_to_is_there_once(page):
    identifiers = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(identifiers) == len(set(identifiers))
    references = re.findall(r'(?:href="|url\()#([^")]+)', page.source)
    references += [name for e in page.elements for name in (e.attributes.get("aria-labelledby") or "").split()]
    assert len(references) > 10
    assert set(references) <= set(identifiers)


def test_nothing_is_loaded_and_nothing_runs(page):
    assert not page.all("script", "iframe", "object", "embed", "form", "base")
    for element in page.elements:
        assert not [name for name in element.attributes if name.startswith("on")]
        for name in ("src", "href"):
            target = element.attributes.get(name) or "#"
            assert target.startswith(("#", "data:")), element
    assert "@import" not in page.source
    assert "url(" not in re.sub(r"url\(#[\w.-]+\)", "", page.source)
    assert "//" not in page.all("style")[0].text


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_stays_under_a_megabyte(name, request):
    assert len(request.getfixturevalue(name).html.encode()) < MEGABYTE / 4


@pytest.mark.parametrize("long_names", [False, True])
def test_wide_tables_stay_under_a_megabyte(long_names):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2)) @ rng.normal(size=(2, 2000)) + rng.normal(size=(30, 2000))
    names = [f"{i} " + "語" * 10_000 if long_names else f"column {i}" for i in range(2000)]
    frame = pd.DataFrame(X, columns=names)
    page = Page(report(Autoencoder(2, encoder_layers=(8,), max_epochs=1, random_state=0).fit(frame), frame).html)
    assert len(page.source.encode()) < MEGABYTE
    assert "15 columns with most of the error, of 2,000 columns" in page.words.replace("\u00a0", " ")
    assert len(page.all("tr")) < 100


def test_hostile_names_are_shown_and_do_no_harm(hostile_report):
    page, source = Page(hostile_report.html), hostile_report.html
    shown = {element.text for element in page.all("bdi")}
    for name in NAMES:
        if name.isprintable() and 0 < len(name) <= 40:
            assert name in shown, name
        if set(name) & set("<\u202e\u200f\x00"):
            assert name not in source
    assert "(no name)" in shown
    assert "a" * 39 + "…" in shown
    assert "\\u202eevil\\u202c" in shown  # the mark itself would turn round what follows
    assert "49" not in {element.text.strip() for element in page.all("bdi")}
    assert not page.all("script", "iframe", "b", "style")[1:]  # the one style sheet is ours
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00\ud800]", source)
    assert page.all("h1")[0].text == "<script>title</script>"
    assert {"<script>alert('label')</script>", "\\u202elabel", "<style>*{display:none}</style>"} <= shown


def test_a_long_name_is_whole_in_one_title(hostile_report):
    titles = [e.attributes["title"] for e in Page(hostile_report.html).elements if "title" in e.attributes]
    assert titles.count("a" * 10_000) == 1


def test_reports_repeat_to_the_byte(digits, digits_report):
    X, labels, model = digits
    with matplotlib.rc_context(
        {"svg.hashsalt": "other", "font.size": 30, "axes.xmargin": 0.3, "axes.unicode_minus": False}
    ):
        again = report(model, X, image_shape=(8, 8), colour=labels)
    assert again.html == digits_report.html
    assert report(model, X, image_shape=(8, 8), colour=labels, date="1 May").html != again.html


PROCESS = """
import sys, numpy as np
from isthmus import load
from isthmus.report import report
page = report(load(sys.argv[1]), np.load(sys.argv[2]), path=sys.argv[3])
assert "matplotlib.pyplot" not in sys.modules, "pyplot is the user's"
"""


def test_another_process_makes_the_same_bytes_and_leaves_pyplot_alone(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 5))
    model = Autoencoder(2, max_epochs=2, random_state=0).fit(X)
    model.save(tmp_path / "model")
    np.save(tmp_path / "rows.npy", X)
    files = [tmp_path / name for name in ("model", "rows.npy", "page.html")]
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-W", "error", "-c", PROCESS, *files], env=environment, check=True)
    assert (tmp_path / "page.html").read_text() == report(model, X).html


def test_matplotlib_is_left_as_it_was(wine):
    X, model = wine
    before = dict(matplotlib.rcParams)
    report(model, X)
    assert dict(matplotlib.rcParams) == before


def test_one_figure_drawn_twice_is_the_same():
    with plot_style():
        figure, axes = new_figure()
        axes.plot([1, 20, 300], label="a<b")
        axes.set_ylabel("height")
        log_axis(axes.yaxis)
        legend_above(axes)
    first = inline_svg(figure, "one", "three points")
    assert first == inline_svg(figure, "one", "three points")
    assert first != inline_svg(figure, "other", "three points")
    assert "#0a6c74" not in first
    assert "var(--model)" in first


DIGITS = np.random.default_rng(0).integers(0, 9, size=(30, 5)).astype(float)
KINDS = {
    "list": lambda X: X.tolist(),
    "float32": lambda X: X.astype(np.float32),
    "sparse": sparse.csr_array,
    "pandas": lambda X: pd.DataFrame(X, columns=list("abcde")),
}


@pytest.fixture(scope="module")
def plain_fingerprint():
    """The end of the page about ``DIGITS`` as an array."""
    model = Autoencoder(2, max_epochs=1, random_state=0).fit(DIGITS)
    return Page(report(model, DIGITS).html).all("code")[-1].text


@pytest.mark.parametrize("kind", [*KINDS, "polars", "torch"])
def test_every_kind_of_table_is_reported_on(kind, plain_fingerprint):
    X = DIGITS
    if kind == "polars":
        given = pytest.importorskip("polars").DataFrame(X, schema=list("abcde"))
    elif kind == "torch":
        given = pytest.importorskip("torch").from_numpy(X)
    else:
        given = KINDS[kind](X)
    model = Autoencoder(2, max_epochs=1, random_state=0).fit(given)
    page = Page(report(model, given).html)
    assert page.number("given-error") == pytest.approx(model.reconstruction_error(given).mean(), rel=1e-5)
    fingerprints = [element.text for element in page.all("code") if re.fullmatch("[0-9a-f]{16}", element.text)]
    assert fingerprints == [plain_fingerprint]


def case(X, rows=None, **parameters):
    """A model of X, and the rows to report on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # two epochs are too few for some
        model = Autoencoder(**{"code_size": 1, "max_epochs": 2, "random_state": 0, **parameters}).fit(X)
    return model, X if rows is None else rows


normal = np.random.default_rng(0).normal(size=(40, 4))
CASES = {
    "all rows are equal": lambda: case(np.ones((9, 3))),
    "one row to report on": lambda: case(normal, normal[:1]),
    "two rows to report on": lambda: case(normal, normal[:2]),
    "one column": lambda: case(normal[:, :1]),
    "one constant column": lambda: case(np.column_stack([normal, np.full(40, 7.0)])),
    "more codes than columns": lambda: case(normal, code_size=6),
    "nothing is lost by PCA": lambda: case(np.outer(normal[:, 0], [1, 2, 3])),
    "linear": lambda: case(normal, activation="identity"),
    "random start": lambda: case(normal, start="random"),
    "linear, from a random start": lambda: case(normal, start="random", activation="identity"),
    "ordered": lambda: case(normal, code_size=3, ordered=True),
    "ordered, one row to report on": lambda: case(normal, normal[:1], code_size=3, ordered=True),
    "nothing held out": lambda: case(normal, validation_fraction=0),
    "cross-entropy": lambda: case((normal > 0).astype(float), code_size=2),
    "denoiser": lambda: case(normal, noise="masking"),
    "many layers": lambda: case(normal, encoder_layers=(8,) * 12),
    "huge values": lambda: case(normal * 1e100, scale="standard"),
    "tiny values": lambda: case(normal * 1e-100, scale="standard"),
    "far from zero": lambda: case(normal + 1e9),
    "rows of another kind": lambda: case(normal, normal * 1000),
    "constant rows, far from the model's": lambda: case(normal, np.full((5, 4), 1e6)),
}


@pytest.mark.parametrize("name", CASES)
def test_no_table_is_too_odd(name):
    model, rows = CASES[name]()
    page = Page(report(model, rows).html)
    attributes = [value for element in page.elements for value in element.attributes.values() if value]
    words = page.words.replace(page.all("pre")[0].text, "")  # but for what is Python
    for text in (words, *attributes):
        assert not re.search(r"\b([Nn]a[Nn]|NAN|inf|None|True|False|undefined)\b", text), text


def test_sections_of_others_come_last_but_one(wine, wine_report):
    X, model = wine
    other = Section("other", "Another <section>", '<header><h2 id="other-title">Other</h2></header> <div>Words.</div>')
    page = Page(report(model, X, sections=[other]).html)
    own = [element.attributes["id"] for element in Page(wine_report.html).all("section")]
    assert [element.attributes["id"] for element in page.all("section")] == [*own[:-1], "other", own[-1]]
    links = {element.attributes["href"]: element.text for element in page.all("a")}
    assert list(links) == [f"#{name}" for name in (*own[:-1], "other", own[-1])]
    assert links["#other"] == "Another <section>"
    assert page.by_id("other").text.split() == ["Other", "Words."]


def test_a_report_is_saved_whole_and_shown_in_notebooks(wine_report, tmp_path):
    wine_report.save(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == wine_report.html.encode()
    with pytest.raises(OutputError, match="no such folder"):
        wine_report.save(tmp_path / "nowhere" / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    frame = Page(wine_report._repr_html_()).all("iframe")[0]
    assert frame.attributes["srcdoc"] == wine_report.html
    assert frame.attributes["title"]
    assert isinstance(wine_report, Report)
    assert "kB" in repr(wine_report)


def test_path_writes_the_page(wine, wine_report, tmp_path):
    X, model = wine
    report(model, X, path=tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == wine_report.html
