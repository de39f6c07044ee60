"""The name of an output says the format that it has, or none; anything else is refused before the work."""

import pytest

from isthmus.documents.formats import check_output_name
from isthmus.errors import OutputError, ParameterError
from isthmus.report.page import Report

PAGE = "is to be an HTML page, and its name must end in .html or .htm"
CASES = [
    ("report MODEL TABLE -o OUT/r.pdf", "r.pdf", PAGE),
    ("report MODEL TABLE -o OUT/r.2026", "r.2026", PAGE),
    ("tune TABLE -o OUT/m --report OUT/r.pdf", "r.pdf", PAGE),
    ("tune TABLE -o OUT/m --result OUT/r.html", "r.html", "its name must end in one of .csv, .json, .md"),
    ("tune TABLE -o OUT/m.html", "m.html", 'is to be a model file, which ".html" does not stand for'),
    ("fit TABLE -o OUT/m.pkl", "m.pkl", 'is to be a model file, which ".pkl" does not stand for'),
    ("fit TABLE -o OUT/m.CSV", "m.CSV", 'is to be a model file, which ".csv" does not stand for'),
    ("encode MODEL TABLE -o OUT/c.html", "c.html", "the format is not clear from the name"),
    ("encode MODEL TABLE -o OUT/c.txt", "c.txt", "or give the format with --output-format"),
    ("compare TABLE -o OUT/c.pdf", "c.pdf", "its name does not tell the format"),
    ("compare TABLE --plot OUT/c.html", "c.html", "the name of a plot must end in .svg, .png or .pdf"),
    ("evaluate-pages OUT OUT -o OUT/e.csv", "e.csv", PAGE),
    ("evaluate-pages OUT OUT --csv OUT/e.json", "e.json", "is to be a CSV table, and its name must end in .csv"),
    ("evaluate-pages OUT OUT --json OUT/e.csv", "e.csv", "is to be JSON, and its name must end in .json"),
    ("evaluate-pages OUT OUT --markdown OUT/e.html", "e.html", "is to be Markdown, and its name must end in .md"),
    ("make-pages OUT/pages.pdf", "pages.pdf", 'is to be a folder, which ".pdf" does not stand for'),
]


@pytest.mark.parametrize(("command", "name", "problem"), CASES)
def test_a_name_that_says_another_format_is_refused(isthmus, folder, tmp_path, *, command, name, problem):
    places = {"MODEL": folder / "model", "TABLE": folder / "table.csv", "OUT": tmp_path}
    words = command.split()
    for word, place in places.items():
        words = [part.replace(word, str(place)) for part in words]
    result = isthmus(*words)
    assert result.code == 5
    assert result.err.startswith(f"isthmus: {tmp_path / name}: ")
    assert problem in result.err
    assert result.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["report", "report.html", "report.HTM"])
def test_reports_are_saved_under_names_of_pages(tmp_path, name):
    report = Report("<!doctype html>")
    report.save(tmp_path / name)
    assert (tmp_path / name).read_text() == report.html
    with pytest.raises(OutputError, match=r"report\.pdf: is to be an HTML page"):
        report.save(tmp_path / "report.pdf")


@pytest.mark.parametrize("name", ["m", "m.isthmus", "m.safetensors", "iris.2codes"])
def test_other_names_of_models_are_free(isthmus, folder, tmp_path, name):
    options = ["--exclude", "id", "--code-size", "1", "--max-epochs", "1", "--quiet"]
    assert isthmus("fit", folder / "table.csv", "-o", tmp_path / name, *options).code == 0


def test_cleaned_documents_keep_the_suffix_of_their_format():
    check_output_name("page.png", "png")
    check_output_name("page", "png")
    for other in ("page.txt", "page.html", "page.pdf"):
        with pytest.raises(ParameterError, match=r"its name must end in \.png"):
            check_output_name(other, "png")
