"""Files of convolutional models: what is saved is what is loaded, and what a hostile writer signs is refused."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hostile_writer import any_change, changed, changed_settings, set_in, split
from hypothesis import given, settings
from hypothesis import strategies as st
from saved_models import check_saved
from test_specification import header_and_settings, names, rows_of_table

import isthmus
from isthmus import ConvAutoencoder, ModelFileError

FIT = {"filters": (3, 2), "max_epochs": 2, "random_state": 0}

MODELS = {
    "default": {},
    "cleaner": {"filters": (3, 4, 5), "pooling": (True, False, True), "patch": 2, "skips": True, "start": "identity"},
    "affine cleaner": {"filters": (3, 4), "patch": 2, "start": "affine"},
    "total control": {"filters": 3, "decoder_filters": (5, 2, 4), "batch_norm": False, "kernel_size": 5},
    "scaled": {"scale": "standard", "loss": "mse", "noise": ("masking", 0.2), "validation_fraction": 0},
    "codes": {"code_size": 2, "activation": "silu"},
    "codes from a random start": {"code_size": 0.5, "start": "random", "batch_norm": True},
}


def model_of(layout: str, **parameters) -> tuple[ConvAutoencoder, np.ndarray]:
    X = np.random.default_rng(0).uniform(size=(30, 5, 6, 2))
    X = {"rows": X.reshape(30, -1), "images": X[..., 0], "channels": X}[layout]
    shape = (5, 6, 2) if layout == "rows" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two epochs may be worse than PCA
        return ConvAutoencoder(**{**FIT, "image_shape": shape, **parameters}).fit(X), X


@pytest.mark.parametrize("parameters", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("layout", ["rows", "images", "channels"])
def test_a_loaded_model_is_the_saved_one(parameters, layout, tmp_path):
    model, X = model_of(layout, **parameters)
    check_saved(model, X, tmp_path)
    if not model.skips and model.start not in ("identity", "affine"):
        codes, loaded = model.transform(X), isthmus.load(tmp_path / "m.safetensors")
        np.testing.assert_array_equal(loaded.inverse_transform(codes), model.inverse_transform(codes))


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    for name, parameters in {"images": {"skips": True}, "codes": {"code_size": 2, "batch_norm": True}}.items():
        model_of("rows", **parameters)[0].save(folder / name)
    return {name: folder / name for name in ("images", "codes")}


def fitted(name: str, value: object):
    return lambda good: changed_settings(good, set_in("fitted", name, value=value))


def parameter(name: str, value: object):
    return lambda good: changed_settings(good, set_in("parameters", name, value=value))


# name: (of which model, what makes the file from a good one, a part of the sentence that refuses it)
HOSTILE = {
    "no parameter": (
        "images",
        lambda good: changed_settings(good, lambda s: s["parameters"].pop("patch")),
        "parameters are not those",
    ),
    "bad parameter": ("images", parameter("kernel_size", 2), "'kernel_size' parameter"),
    "another class": (
        "images",
        lambda good: changed_settings(good, set_in("estimator", value="Autoencoder")),
        "not those of Autoencoder",
    ),
    "no filters": ("images", fitted("filters", []), "'filters'"),
    "huge filters": ("images", fitted("filters", [2**39, 2**39]), "activations"),
    "negative filters": ("images", fitted("filters", [-3, 2]), "'filters'"),
    "two thousand layers": ("images", fitted("filters", [1] * 2000), "'filters'"),
    "decoder too short": ("images", fitted("decoder_filters", [3]), "settings"),
    "other decoder beside skips": ("images", fitted("decoder_filters", [3, 2]), "settings"),
    "pooling of another depth": ("images", fitted("pooling", [True]), "'pooling'"),
    "pooling no bool": ("images", fitted("pooling", [1, 0]), "'pooling'"),
    "images of nothing but padding": (
        "images",
        lambda good: changed_settings(
            good, lambda s: s["fitted"].update(filters=[1] * 40, decoder_filters=[1] * 40, pooling=[True] * 40)
        ),
        "'pooling'",
    ),
    "huge patch": ("images", fitted("patch", 2**30), "'pooling'"),
    "even kernel": ("images", fitted("kernel_size", 4), "settings"),
    "huge kernel": ("images", fitted("kernel_size", 2**39 + 1), "multiplications"),
    "shape of another image": ("images", fitted("image_shape", [5, 5, 2]), "'image_shape'"),
    "huge image": (
        "images",
        lambda good: changed_settings(
            good, lambda s: s["fitted"].update(image_shape=[2**20, 2**20, 2], n_features_in=2**41)
        ),
        "'n_features_in'",
    ),
    "large image": (
        "images",
        lambda good: changed_settings(
            good, lambda s: s["fitted"].update(image_shape=[2**14, 2**14, 2], n_features_in=2**29, feature_names=None)
        ),
        "'image_shape'",
    ),
    "shape with channels missing": ("images", fitted("image_shape", [5, 12]), "'image_shape'"),
    "unknown layout": ("images", fitted("layout", "columns"), "'layout'"),
    "unknown activation": ("images", fitted("activation", "exec"), "'activation'"),
    "start at PCA without a code": ("images", fitted("start", "pca"), "'start'"),
    "batch norms claimed": ("images", fitted("batch_norm", False), "settings ask for"),
    "batch norm no bool": ("images", fitted("batch_norm", 1), "'batch_norm'"),
    "code where there is none": ("images", fitted("code_size", 2), "'pca_error'"),
    "PCA where there is none": ("images", fitted("pca_error", 0.1), "'pca_error'"),
    "no code where there is one": ("codes", fitted("code_size", None), "'pca_error'"),
    "huge code": ("codes", fitted("code_size", 2**39), "settings"),
    "huge hidden layer": ("codes", fitted("middle", 2**39), "settings"),
    "no hidden layer": ("codes", fitted("middle", 0), "'middle'"),
    "skips beside a code": ("codes", fitted("skips", True), "'skips'"),
    "identity beside a code": ("codes", fitted("start", "identity"), "'start'"),
    "linear paths missing": ("codes", fitted("linear_paths", False), "settings ask for"),
    "no PCA": ("codes", fitted("pca_error", None), "'pca_error'"),
    "best epoch beyond the last": ("codes", fitted("best_epoch", 99), "'best_epoch'"),
    "history too short": (
        "codes",
        lambda good: changed_settings(good, set_in("fitted", "history", "epoch", value=[])),
        "'history'",
    ),
    "tensor of another shape": (
        "images",
        lambda good: changed(
            good, lambda h, d: h["network.convolutional.last.weight"]["shape"].reverse()
        ),
        "settings ask for",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name, files, tmp_path):
    of, make, sentence = HOSTILE[name]
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(make(files[of].read_bytes()))
    with pytest.raises(ModelFileError) as caught:
        isthmus.load(path)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < len(str(path)) + 300


def test_the_hostile_writer_of_these_tests_can_sign_a_good_file(files, tmp_path):
    for file in files.values():
        (tmp_path / "m").write_bytes(changed(file.read_bytes(), lambda h, d: None))
        assert isthmus.load(tmp_path / "m").n_features_in_ == 60


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_signed_settings_of_any_shape_are_refused_or_loaded(data, files, tmp_path_factory):
    good = data.draw(st.sampled_from(sorted(files.values())))
    path = tmp_path_factory.getbasetemp() / "image-settings.safetensors"
    path.write_bytes(changed_settings(good.read_bytes(), any_change(data)))
    try:
        model = isthmus.load(path)
    except ModelFileError:
        return
    assert np.isfinite(model.reconstruct(np.zeros((1, 60)))).all()


def test_counts_of_batch_norms_are_not_stored(files):
    header, _ = split(files["images"].read_bytes())
    assert not [name for name in header if "num_batches" in name]


# docs/model-file.md


@pytest.mark.parametrize("name", ["images", "codes"])
def test_the_settings_are_those_of_the_page(name, files):
    _, stored = header_and_settings(files[name])
    assert set(stored["parameters"]) == set(ConvAutoencoder().get_params())
    told = {name for row in rows_of_table("key of a `ConvAutoencoder`") for name in names(row[0])}
    common = {name for row in rows_of_table("key in `fitted`") for name in names(row[0])} & set(stored["fitted"])
    assert told | common == set(stored["fitted"])


@pytest.mark.parametrize("name", ["images", "codes"])
def test_the_tensors_are_those_of_the_page(name, files):
    """Layers are numbered; the page has the first of each kind."""
    header, _ = header_and_settings(files[name])
    tables = ["tensor of a `ConvAutoencoder` |", "tensor of a `ConvAutoencoder` with `code_size`"]
    told = {tensor for table in tables for row in rows_of_table(table) for tensor in names(row[0])}
    stored = {re.sub(r"\.\d+\.", ".0.", tensor) for tensor in header.keys() - {"__metadata__"}}
    assert stored <= told
    assert len(stored) > len(told) / 3
