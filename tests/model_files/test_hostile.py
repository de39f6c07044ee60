"""Whatever stands in a file, loading it gives the model that was saved or a ModelFileError, and nothing else."""

import os
import pickle
import struct
import tracemalloc
import zipfile
from contextlib import suppress

import numpy as np
import pytest
import torch
from hostile_writer import any_change, changed, changed_settings, join, set_in, split
from hypothesis import given, settings
from hypothesis import strategies as st

import isthmus
from isthmus import ModelFileError
from isthmus.model_files.container import open_model_file


def unsigned(content: bytes) -> bytes:
    header, data = split(content)
    header["__metadata__"]["sha256"] = ""
    return join(header, data, sign=False)


def zip_bytes(tmp_path) -> bytes:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps([1]))
    return path.read_bytes()


def torch_bytes(tmp_path) -> bytes:
    torch.save({"a": torch.ones(2)}, tmp_path / "x.pt")
    return (tmp_path / "x.pt").read_bytes()


def with_nan(header, data):
    entry = header["network.spread"]["data_offsets"]
    return header, data[: entry[0]] + struct.pack("<f", float("nan")) + data[entry[1] :]


WEIGHT = "network.encoder.linear.weight"

# name: (what makes the file from a good one, a part of the sentence that refuses it)
HOSTILE = {
    "empty": (lambda good, tmp: b"", "is empty"),
    "seven bytes": (lambda good, tmp: good[:7], "is not an Isthmus model file"),
    "pickle": (lambda good, tmp: pickle.dumps({"a": 1}), "is a pickle"),
    "zip": (lambda good, tmp: zip_bytes(tmp), "is a zip archive"),
    "torch.save": (lambda good, tmp: torch_bytes(tmp), "is a zip archive"),
    "hdf5": (lambda good, tmp: b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "is an HDF5 file"),
    "npy": (lambda good, tmp: b"\x93NUMPY\x01\0" + b"\0" * 100, "is a NumPy array"),
    "text": (lambda good, tmp: b"a,b,c\n1,2,3\n" * 10, "is not an Isthmus model file"),
    "zeros": (lambda good, tmp: b"\0" * 1000, "is not an Isthmus model file"),
    "header of 2^63 bytes": (lambda good, tmp: struct.pack("<Q", 2**63) + good[8:], "is not an Isthmus model file"),
    "header beyond the file": (
        lambda good, tmp: struct.pack("<Q", len(good)) + good[8:],
        "is not an Isthmus model file",
    ),
    "header not UTF-8": (lambda good, tmp: struct.pack("<Q", 4) + b'{"\xff"', "cannot be read"),
    "header not JSON": (lambda good, tmp: join("{'a': 1}", b"", sign=False), "cannot be read"),
    "header a list": (lambda good, tmp: join("[]", b"", sign=False), "cannot be read"),
    "deep header": (lambda good, tmp: join('{"a":' * 50_000 + "1" + "}" * 50_000, b"", sign=False), "cannot be read"),
    "long integer": (lambda good, tmp: join('{"a":' + "9" * 9999 + "}", b"", sign=False), "cannot be read"),
    "NaN in the header": (lambda good, tmp: join('{"a": NaN}', b"", sign=False), "NaN"),
    "duplicate keys": (lambda good, tmp: join('{"a": 1, "a": 2}', b"", sign=False), "duplicate keys"),
    "another safetensors file": (lambda good, tmp: join({"a": {}}, b""), "not one that Isthmus wrote"),
    "metadata no object": (lambda good, tmp: join({"__metadata__": 3}, b"", sign=False), "not one that Isthmus wrote"),
    "newer version": (
        lambda good, tmp: changed(good, lambda h, d: h["__metadata__"].update(format_version="2")),
        "version '2'",
    ),
    "no checksum": (lambda good, tmp: unsigned(good), "no checksum"),
    "metadata not text": (lambda good, tmp: changed(good, lambda h, d: h["__metadata__"].update(x=1)), "not text"),
    "no settings": (
        lambda good, tmp: changed(good, lambda h, d: h["__metadata__"].pop("settings") and None),
        "metadata",
    ),
    "settings a list": (
        lambda good, tmp: changed(good, lambda h, d: h["__metadata__"].update(settings="[]")),
        "settings that cannot be read",
    ),
    "duplicate settings": (
        lambda good, tmp: changed(good, lambda h, d: h["__metadata__"].update(settings='{"a": 1, "a": 1}')),
        "duplicate keys",
    ),
    "infinite setting": (
        lambda good, tmp: changed(good, lambda h, d: h["__metadata__"].update(settings='{"a": Infinity}')),
        "Infinity",
    ),
    "unknown data type": (
        lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(dtype="I8")),
        "'dtype' must be one of",
    ),
    "data type no text": (lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(dtype=[])), "'dtype'"),
    "negative shape": (
        lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(shape=[-1, 2])),
        "'shape' must be a list",
    ),
    "fractional shape": (
        lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(shape=[1.0, 2])),
        "'shape' must be a list",
    ),
    "boolean shape": (
        lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(shape=[True, 2])),
        "'shape' must be a list",
    ),
    "huge shape": (lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(shape=[10**15, 2])), "'shape'"),
    "huge product": (lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(shape=[2**40] * 8)), "as far apart"),
    "offsets beyond the file": (
        lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(shape=[2**37], data_offsets=[0, 2**39])),
        "overlap or leave gaps",
    ),
    "offsets swapped": (
        lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(data_offsets=h[WEIGHT]["data_offsets"][::-1])),
        "as far apart",
    ),
    "overlap": (
        lambda good, tmp: changed(
            good, lambda h, d: h[WEIGHT].update(data_offsets=h["network.decoder.linear.weight"]["data_offsets"])
        ),
        "overlap or leave gaps",
    ),
    "data left over": (lambda good, tmp: changed(good, lambda h, d: (h, d + b"\0" * 8)), "more or less data"),
    "entry no object": (lambda good, tmp: changed(good, lambda h, d: h.update(x=3)), "tensor 'x' must be an object"),
    "too many tensors": (
        lambda good, tmp: changed(good, lambda h, d: h.update({str(i): {} for i in range(10_001)})),
        "at most 10000",
    ),
    "tensor missing": (
        lambda good, tmp: changed(
            good,
            lambda h, d: (h, d[: h.pop(max(h, key=lambda k: h[k].get("data_offsets", [0])[0]))["data_offsets"][0]]),
        ),
        "settings ask for",
    ),
    "tensor renamed": (lambda good, tmp: changed(good, lambda h, d: h.update(x=h.pop(WEIGHT))), "settings ask for"),
    "transposed weight": (
        lambda good, tmp: changed(good, lambda h, d: h[WEIGHT].update(shape=h[WEIGHT]["shape"][::-1])),
        "settings ask for",
    ),
    "NaN weight": (lambda good, tmp: changed(good, with_nan), "holds NaN"),
    "other estimator": (lambda good, tmp: changed_settings(good, set_in("estimator", value="os.system")), "os.system"),
    "estimator no text": (
        lambda good, tmp: changed_settings(good, set_in("estimator", value=[1])),
        "of class '[1]'",
    ),
    "no parameters": (
        lambda good, tmp: changed_settings(good, lambda s: s.pop("parameters")),
        "parameters are not those",
    ),
    "extra parameter": (
        lambda good, tmp: changed_settings(good, set_in("parameters", "x", value=1)),
        "parameters are not",
    ),
    "bad parameter": (
        lambda good, tmp: changed_settings(good, set_in("parameters", "activation", value="exec")),
        "'activation' parameter",
    ),
    "empty noise": (
        lambda good, tmp: changed_settings(good, set_in("parameters", "noise", value=[])),
        "'noise' parameter",
    ),
    "fitted no object": (lambda good, tmp: changed_settings(good, set_in("fitted", value="x")), "'fitted'"),
    "huge network": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "encoder_layers", value=[2**39] * 3)),
        "settings",
    ),
    "negative width": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "encoder_layers", value=[-2])),
        "'encoder_layers'",
    ),
    "two thousand layers": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "encoder_layers", value=[1] * 2000)),
        "'encoder_layers'",
    ),
    "unknown activation": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "activation", value="__import__")),
        "'activation'",
    ),
    "best epoch beyond the last": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "best_epoch", value=99)),
        "'best_epoch'",
    ),
    "setting missing": (
        lambda good, tmp: changed_settings(good, lambda s: s["fitted"].pop("n_axes")),
        "'n_axes' is missing",
    ),
    "setting unknown": (lambda good, tmp: changed_settings(good, set_in("fitted", "x", value=1)), "'x' is unknown"),
    "more axes than codes": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "n_axes", value=2)),
        "'n_axes' must be at most code_size",
    ),
    "neither path": (
        lambda good, tmp: changed_settings(good, lambda s: s["fitted"].update(linear_paths=False, stacks=False)),
        "'stacks' must be true without linear_paths",
    ),
    "linear beside stacks": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "linear", value=True)),
        "'linear' must be false",
    ),
    "prefix of the whole code": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "prefixes", value=[1])),
        "'prefixes'",
    ),
    "no decoder": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "takes_over", value=[])),
        "'takes_over'",
    ),
    "decoder beyond its code": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "takes_over", value=[2])),
        "'takes_over'",
    ),
    "errors of other sizes": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "errors_by_size", "pca", value=[1.0])),
        "'errors_by_size' must be lists of code_size + 1",
    ),
    "errors of another kind": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "errors_by_size", "x", value=[1.0, 0.5])),
        "'errors_by_size'",
    ),
    "infinite error": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "start_error", value=10**400)),
        "'start_error' must be a number that is finite",
    ),
    "history too short": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "history", "epoch", value=[])),
        "'history'",
    ),
    "names of other columns": (
        lambda good, tmp: changed_settings(good, set_in("fitted", "feature_names", value=["a"])),
        "'feature_names'",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name, small_file, tmp_path):
    make, sentence = HOSTILE[name]
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(make(small_file.read_bytes(), tmp_path))
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError) as caught:
            isthmus.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < len(str(path)) + 300
    assert peak < 20e6


def test_the_hostile_writer_of_these_tests_can_sign_a_good_file(small_file, tmp_path, small_model):
    """Otherwise every hostile file would be refused for its checksum alone."""
    path = tmp_path / "m.safetensors"
    path.write_bytes(changed(small_file.read_bytes(), lambda h, d: None))
    assert isthmus.load(path).code_size_ == small_model.code_size_


@pytest.mark.parametrize("n_bits", [1, pytest.param(8, marks=pytest.mark.slow)])
def test_no_single_flipped_bit_is_loaded(small_file, tmp_path, n_bits):
    """One bit, or every bit, of every byte of the file; every load begins by opening it like this."""
    good = small_file.read_bytes()
    path = tmp_path / "flipped.safetensors"
    path.write_bytes(good)
    loaded = []
    with path.open("r+b", buffering=0) as file:
        for position, value in enumerate(good):
            for bit in range(position % 8, position % 8 + n_bits):
                bit %= 8  # noqa: PLW2901
                os.pwrite(file.fileno(), bytes([value ^ (1 << bit)]), position)
                with suppress(ModelFileError), open_model_file(path):
                    loaded.append((position, bit))
            os.pwrite(file.fileno(), bytes([value]), position)
    assert loaded == []
    isthmus.load(path)


def test_no_truncated_or_lengthened_file_is_loaded(small_file, tmp_path):
    good = small_file.read_bytes()
    path = tmp_path / "cut.safetensors"
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(ModelFileError):
            isthmus.load(path)
    for extra in (b"\0", b"\n", good):
        path.write_bytes(good + extra)
        with pytest.raises(ModelFileError):
            isthmus.load(path)


@given(content=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_are_refused(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "bytes.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        isthmus.load(path)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_signed_settings_of_any_shape_are_refused_or_loaded(data, small_file, tmp_path_factory):
    """A hostile writer who signs: any JSON value in the place of any setting."""
    path = tmp_path_factory.getbasetemp() / "settings.safetensors"
    path.write_bytes(changed_settings(small_file.read_bytes(), any_change(data)))
    try:
        model = isthmus.load(path)
    except ModelFileError:
        return
    assert np.isfinite(model.transform(np.zeros((1, 2)))).all()


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "endless", "nul"])
def test_what_is_not_a_file_is_refused(kind, tmp_path):
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless":
        path = "/dev/zero"
    elif kind == "nul":
        path = "a\0b"
    with pytest.raises(ModelFileError):
        isthmus.load(path)


def test_a_sparse_file_of_a_terabyte_is_refused_at_once(tmp_path):
    path = tmp_path / "big.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 2**39))
        file.truncate(2**40)
    with pytest.raises(ModelFileError, match="is not an Isthmus model file"):
        isthmus.load(path)
