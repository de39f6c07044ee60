"""From a table to a model file, to codes and back, on the command line."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
import torch
from sklearn.datasets import load_digits

import isthmus as library


def test_fit_encode_decode_do_what_python_does(isthmus, folder, rows, tmp_path):
    model = library.load(folder / "model")
    assert list(model.feature_names_in_) == ["a", "b", "c", "d"]
    assert model.scale == "standard"
    assert (
        isthmus("encode", folder / "model", folder / "table.csv", "-o", tmp_path / "codes.csv", "--keep", "id").code
        == 0
    )
    codes = pyarrow.csv.read_csv(tmp_path / "codes.csv")
    assert codes.column_names == ["id", "autoencoder0", "autoencoder1"]
    assert codes["id"].to_pylist()[:2] == ["k001", "k002"]
    network = model.module_
    expected = network.double().encode(torch.from_numpy(rows)).detach().numpy()
    np.testing.assert_array_equal(np.asarray(codes.drop_columns("id")), expected)
    result = isthmus(
        "decode", folder / "model", tmp_path / "codes.csv", "-o", tmp_path / "back.parquet", "--keep", "id"
    )
    assert (result.code, result.out, result.err) == (0, "", "")
    result = isthmus("reconstruct", folder / "model", folder / "table.csv", "-o", tmp_path / "again.npy", "--errors")
    assert result.code == 0
    back = pyarrow.parquet.read_table(tmp_path / "back.parquet")
    assert back.column_names == ["id", "a", "b", "c", "d"]
    again = np.load(tmp_path / "again.npy")
    np.testing.assert_allclose(np.asarray(back.drop_columns("id")), again[:, :4], rtol=1e-12)
    np.testing.assert_allclose(again[:, 4], np.mean((again[:, :4] - rows) ** 2, axis=1), rtol=1e-9)


def test_columns_are_found_by_name_in_any_order(isthmus, folder, rows, tmp_path):
    table = pyarrow.table({name: rows[:, "abcd".index(name)] for name in "cadb"}).append_column("extra", [["x"] * 80])
    pyarrow.parquet.write_table(table, tmp_path / "shuffled.parquet")
    for source, output in ((tmp_path / "shuffled.parquet", "1.csv"), (folder / "table.csv", "2.csv")):
        assert isthmus("encode", folder / "model", source, "-o", tmp_path / output).code == 0
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_the_same_command_writes_the_same_model(isthmus, folder, tmp_path):
    for name in ("1", "2"):
        result = isthmus("fit", folder / "table.csv", "-o", tmp_path / name, "--columns", "a,b", "--columns", "c",
                         "--code-size", "1", "--max-epochs", "2")  # fmt: skip
        assert result.code == 0
        assert result.out == ""
        assert "80 rows of 3 columns, 1 codes" in result.err
        assert "with PCA" in result.err
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_every_parameter_reaches_the_estimator(isthmus, folder, tmp_path):
    arguments = {
        "--code-size": "0.9", "--encoder-layers": "9,7", "--decoder-layers": "1", "--activation": "gelu",
        "--loss": "mse", "--start": "random", "--noise": "masking:0.4", "--scale": "global", "--max-epochs": "4",
        "--batch-size": "16", "--learning-rate": "0.01", "--weight-decay": "0.1", "--validation-fraction": "0.3",
        "--patience": "2", "--device": "cpu", "--seed": "5",
    }  # fmt: skip
    flat = [text for pair in arguments.items() for text in pair]
    assert isthmus("fit", folder / "table.csv", "-o", tmp_path / "m", "--exclude", "id", *flat).code == 0
    assert library.load(tmp_path / "m").get_params() == {
        "code_size": 0.9, "encoder_layers": (9, 7), "decoder_layers": 1, "activation": "gelu", "loss": "mse",
        "start": "random", "noise": ("masking", 0.4), "scale": "global", "max_epochs": 4, "batch_size": 16,
        "learning_rate": 0.01, "weight_decay": 0.1, "validation_fraction": 0.3, "patience": 2, "device": "cpu",
        "random_state": 5, "verbose": True,
    }  # fmt: skip


def test_info_draws_the_sandwich_and_compares_with_pca(isthmus, folder):
    result = isthmus("info", folder / "model")
    assert result.code == 0
    bars = [line for line in result.out.splitlines() if "█" in line]
    assert [line.split()[1:] for line in bars] == [
        ["4", "columns"], ["64", "dense,", "relu"], ["64", "dense,", "relu"], ["2", "code"],
        ["64", "dense,", "relu"], ["64", "dense,", "relu"], ["4", "columns,", "reconstructed"],
    ]  # fmt: skip
    facts = json.loads(isthmus("info", folder / "model", "--json").out)
    model = library.load(folder / "model")
    for text, name, value in (
        ("PCA, 2 codes", "PCA's error", model.pca_error_),
        ("this model", "error at the best epoch", model.validation_error_),
    ):
        assert re.search(
            rf"^  {text} +{value:.6g} +{100 * value / model.validation_variance_:.3g} %$", result.out, re.M
        )
        assert facts[name] == value
    assert re.search(f"^parameters +{sum(p.numel() for p in model.module_.parameters()):,}$", result.out, re.M)
    assert facts["code size"] == 2
    assert facts["column names"] == ["a", "b", "c", "d"]
    assert facts["error at the best epoch"] <= facts["PCA's error"]


def test_arrays_have_no_names_and_need_none(isthmus, tmp_path, rows):
    np.save(tmp_path / "rows.npy", rows)
    np.savez_compressed(tmp_path / "rows.npz", rows=rows, y=np.zeros(80))
    assert (
        isthmus("fit", tmp_path / "rows.npy", "-o", tmp_path / "m", "--code-size", "2", "--max-epochs", "2").code == 0
    )
    assert isthmus("encode", tmp_path / "m", tmp_path / "rows.npz", "-o", tmp_path / "codes.npz").code == 0
    model = library.load(tmp_path / "m")
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npz")["X"], model.transform(rows))


ISTHMUS = [Path(sys.executable).with_name("isthmus")]


def test_pipes_carry_tables(folder, tmp_path):
    table = (folder / "table.csv").read_bytes()
    codes = subprocess.run(
        [*ISTHMUS, "encode", folder / "model", "-", "-o", "-", "--format", "csv"],
        input=table,
        capture_output=True,
        check=True,
    )
    assert codes.stderr == b""
    assert codes.stdout.startswith(b"autoencoder0,autoencoder1\n")
    npy = subprocess.run(
        [*ISTHMUS, "decode", folder / "model", "-", "-o", "-", "--format", "csv", "--output-format", "npy"],
        input=codes.stdout, capture_output=True, check=True,
    )  # fmt: skip
    (tmp_path / "x.npy").write_bytes(npy.stdout)
    assert np.load(tmp_path / "x.npy").shape == (80, 4)
    closed = subprocess.run(
        f"{ISTHMUS[0]} encode {folder}/model {folder}/table.csv -o - --format csv | true",
        shell=True, capture_output=True, check=False,
    )  # fmt: skip
    assert b"Traceback" not in closed.stderr
    assert b"Exception" not in closed.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["fit", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    code = f"""
import sys
from isthmus.cli import main
assert main({arguments!r}) == 0
heavy = [name for name in ("torch", "sklearn", "numpy", "pyarrow", "pandas") if name in sys.modules]
assert not heavy, heavy
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "isthmus" in result.stdout


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, isthmus; assert not {'torch', 'sklearn', 'numpy'} & set(sys.modules); isthmus.Autoencoder"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_shell_completes(tmp_path):
    environment = {**os.environ, "_ISTHMUS_COMPLETE": "complete_bash", "COMP_WORDS": "isthmus en", "COMP_CWORD": "1"}
    result = subprocess.run(
        ISTHMUS,
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.stdout.split() == ["encode"]


def test_ctrl_c_in_training_writes_the_best_epoch(tmp_path):
    np.save(tmp_path / "x.npy", load_digits().data)
    terminal, side = os.openpty()
    command = [*ISTHMUS, "fit", tmp_path / "x.npy", "-o", tmp_path / "m", "--max-epochs", "100000", "--patience", "0"]
    process = subprocess.Popen(command, stderr=side, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"})
    os.close(side)
    shown = _read_until(terminal, "best")  # the progress bar, which only a terminal gets to see
    process.send_signal(signal.SIGINT)
    shown += _read_until(terminal, None)
    assert process.wait(timeout=60) == 0, shown
    assert "Training was interrupted after" in shown
    assert "Written to" in shown
    model = library.load(tmp_path / "m")
    assert model.n_epochs_ >= 1
    assert model.validation_error_ <= model.start_error_


def test_ctrl_c_at_any_other_time_leaves_no_file(folder, tmp_path):
    os.mkfifo(tmp_path / "endless.csv")
    for command in (
        ["fit", tmp_path / "endless.csv", "-o", tmp_path / "out"],
        ["encode", folder / "model", tmp_path / "endless.csv", "-o", tmp_path / "out.csv"],
        ["reconstruct", folder / "model", tmp_path / "endless.csv", "-o", "-", "--output-format", "npz"],
    ):
        process = subprocess.Popen([*ISTHMUS, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with (tmp_path / "endless.csv").open("w") as pipe:  # waits until the table is opened
            pipe.write("a,b,c,d\n" + "1,2,3,4\n" * 500_000)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert err == "isthmus: interrupted.\n"
        assert out == ""
        assert [path.name for path in tmp_path.iterdir()] == ["endless.csv"]


def _read_until(terminal: int, word: str | None) -> str:
    """What a program writes to a terminal, up to a word or to its end."""
    text = ""
    while word is None or word not in text:
        try:
            text += os.read(terminal, 2**16).decode(errors="replace")
        except OSError:  # how Linux says that nobody has the terminal open any more
            break
    return text
