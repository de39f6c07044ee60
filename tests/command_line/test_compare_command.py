"""isthmus compare: what Python gives, on the terminal, in files and as a plot."""

import csv
import io
import json
import sys

import numpy as np
import pyarrow
import pytest

from isthmus import Autoencoder, compare

QUICK = ["--code-sizes", "1,2", "--max-epochs", "2", "--layers", "8,"]


@pytest.fixture(scope="module")
def expected(rows):
    frame = pyarrow.table(dict(zip("abcd", rows.T, strict=True)))
    estimator = Autoencoder(scale="standard", max_epochs=2, encoder_layers=(8,))
    return compare(frame, estimator=estimator, code_sizes=[1, 2])


def without_seconds(lines):
    """Columns of plain values from a list of measurements."""
    return {name: [line[name] for line in lines] for name in lines[0] if name != "seconds"}


def test_compare_prints_what_python_prints(isthmus, folder, expected):
    result = isthmus("compare", folder / "table.csv", "--exclude", "id", *QUICK)
    assert (result.code, result.err) == (0, "")
    lines, python = result.out.splitlines(), str(expected).splitlines()
    assert len(lines) == len(python)
    assert [line for line in lines if "0." not in line] == [line for line in python if "0." not in line]
    assert expected.sentence in result.out
    for line, other in zip(lines, python, strict=True):
        cells, others = line.split(), other.split()
        if cells and cells[0] in ("1", "2"):
            assert cells[:7] == others[:7]  # the seconds are others


def test_figures_go_to_stdout_in_any_format(isthmus, folder, expected):
    figures = json.loads(expected.to_json())
    table = [folder / "table.csv", "--exclude", "id", *QUICK]
    result = isthmus("compare", *table, "--output-format", "json")
    assert (result.code, result.err) == (0, "")
    printed = json.loads(result.out)
    assert without_seconds(printed.pop("results")) == without_seconds(figures.pop("results"))
    assert printed == figures
    result = isthmus("compare", *table, "--output-format", "csv", "-o", "-")
    lines = list(csv.DictReader(io.StringIO(result.out)))
    assert [float(line["error"]) for line in lines] == expected.results["error"].tolist()
    result = isthmus("compare", *table, "--output-format", "md")
    assert result.out.splitlines()[2:4] == expected.to_markdown().splitlines()[2:4]


@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.md"])
def test_figures_go_to_a_file_and_the_table_is_shown(isthmus, folder, expected, tmp_path, name):
    (tmp_path / name).write_text("old")
    result = isthmus("compare", folder / "table.csv", "--exclude", "id", *QUICK, "-o", tmp_path / name)
    assert (result.code, result.err) == (0, f"Written to {tmp_path / name}.\n")
    assert expected.sentence in result.out
    text = (tmp_path / name).read_text()
    if name == "out.csv":
        errors = [float(line["error"]) for line in csv.DictReader(io.StringIO(text))]
        assert errors == expected.results["error"].tolist()
    elif name == "out.json":
        assert [line["error"] for line in json.loads(text)["results"]] == expected.results["error"].tolist()
    else:
        assert expected.sentence in text
    assert list(tmp_path.iterdir()) == [tmp_path / name]


@pytest.mark.parametrize("name", ["plot.svg", "plot.PNG", "plot.pdf"])
def test_a_plot_is_written(isthmus, folder, tmp_path, name):
    pytest.importorskip("matplotlib")
    result = isthmus("compare", folder / "table.csv", "--exclude", "id", *QUICK, "--plot", tmp_path / name, "-q")
    assert (result.code, result.err) == (0, "")
    assert (tmp_path / name).stat().st_size > 2000
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_tables_come_through_pipes_and_without_names(isthmus, program, folder, rows, *, expected, tmp_path):
    np.save(tmp_path / "rows.npy", rows)
    result = isthmus("compare", tmp_path / "rows.npy", *QUICK, "--output-format", "json")
    assert [line["error"] for line in json.loads(result.out)["results"]] == expected.results["error"].tolist()
    command = ["compare", "-", *QUICK, "--format", "csv", "--exclude", "id", "--output-format", "csv"]
    piped = program.run(*command, given=(folder / "table.csv").read_bytes())
    assert (piped.returncode, piped.stderr) == (0, b"")
    lines = list(csv.DictReader(io.StringIO(piped.stdout.decode())))
    np.testing.assert_allclose([float(line["error"]) for line in lines], expected.results["error"], rtol=1e-9)


def test_every_option_reaches_the_comparison(isthmus, folder, rows):
    arguments = ["--columns", "a,b", "--columns", "d", "--layers", "5,4", "--activation", "tanh", "--loss", "mse"]
    arguments += ["--scale", "global", "--max-epochs", "3", "--test-fraction", "0.4", "--seed", "7", "--device", "cpu"]
    arguments += ["--code-sizes", " 3, 1", "--output-format", "json"]
    printed = json.loads(isthmus("compare", folder / "table.csv", *arguments).out)
    estimator = Autoencoder(encoder_layers=(5, 4), activation="tanh", loss="mse", scale="global", max_epochs=3)
    frame = pyarrow.table({name: rows[:, "abcd".index(name)] for name in "abd"})
    python = compare(frame, estimator=estimator, code_sizes=(1, 3), test_fraction=0.4, random_state=7)
    assert [line["error"] for line in printed["results"]] == python.results["error"].tolist()
    assert (printed["n_test"], printed["n_features"], printed["error_unit"]) == (32, 3, "the data's units")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--code-sizes", "1,x"], 2, "--code-sizes must be numbers of at least 1, separated by commas. Got '1,x'"),
        (["--code-sizes", "0"], 2, "--code-sizes must be"),
        (["--code-sizes", ","], 2, "--code-sizes must be"),
        (["--layers", "two"], 2, "--encoder-layers must be"),
        (["--activation", "swish"], 2, "'activation' parameter"),
        (["--max-epochs", "0"], 2, "'max_epochs' parameter"),
        (["--exclude", "id", "--test-fraction", "1"], 2, "'test_fraction' parameter of compare must be a number"),
        (["--output-format", "xlsx"], 2, "--output-format must be one of csv, json, md. Got 'xlsx' instead."),
        (["--format", "xlsx"], 2, "--format must be one of"),
        (["--exclude", "nobody"], 3, 'has no column "nobody"'),
        ([], 3, 'column "id" holds text'),
        (["--columns", "a", "--loss", "bce"], 3, "column 'a' ranges from"),
        (["--plot", "no/where/plot.svg"], 5, "there is no such folder"),
        (["--plot", "plot.jpg"], 5, "plot.jpg: the name of a plot must end in .svg, .png or .pdf."),
        (["-o", "out.txt"], 5, "out.txt: its name does not tell the format"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_sentence(isthmus, folder, tmp_path, monkeypatch, *, arguments, code, said):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    outputs = [option for option in ("-o", "--plot") if option not in arguments]
    names = {"-o": "out.csv", "--plot": "plot.svg"}
    result = isthmus("compare", folder / "table.csv", *arguments, *(part for o in outputs for part in (o, names[o])))
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert result.err.startswith("isthmus: ")
    assert result.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_tables_that_are_too_small_or_the_output_are_refused(isthmus, tmp_path):
    (tmp_path / "two.csv").write_text("a,b\n1,2\n3,4\n")
    result = isthmus("compare", tmp_path / "two.csv")
    assert (result.code, result.out) == (3, "")
    assert "two.csv: has 2 rows, and a comparison needs at least 3." in result.err
    result = isthmus("compare", tmp_path / "two.csv", "-o", tmp_path / "two.csv")
    assert result.code == 5
    assert (tmp_path / "two.csv").read_text().startswith("a,b")


def test_a_plot_without_matplotlib_is_refused_before_the_work(isthmus, folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    plot = ["--plot", tmp_path / "plot.svg", "--max-epochs", "1000000"]
    result = isthmus("compare", folder / "table.csv", "--exclude", "id", *plot)
    assert (result.code, result.out) == (7, "")
    assert 'matplotlib, which is not installed: pip install "isthmus[report]"' in result.err
    assert not list(tmp_path.iterdir())
