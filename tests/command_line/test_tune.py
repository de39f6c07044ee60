"""isthmus tune: what Python gives, one command that goes on, and bad input."""

import csv
import io
import json
import os
import signal
import time

import pyarrow
import pytest

from isthmus import Autoencoder, load, tune
from studies import trial_count

QUICK = [
    "--exclude",
    "id",
    "--max-epochs",
    "3",
    "--nodes",
    "4:16",
    "--layers",
    "1:2",
    "--folds",
    "1",
    "--code-size",
    "2",
]


@pytest.fixture(scope="module")
def expected(rows):
    frame = pyarrow.table(dict(zip("abcd", rows.T, strict=True)))
    space = {"nodes": (4, 16), "layers": (1, 2), "code_size": 2}
    return tune(frame, Autoencoder(scale="standard", max_epochs=3), space=space, folds=1, n_trials=3)


def test_tune_prints_and_writes_what_python_finds(isthmus, folder, expected, tmp_path):
    result = isthmus("tune", folder / "table.csv", "-o", tmp_path / "model", *QUICK, "--trials", "3")
    assert result.code == 0
    assert expected.result_.sentence in result.out
    assert result.err == f"The model is written to {tmp_path / 'model'}; the study is {tmp_path / 'model'}.study.\n"
    assert load(tmp_path / "model").encoder_layers_ == expected.best_estimator_.encoder_layers_
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "model.study"]


def test_trials_are_written_in_any_format_and_the_command_goes_on(isthmus, folder, expected, tmp_path):
    command = ["tune", folder / "table.csv", "-o", tmp_path / "model", *QUICK, "-q"]
    for n_trials, kind in enumerate(("csv", "json", "md"), 1):
        result = isthmus(*command, "--trials", n_trials, "--result", tmp_path / f"trials.{kind}")
        assert (result.code, result.out, result.err) == (0, "", "")
    assert len(list(csv.DictReader(io.StringIO((tmp_path / "trials.csv").read_text())))) == 1
    assert len(json.loads((tmp_path / "trials.json").read_text())["trials"]) == 2
    assert expected.result_.sentence in (tmp_path / "trials.md").read_text()


def test_a_space_comes_from_a_file_and_options_overrule_it(isthmus, folder, tmp_path):
    (tmp_path / "space.toml").write_text('layers = 1\nnodes = "5:6"\nactivation = ["tanh", "elu"]\ncode_size = 3\n')
    options = [
        "--exclude",
        "id",
        "--max-epochs",
        "2",
        "--folds",
        "1",
        "--trials",
        "3",
        "--space",
        tmp_path / "space.toml",
    ]
    model, out = tmp_path / "model", tmp_path / "trials.json"
    result = isthmus(
        "tune",
        folder / "table.csv",
        "-o",
        model,
        *options,
        "--activation",
        "gelu,silu",
        "--nodes",
        "7",
        "--result",
        out,
    )
    assert result.code == 0
    trials = json.loads(out.read_text())["trials"]
    assert {trial["activation"] for trial in trials} <= {"gelu", "silu"}
    assert all(trial["widths"] == [7] for trial in trials)
    assert load(model).code_size_ == 3


def test_ctrl_c_writes_the_best_so_far_and_the_command_goes_on(isthmus, program, folder, tmp_path):
    command = ["tune", folder / "table.csv", "-o", tmp_path / "model", *QUICK]
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        process = program.start([*command, "--timeout", "10000"], {1: out.fileno(), 2: err.fileno()})
    while trial_count(tmp_path / "model.study") < 3:
        time.sleep(0.05)
    os.kill(process, signal.SIGINT)
    assert program.wait() == 130
    assert (tmp_path / "err").read_text().splitlines()[-1] == "isthmus: interrupted."
    assert "interrupted" in (tmp_path / "out").read_text().splitlines()[0]
    assert load(tmp_path / "model").code_size_ == 2
    before = trial_count(tmp_path / "model.study")
    assert isthmus(*command, "--trials", before + 2, "-q").code == 0
    assert trial_count(tmp_path / "model.study") > before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--layers", "4:1"], 2, "range of 'layers' must go from a number to a larger one. Got 4:1"),
        (["--activation", "swish"], 2, "'activation' parameter"),
        (["--objective", "loss"], 2, "'objective' parameter"),
        (["--folds", "x"], 2, "--folds must be a whole number or auto"),
        (["--trials", "0"], 2, "'n_trials' parameter"),
        (["--code-size", "1:3"], 2, "objective='code-size' or 'both'"),
        (["--loss", "bce"], 3, "needs values in [0, 1]"),
        (["--result", "trials.xlsx"], 5, "must end in one of .csv, .json, .md"),
        (["--study", "/nowhere/study"], 5, "no such folder"),
        (["--space", "/nowhere.toml"], 3, "/nowhere.toml: there is no such file"),
        (["--exclude", "nobody"], 3, 'has no column "nobody"'),
    ],
)
def test_bad_input_gets_a_sentence_and_no_file(isthmus, folder, tmp_path, *, arguments, code, said):
    result = isthmus("tune", folder / "table.csv", "--exclude", "id", "-o", tmp_path / "model", *arguments)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert result.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_study_of_another_table_is_refused(isthmus, folder, tmp_path):
    command = ["tune", folder / "table.csv", "-o", tmp_path / "model", *QUICK, "--trials", "1", "-q"]
    assert isthmus(*command).code == 0
    model = (tmp_path / "model").read_bytes()
    result = isthmus(*command, "--exclude", "a")
    assert result.code == 6
    assert "is a study of another table (of 4 columns, and this one has 3)" in result.err
    assert (tmp_path / "model").read_bytes() == model
