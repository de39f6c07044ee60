"""Exported files: whole or not there, checked before they get their names, and refused in one sentence."""

import json
import os

import numpy as np
import onnx
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

import isthmus
from isthmus import Autoencoder, MissingExtraError, OutputError, ParameterError
from isthmus.export.check import Sample
from isthmus.export.dense import dense_graph
from isthmus.export.file import write_onnx
from isthmus.export.parts import checked_part

X = load_iris().data


@pytest.fixture(scope="module")
def model() -> Autoencoder:
    return Autoencoder(2, max_epochs=1, random_state=0).fit(X)


def checksum_in(path):
    return {each.key: each.value for each in onnx.load(path).metadata_props}.get("model_sha256")


def checksum_of_model_file(path):
    content = path.read_bytes()
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]["sha256"]


def test_a_file_knows_the_model_file_that_it_is_of(model, tmp_path):
    model.save(tmp_path / "m.safetensors")
    model.export(tmp_path / "m.onnx")
    assert checksum_in(tmp_path / "m.onnx") == checksum_of_model_file(tmp_path / "m.safetensors")


def test_the_checksum_is_that_of_the_file_that_was_loaded(model, tmp_path):
    model.save(tmp_path / "m.safetensors")
    loaded = isthmus.load(tmp_path / "m.safetensors")
    loaded.set_params(verbose=True)  # the model would be saved as other bytes now
    loaded.export(tmp_path / "m.onnx")
    assert checksum_in(tmp_path / "m.onnx") == checksum_of_model_file(tmp_path / "m.safetensors")
    loaded.set_params(verbose=False).partial_fit(X)
    loaded.export(tmp_path / "m.onnx")
    loaded.save(tmp_path / "later.safetensors")
    assert checksum_in(tmp_path / "m.onnx") == checksum_of_model_file(tmp_path / "later.safetensors")


class WithOption(Autoencoder):
    def __init__(self, code_size=2, *, option=0):
        super().__init__(code_size, max_epochs=1, random_state=0)
        self.option = option


def test_models_that_no_model_file_can_hold_are_exported_without_a_checksum(tmp_path):
    WithOption().fit(X).export(tmp_path / "m.onnx")
    assert checksum_in(tmp_path / "m.onnx") is None


def wrong_samples(model):
    rows = np.float32(X)
    codes = model.transform(np.float64(rows))
    codes[3, 1] += 1e-3
    yield Sample(rows, np.float32(codes), codes, np.ones(2))


def test_a_graph_that_computes_something_else_does_not_become_a_file(model, tmp_path):
    graph = dense_graph(model.fitted_.network, checked_part("encode", "float32", "rows"), None)
    (tmp_path / "m.onnx").write_bytes(b"old")
    with pytest.raises(OutputError, match=r"m\.onnx: is not written, since onnxruntime computes other numbers than"):
        write_onnx(tmp_path / "m.onnx", graph, "graph", {}, wrong_samples(model))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_given_rows_are_checked_as_rows_of_the_model_are(model, tmp_path):
    model.export(tmp_path / "m.onnx", X=X[:1])
    with pytest.raises(ValueError, match=r"^X has a missing value"):
        model.export(tmp_path / "n.onnx", X=np.full((3, 4), np.nan))
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


@pytest.mark.parametrize(("name", "problem"), [
    ("m.pb", "is to be an ONNX file, and its name must end in .onnx"),
    ("folder", "it is a folder"),
    ("nowhere/m.onnx", "there is no such folder"),
])  # fmt: skip
def test_names_that_cannot_be_written(model, tmp_path, name, problem):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as caught:
        model.export(tmp_path / name)
    assert problem in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_folders_that_are_read_only(model, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="permission denied"):
        model.export(tmp_path / "m.onnx")


def test_parts_and_types_that_there_are_not(model, tmp_path):
    with pytest.raises(ParameterError, match=r"part must be one of encode, decode, reconstruct, score\. Got 'enc'"):
        model.export(tmp_path / "m.onnx", "enc")
    with pytest.raises(ParameterError, match=r"dtype must be one of float32, float64\. Got 'int8' instead\."):
        model.export(tmp_path / "m.onnx", dtype="int8")
    with pytest.raises(NotFittedError):
        Autoencoder().export(tmp_path / "m.onnx")


def test_without_the_extra_a_sentence_says_what_brings_it(model, tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.system.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install "isthmus\[onnx\]"'):
        model.export(tmp_path / "m.onnx")
