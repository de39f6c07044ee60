"""Dense models as ONNX files give the model's numbers on rows that no fit has seen, whatever the model is."""

import json
import warnings

import numpy as np
import onnx
import pytest
from onnx_files import METHODS, TRAINED, both, computed, largest_difference
from sklearn.decomposition import PCA

from isthmus import Autoencoder, ParameterError

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")

GENERATOR = np.random.default_rng(0)
MIXING = GENERATOR.normal(size=(3, 7))
LATENT = GENERATOR.normal(size=(1300, 3))
# Columns of very different units; the mean of one is a thousand times its deviation, and one is constant.
ROWS = (np.tanh(LATENT @ MIXING) + 0.1 * GENERATOR.normal(size=(1300, 7))) * [1, 1e-3, 1e4, 1, 5, 0.1, 0] + [
    0, 0, 0, 1e3, -7, 0, 3,
]  # fmt: skip
TRAIN, UNSEEN = ROWS[:300], ROWS[300:]
SHARES = 1 / (1 + np.exp(-LATENT @ MIXING))
FIT = {"code_size": 3, **TRAINED}

KINDS = {
    **{
        name: {"activation": name, "scale": "standard"}
        for name in ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "silu")
    },
    "no scale": {"scale": "none"},
    "one scale": {"scale": "global"},
    "automatic scale": {"scale": "auto"},
    "random initialisation": {"start": "random", "scale": "standard"},
    "ordered": {"ordered": True, "code_size": 5, "scale": "standard"},
    "whitened": {"activation": "identity", "whiten": True},
    "linear, more codes than columns have dimensions": {"activation": "identity", "code_size": 7},
    "linear from random weights": {"activation": "identity", "start": "random"},
    "other layers": {"encoder_layers": (9, 5, 4), "decoder_layers": (6,), "scale": "standard"},
    "no layers": {"encoder_layers": (), "scale": "standard"},
}


def trained(model: Autoencoder, rows: np.ndarray) -> Autoencoder:
    model.partial_fit(rows)
    arrays = model.fitted_.network.arrays
    assert np.abs(arrays["decoder.stack.0.weight"]).max() > 1e-3
    assert np.abs(arrays[[name for name in arrays if name.startswith("encoder.stack")][-1]]).max() > 1e-3
    return model


def check_kind(kind: str, parts, folder) -> None:
    with warnings.catch_warnings(action="ignore"):
        model = Autoencoder(**FIT | KINDS[kind])
        model = model.fit(TRAIN) if model.activation == "identity" else trained(model, TRAIN)
    for part in parts:
        found, expected = both(model, part, UNSEEN, folder, "float64")
        if part == "score" and model.code_size_ == 7:  # errors are rounding
            assert found.max() < 1e-20
        else:
            # onnxruntime has the error function, of which gelu is made, in float32 only.
            assert largest_difference(found, expected) < (1e-6 if model.activation == "gelu" else 1e-9), part


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_gives_the_same_numbers(kind, tmp_path):
    check_kind(kind, ["reconstruct"], tmp_path)


@pytest.mark.parametrize("kind", [
    kind if kind in ("relu", "whitened", "ordered") else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS
])  # fmt: skip
def test_every_part_gives_the_same_numbers(kind, tmp_path):
    check_kind(kind, METHODS, tmp_path)


@pytest.mark.parametrize("options", [{"scale": "standard"}, {"activation": "gelu", "scale": "standard"}, {}], ids=str)
def test_numbers_are_the_same_in_float32(options, tmp_path):
    model = trained(Autoencoder(**FIT | options), TRAIN)
    for part in METHODS:
        assert largest_difference(*both(model, part, UNSEEN, tmp_path)) < 1e-5, part


@pytest.mark.parametrize("options", [{}, {"ordered": True}, {"start": "random"}], ids=str)
def test_cross_entropy_ends_in_a_sigmoid(options, tmp_path):
    model = trained(Autoencoder(**FIT | options, loss="bce"), SHARES[:300])
    for part in METHODS:
        assert largest_difference(*both(model, part, SHARES[300:], tmp_path)) < 1e-5, part


def test_linear_codes_are_those_of_pca(tmp_path):
    model = Autoencoder(3, activation="identity", whiten=True).fit(TRAIN)
    model.export(tmp_path / "m.onnx", dtype="float64")
    codes = PCA(3, whiten=True).fit(TRAIN).transform(UNSEEN)
    np.testing.assert_allclose(np.abs(computed(tmp_path / "m.onnx", UNSEEN)), np.abs(codes), rtol=1e-6, atol=1e-9)


@pytest.mark.filterwarnings("ignore:float32 rounds values")
def test_means_are_subtracted_in_float64_also_from_float32(tmp_path):
    rows = np.float32(TRAIN + 1e6 * (np.arange(7) == 3))
    model = trained(Autoencoder(**FIT, scale="standard"), rows)
    found, expected = both(model, "encode", rows, tmp_path)
    assert largest_difference(found, expected) < 1e-5
    assert largest_difference(np.float64(found), model.transform(np.float64(rows))) < 1e-5


def test_models_cut_to_fewer_codes(tmp_path):
    ordered = trained(Autoencoder(**FIT | {"code_size": 5}, ordered=True, scale="standard"), TRAIN)
    for size, part in ((2, "encode"), (4, "reconstruct"), (3, "decode")):
        assert largest_difference(*both(ordered.truncate(size), part, UNSEEN, tmp_path, "float64")) < 1e-9


def test_any_number_of_rows_and_missing_values(tmp_path):
    model = trained(Autoencoder(**FIT, scale="standard"), TRAIN)
    model.export(tmp_path / "m.onnx")
    rows = np.float32(UNSEEN[:3])
    assert computed(tmp_path / "m.onnx", rows[:0]).shape == (0, 3)
    rows[1, 2] = np.nan
    codes = computed(tmp_path / "m.onnx", rows)
    np.testing.assert_allclose(codes[[0, 2]], model.transform(rows[[0, 2]]), rtol=1e-4)
    assert np.isnan(codes[1]).all()


def test_the_file_says_what_it_is(tmp_path):
    model = Autoencoder(**FIT, max_epochs=1).fit(TRAIN, feature_names=list("abcdefg"))
    model.export(tmp_path / "m.onnx", "score")
    content = onnx.load(tmp_path / "m.onnx")
    onnx.checker.check_model(content, full_check=True)
    assert [(each.domain, each.version) for each in content.opset_import] == [("", 18)]
    (rows,), (errors,) = content.graph.input, content.graph.output
    assert (rows.name, errors.name) == ("rows", "errors")
    assert [size.dim_param or size.dim_value for size in rows.type.tensor_type.shape.dim] == ["n", 7]
    metadata = {each.key: each.value for each in content.metadata_props}
    assert json.loads(metadata["columns"]) == list("abcdefg")
    assert json.loads(metadata["codes"]) == ["autoencoder0", "autoencoder1", "autoencoder2"]
    assert {metadata[name] for name in ("part", "dtype", "estimator")} == {"score", "float32", "Autoencoder"}
    model.export(tmp_path / "again.onnx", "score")
    assert (tmp_path / "again.onnx").read_bytes() == (tmp_path / "m.onnx").read_bytes()


def test_columns_that_float32_rounds_away_are_named(tmp_path):
    rows = TRAIN[:, [0, 1]] * [10, 1] + [1.7e9, 0]  # such as seconds since 1970
    model = Autoencoder(1, max_epochs=1, scale="standard", random_state=0).fit(rows, feature_names=["time", "x"])
    with pytest.warns(UserWarning, match=r'^float32 rounds values of "time" by more than .* dtype=.float64.'):
        model.export(tmp_path / "m.onnx")
    model.export(tmp_path / "m.onnx", dtype="float64")
    huge = Autoencoder(1, max_epochs=1, scale="standard", random_state=0).fit(TRAIN[:, :2] * 1e100)
    with pytest.raises(ParameterError, match=r"^dtype must be float64, since column .x0. has values up to .*e\+100"):
        huge.export(tmp_path / "n.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]
