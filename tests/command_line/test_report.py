"""isthmus report: a page, or one sentence and nothing."""

import re
import sys

import pytest


@pytest.fixture
def report(isthmus, folder):
    """Run the command on the model and the table of ``folder``."""

    def run(*options, model=None, table=None):
        return isthmus("report", model or folder / "model", table or folder / "table.csv", *options)

    return run


def test_a_page_is_written_and_said(report, tmp_path):
    result = report("-o", tmp_path / "page.html")
    assert (result.code, result.out) == (0, "")
    assert result.err == f"Written to {tmp_path / 'page.html'}.\n"
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1><bdi>table.csv in 2 codes</bdi></h1>" in page
    assert "isthmus report model table.csv -o page.html" in page
    assert str(tmp_path) not in page


def test_the_same_command_gives_the_same_page_also_on_standard_output(report, tmp_path):
    report("-o", tmp_path / "page.html", "--quiet")
    first = (tmp_path / "page.html").read_text()
    result = report("-o", tmp_path / "page.html", "-q")
    assert (result.code, result.out, result.err) == (0, "", "")
    assert (tmp_path / "page.html").read_text() == first
    result = report("-o", "-")
    assert (result.code, result.err) == (0, "")
    assert result.out == first.replace("-o page.html", "-o -")


def test_the_map_is_coloured_by_any_column(report, tmp_path):
    for column, legend in (("b", "Coloured by <bdi>b</bdi>, in fifths"), ("id", "Coloured by <bdi>id</bdi>:")):
        assert report("-o", tmp_path / "page.html", "--colour", column).code == 0
        page = (tmp_path / "page.html").read_text()
        assert legend in page
        assert f"--colour {column}" in page


def test_rows_can_be_images(report, tmp_path):
    assert report("-o", tmp_path / "page.html", "--image-shape", "2x2", "--title", "Four <pixels>").code == 0
    page = (tmp_path / "page.html").read_text()
    assert page.count("<img") >= 5
    assert "<h1><bdi>Four &lt;pixels&gt;</bdi></h1>" in page


def test_tables_without_names_are_reported_on(isthmus, rows, tmp_path):
    np = pytest.importorskip("numpy")
    np.save(tmp_path / "rows.npy", rows)
    fit = ["--code-size", "1", "--max-epochs", "1", "-q"]
    assert isthmus("fit", tmp_path / "rows.npy", "-o", tmp_path / "model", *fit).code == 0
    assert isthmus("report", tmp_path / "model", tmp_path / "rows.npy", "-o", tmp_path / "p.html").code == 0
    assert "<bdi>x3</bdi>" in (tmp_path / "p.html").read_text()


BAD = {
    "no such model": ({"model": "none"}, [], 4, "none"),
    "no such table": ({"table": "none.csv"}, [], 3, "none.csv: there is no such file"),
    "no such column": ({}, ["--colour", "nope"], 3, 'has no column "nope"'),
    "no shape": ({}, ["--image-shape", "big"], 2, "--image-shape must be .* Got 'big'"),
    "wrong shape": ({}, ["--image-shape", "3x3"], 2, "number of columns, 4. Got \\(3, 3\\)"),
    "no such format": ({}, ["--format", "docx"], 2, "--format must be one of"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_sentence_and_leaves_nothing(name, report, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files, options, code, sentence = BAD[name]
    result = report("-o", tmp_path / "page.html", *options, **files)
    assert (result.code, result.out) == (code, "")
    assert re.search(sentence, result.err), result.err
    assert len(result.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("table", "code", "sentence"),
    [
        ("a,b,c,d\n1,2,3,\n", 3, 'column "d", row 1: the value is missing'),
        ("a,b,c,d\n1,2,3,x\n", 3, "holds text, not numbers"),
        ("a,b,c\n1,2,3\n", 6, "lacks 1 of the 4 columns"),
        ("a,b,c,d\n", 3, "no rows"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table, code, sentence, report, tmp_path):
    (tmp_path / "t.csv").write_text(table)
    (tmp_path / "page.html").write_text("the old page")
    result = report("-o", tmp_path / "page.html", table=tmp_path / "t.csv")
    assert result.code == code
    assert sentence in result.err
    assert (tmp_path / "page.html").read_text() == "the old page"
    assert len(list(tmp_path.iterdir())) == 2


def test_an_output_that_cannot_be_is_refused(report, folder, tmp_path):
    for output in (tmp_path / "nowhere" / "p.html", tmp_path):
        result = report("-o", output)
        assert result.code == 5
        assert "cannot be written" in result.err
    for output in (folder / "table.csv", folder / "model"):
        before = output.read_bytes()
        result = report("-o", output)
        assert result.code == 5
        assert "is the input" in result.err
        assert output.read_bytes() == before
    assert not list(tmp_path.iterdir())


def test_without_the_extra_the_command_says_what_brings_it(report, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it was not installed
    result = report("-o", tmp_path / "page.html")
    assert (result.code, result.out) == (7, "")
    assert result.err == (
        'isthmus: Plots and reports need matplotlib, which is not installed: pip install "isthmus[report]".\n'
    )
    assert not list(tmp_path.iterdir())
