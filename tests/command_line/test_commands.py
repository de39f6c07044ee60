"""From a table to a model file, to codes and back, on the command line."""

import json
import re

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import torch

import isthmus as library
from isthmus.words import percent


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
    scaled = (again[:, :4] - rows) / model.scale_  # columns of different units count alike
    np.testing.assert_allclose(again[:, 4], np.mean(scaled**2, axis=1), rtol=1e-9)
    assert not np.allclose(model.scale_, 1)


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
        assert "80 rows of 3 columns, 1 code: " in result.err
        assert "with PCA" in result.err
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_every_parameter_reaches_the_estimator(isthmus, folder, tmp_path):
    arguments = {
        "--code-size": "0.9", "--encoder-layers": "9,7", "--decoder-layers": "1", "--activation": "gelu",
        "--loss": "mse", "--start": "random", "--noise": "masking:0.4", "--scale": "global", "--max-epochs": "4",
        "--batch-size": "16", "--learning-rate": "0.01", "--weight-decay": "0.1", "--validation-fraction": "0.3",
        "--patience": "2", "--device": "cpu", "--backend": "torch", "--seed": "5",
    }  # fmt: skip
    flat = [text for pair in arguments.items() for text in pair]
    flat += ["--ordered"]
    assert isthmus("fit", folder / "table.csv", "-o", tmp_path / "m", "--exclude", "id", *flat).code == 0
    assert library.load(tmp_path / "m").get_params() == {
        "code_size": 0.9, "encoder_layers": (9, 7), "decoder_layers": 1, "activation": "gelu", "loss": "mse",
        "start": "random", "noise": ("masking", 0.4), "scale": "global", "max_epochs": 4, "batch_size": 16,
        "learning_rate": 0.01, "weight_decay": 0.1, "validation_fraction": 0.3, "patience": 2, "device": "cpu",
        "random_state": 5, "verbose": True, "ordered": True, "whiten": False, "backend": "torch",
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
        share = percent(value / model.validation_variance_)
        assert re.search(rf"^  {text} +{value:.6g} +{share}$", result.out, re.M)
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
