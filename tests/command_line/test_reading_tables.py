"""Commands find the same header, say what is not obvious, and write to stdout in the format that they read."""

import io

import numpy as np
import pandas as pd
import pytest

import isthmus as library

NAMES = [400, 402, 404]
FIT = ("--code-size", "1", "--max-epochs", "1", "--quiet")


@pytest.fixture(scope="module")
def spectra(tmp_path_factory):
    """A folder with the issue's table, s.csv, whose columns have numbers as names, and a model of it."""
    from isthmus.cli import main

    folder = tmp_path_factory.mktemp("spectra")
    values = np.random.default_rng(0).normal(size=(30, 2)) @ [[1, 2, 3], [0, 1, 5]] * 10
    frame = pd.DataFrame(values.round(2), columns=NAMES)
    frame.to_csv(folder / "s.csv", index=False)
    frame.to_csv(folder / "without.csv", index=False, header=False)
    assert main(["fit", str(folder / "s.csv"), "-o", str(folder / "model"), *FIT]) == 0
    return folder, frame


def test_fit_takes_the_names_and_says_so(isthmus, spectra, tmp_path):
    folder, frame = spectra
    result = isthmus("fit", folder / "s.csv", "-o", tmp_path / "m", *FIT)
    said = "the first row 400, 402, 404 is taken as the header; --header no reads it as data."
    assert (result.code, result.err) == (0, f"isthmus: {folder / 's.csv'}: {said}\n")
    model = library.load(tmp_path / "m")
    assert model.feature_names == ["400", "402", "404"]
    np.testing.assert_allclose(model.mean_, frame.mean())
    result = isthmus("fit", folder / "s.csv", "-o", tmp_path / "m", *FIT, "--header", "no")
    assert (result.code, result.err) == (0, "")
    assert library.load(tmp_path / "m").mean_[0] == pytest.approx(np.mean([400, *frame[400]]))


@pytest.mark.parametrize("command", ["encode", "reconstruct"])
def test_a_model_knows_its_names(isthmus, spectra, command):
    folder, frame = spectra
    result = isthmus(command, folder / "model", folder / "s.csv", "-o", "-")
    assert (result.code, result.err) == (0, "")
    assert len(pd.read_csv(io.StringIO(result.out))) == len(frame)
    without = isthmus(command, folder / "model", folder / "without.csv", "-o", "-")
    assert (without.code, without.out) == (0, result.out)
    forced = isthmus(command, folder / "model", folder / "s.csv", "-o", "-", "--header", "no")
    assert len(forced.out.splitlines()) == len(frame) + 2
    lost = isthmus(command, folder / "model", folder / "without.csv", "-o", "-", "--header", "yes")
    assert lost.code == 6
    assert 'lacks 3 of the 3 columns that the model needs: "400"' in lost.err


def test_decode_reads_its_own_names_back(isthmus, spectra, tmp_path):
    folder, _ = spectra
    isthmus("encode", folder / "model", folder / "s.csv", "-o", tmp_path / "codes.csv")
    result = isthmus("decode", folder / "model", tmp_path / "codes.csv", "-o", "-")
    assert result.out.splitlines()[0] == '"400","402","404"'
    back = isthmus("reconstruct", folder / "model", folder / "s.csv", "-o", tmp_path / "back.csv")
    assert (back.code, (tmp_path / "back.csv").read_text()) == (0, result.out)


@pytest.mark.parametrize("command", ["report", "compare", "tune"])
def test_every_command_has_the_option(isthmus, spectra, command, tmp_path):
    folder, _ = spectra
    model = [folder / "model"] if command == "report" else []
    output = [] if command == "compare" else ["-o", tmp_path / "out"]
    result = isthmus(command, *model, folder / "s.csv", *output, "--header", "perhaps")
    assert (result.code, result.err) == (2, "isthmus: --header must be yes or no. Got 'perhaps' instead.\n")


def test_a_report_repeats_the_option(isthmus, spectra, tmp_path):
    folder, _ = spectra
    pytest.importorskip("matplotlib")
    command = ["report", folder / "model", folder / "without.csv", "-o", tmp_path / "r.html", "--header", "no"]
    assert isthmus(*command, "--quiet").code == 0
    assert "isthmus report model without.csv --header no -o r.html" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize("kind", ["csv", "tsv", "csv.gz", "parquet"])
def test_output_to_stdout_has_the_format_of_the_input(isthmus, program, spectra, kind, tmp_path):
    folder, frame = spectra
    table = tmp_path / f"s.{kind}"
    named = frame.rename(columns=str)
    if kind == "parquet":
        named.to_parquet(table)
    else:
        named.to_csv(table, sep="\t" if kind == "tsv" else ",", index=False)
    for command, source in (("encode", table), ("reconstruct", table), ("decode", tmp_path / f"encode.{kind}")):
        assert isthmus(command, folder / "model", source, "-o", tmp_path / f"{command}.{kind}").code == 0
        written = program.run(command, folder / "model", source, "-o", "-")
        assert (written.returncode, written.stderr) == (0, b"")
        assert written.stdout == (tmp_path / f"{command}.{kind}").read_bytes()
