"""Convolutional models as ONNX files give the model's numbers for images of any size."""

import json

import numpy as np
import onnx
import pytest
from onnx_files import METHODS, TRAINED, both, computed, largest_difference
from sklearn.datasets import load_digits

from isthmus import ConvAutoencoder, ParameterError

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")

DIGITS = load_digits().images
FIT = {"filters": (4, 6), **TRAINED}
# Heights and widths that poolings divide and that they do not; the codes of some are those of the training images.
SIZES = [(8, 8), (1, 1), (1, 9), (5, 7), (6, 8), (7, 7), (12, 16), (16, 5), (23, 2), (25, 27)]

KINDS = {
    "default": {},
    "patches": {"patch": 2},
    "large patches": {"patch": 3, "pooling": (False, True)},
    "some pooling": {"pooling": (True, False), "kernel_size": 5},
    "no pooling": {"pooling": False},
    "another decoder": {"decoder_filters": (5, 4, 3)},
    "without batch norm": {"batch_norm": False},
    "skips": {"skips": True},
    "from the image": {"start": "identity"},
    "with a factor": {"start": "affine", "skips": True, "patch": 2},
    "standardised": {"scale": "standard"},
    **{name: {"activation": name} for name in ("identity", "relu", "sigmoid", "tanh", "elu", "gelu", "silu")},
}


def parts_of(options):
    return [part for part in METHODS if part != "decode" or not {"skips", "start"} & options.keys()]


def check_sizes(model, images_of, sizes, folder, parts=tuple(METHODS)):
    """Compare parts of a model on images of these sizes."""
    for part in parts:
        model.export(folder / "m.onnx", part)
        for size in sizes:
            images = np.float32(images_of(size))
            inputs = model.transform(images) if part == "decode" else images
            found, expected = computed(folder / "m.onnx", inputs), getattr(model, METHODS[part])(inputs)
            assert found.shape == expected.shape
            assert largest_difference(found.ravel(), expected.ravel()) < 1e-5, (part, size)


def check_kind(options, sizes, folder, parts):
    generator = np.random.default_rng(0)
    model = ConvAutoencoder(**FIT | options).partial_fit(DIGITS[:60], target=16 - DIGITS[:60])
    check_sizes(model, lambda size: generator.uniform(0, 16, (3, *size)), sizes, folder, parts)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_every_kind_of_network(options, tmp_path):
    check_kind(options, [(5, 7)], tmp_path, ["reconstruct"])


@pytest.mark.slow
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_every_part_of_every_kind_of_network_with_images_of_every_size(options, tmp_path):
    check_kind(options, SIZES, tmp_path, parts_of(options))


def test_images_of_every_size(tmp_path):
    check_kind({"patch": 2, "scale": "standard"}, SIZES, tmp_path, METHODS)


@pytest.mark.parametrize("options", [{"start": "affine"}, {"scale": "standard"}], ids=str)
def test_colours_and_cross_entropy(options, tmp_path):
    generator = np.random.default_rng(0)
    colours = DIGITS[:60, :, :, None] / 16 * [1, 0.5, 0.25]
    loss = "mse" if "scale" in options else "bce"
    model = ConvAutoencoder(**FIT | options, loss=loss, patch=2).partial_fit(colours, target=1 - colours)
    check_sizes(
        model,
        lambda size: generator.uniform(0, [1, 0.5, 0.25], (3, *size, 3)),
        [(8, 8), (5, 7)],
        tmp_path,
        parts_of(options),
    )


def test_codes_of_the_training_size_give_images_of_it(tmp_path):
    generator = np.random.default_rng(0)
    model = ConvAutoencoder(**FIT).partial_fit(DIGITS[:60, :7, :6])
    sizes = [(7, 6), (8, 8), (5, 7), (4, 8), (9, 6)]
    check_sizes(model, lambda size: generator.uniform(0, 16, (3, *size)), sizes, tmp_path, ["decode"])


DENSE_CODES = [{"batch_norm": True, "patch": 2}, {"loss": "bce"}, {"start": "random", "scale": "standard"}]


@pytest.mark.parametrize("options", DENSE_CODES, ids=str)
def test_dense_codes(options, tmp_path):
    images = DIGITS[:, :, :7] / 16 if options.get("loss") else DIGITS[:, :, :7]
    model = ConvAutoencoder(**FIT | options, code_size=5).partial_fit(images[:60])
    assert all(bool(weights.any()) for weights in model.module_.parameters())
    for part in METHODS:
        found, expected = both(model, part, images[60:1060], tmp_path)
        assert largest_difference(found.ravel(), expected.ravel()) < 1e-5


@pytest.mark.parametrize("options", [{}, {"code_size": 5}], ids=str)
def test_flat_rows(options, tmp_path):
    rows = DIGITS[:, :, :7].reshape(len(DIGITS), -1)
    model = ConvAutoencoder(**FIT | options, image_shape=(8, 7)).partial_fit(rows[:60])
    for part in METHODS:
        found, expected = both(model, part, rows[200:1200], tmp_path)
        assert largest_difference(found.ravel(), expected.ravel()) < 1e-5


def test_the_file_says_what_it_takes(tmp_path):
    model = ConvAutoencoder(**FIT).fit(DIGITS[:50, :, :, None])
    model.export(tmp_path / "m.onnx", X=DIGITS[50:60, :5, :, None])
    content = onnx.load(tmp_path / "m.onnx")
    (images,), (codes,) = content.graph.input, content.graph.output
    shapes = [
        [size.dim_param or size.dim_value for size in each.type.tensor_type.shape.dim] for each in (images, codes)
    ]
    assert (images.name, codes.name) == ("images", "codes")
    assert shapes == [["n", "height", "width", 1], ["n", "code_height", "code_width", 6]]
    metadata = {each.key: each.value for each in content.metadata_props}
    assert json.loads(metadata["image_shape"]) == [8, 8, 1]
    assert metadata["estimator"] == "ConvAutoencoder"


def test_what_cannot_be_exported_is_refused_in_a_sentence(tmp_path):
    model = ConvAutoencoder(**FIT, skips=True).partial_fit(DIGITS[:50])
    with pytest.raises(ParameterError, match=r"^part='decode' needs a network .* has skips=True; use part='recons"):
        model.export(tmp_path / "m.onnx", "decode")
    with pytest.raises(ParameterError, match=r"^dtype must be float32 for ConvAutoencoder, since .* Got 'float64'"):
        model.export(tmp_path / "m.onnx", dtype="float64")
    assert not list(tmp_path.iterdir())
