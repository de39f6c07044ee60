"""What the convolutional estimator promises."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import isthmus
from isthmus import ConvAutoencoder, InputError, ParameterError
from isthmus.networks import ConvolutionalAutoencoder

IMAGES = load_digits().images
FIT = {"filters": (6, 4), "max_epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def model() -> ConvAutoencoder:
    return ConvAutoencoder(**FIT).fit(IMAGES[:300])


def test_the_default_is_the_reference_network():
    model = ConvAutoencoder(max_epochs=1).fit(IMAGES[:40])
    network, reference = model.module_.convolutional, ConvolutionalAutoencoder()
    assert sum(parameter.numel() for parameter in model.module_.parameters()) == 112_257
    assert str(network.encoder) == str(reference.encoder)
    assert str(network.decoder) == str(reference.decoder)
    assert str(network.last) == str(reference.last)
    assert (network.patch, network.skips, network.start, network.pooling) == (1, False, "random", (True, True))


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (9, 1), (8, 8), (37, 41), (700, 530)])
def test_any_size_comes_back(model, size):
    images = np.random.default_rng(0).uniform(0, 16, (1, *size)).astype(np.float32)
    reconstructed = model.reconstruct(images)
    assert reconstructed.shape == images.shape
    with torch.no_grad():
        unit = (torch.from_numpy(images)[:, None] - model.module_.shift) / model.module_.scale
        plain = model.module_.convolutional(unit.float()) * model.module_.scale + model.module_.shift
    np.testing.assert_allclose(reconstructed, plain[:, 0].numpy(), atol=2e-4)


def test_codes_are_small_images_and_make_the_image_again(model):
    codes = model.transform(IMAGES[:5])
    assert codes.shape == (5, 2, 2, 4)
    assert model.code_size_ == 16
    np.testing.assert_array_equal(model.inverse_transform(codes), model.reconstruct(IMAGES[:5]))
    other = IMAGES[:5, :7, :5]
    np.testing.assert_array_equal(
        model.inverse_transform(model.transform(other), image_size=(7, 5)), model.reconstruct(other)
    )


@pytest.mark.parametrize("options", [{"skips": True}, {"start": "identity"}])
def test_a_code_that_does_not_suffice_is_not_decoded(options):
    model = ConvAutoencoder(**FIT, **options).fit(IMAGES[:50])
    with pytest.raises(ParameterError, match=r"code is all that it takes, and this one has .*; use reconstruct"):
        model.inverse_transform(model.transform(IMAGES[:2]))


def test_the_identity_start_leaves_images_alone():
    model = ConvAutoencoder(**FIT, start="identity").fit(IMAGES[:50] / 16)
    assert model.loss_ == "mse"
    assert model.start_error_ == 0
    assert model.best_epoch_ == 0
    np.testing.assert_array_equal(model.reconstruct(IMAGES[:5] / 16), (IMAGES[:5] / 16).astype(np.float32))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"filters": (3, 4, 5), "pooling": (True, False, True), "patch": 2, "skips": True, "start": "identity"},
        {"filters": 3, "decoder_filters": (5, 2, 4), "batch_norm": False, "activation": "silu", "kernel_size": 5},
        {"scale": "standard", "loss": "mse", "noise": ("masking", 0.2), "validation_fraction": 0},
    ],
)
@pytest.mark.parametrize("layout", ["rows", "images", "channels"])
def test_a_loaded_model_is_the_saved_one(parameters, layout, tmp_path):
    X = np.random.default_rng(0).uniform(size=(30, 5, 6, 2))
    X = {"rows": X.reshape(30, -1), "images": X[..., 0], "channels": X}[layout]
    shape = (5, 6, 2) if layout == "rows" else None
    model = ConvAutoencoder(**{**FIT, "image_shape": shape, **parameters}).fit(X)
    model.save(tmp_path / "m.safetensors")
    loaded = isthmus.load(tmp_path / "m.safetensors")
    assert type(loaded) is ConvAutoencoder
    assert loaded.get_params() == model.get_params()
    for dtype in (np.float64, np.float32):
        np.testing.assert_array_equal(loaded.transform(X.astype(dtype)), model.transform(X.astype(dtype)))
        np.testing.assert_array_equal(loaded.reconstruct(X.astype(dtype)), model.reconstruct(X.astype(dtype)))
        assert model.reconstruct(X.astype(dtype)).dtype == dtype
    assert loaded.score(X) == model.score(X)
    fitted = {name for name in vars(model) if name.endswith("_") and name != "module_"}
    assert fitted <= set(vars(loaded))
    for name in fitted:
        np.testing.assert_equal(getattr(loaded, name), getattr(model, name))
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "m.safetensors").read_bytes()
    loaded.partial_fit(X)


@pytest.mark.parametrize("output", ["linear", "sigmoid"])
@pytest.mark.parametrize("skips", [False, True])
def test_a_network_trained_elsewhere_becomes_an_estimator(output, skips, tmp_path):
    torch.manual_seed(0)
    network = ConvolutionalAutoencoder((6, 4, 4), pooling=(True, False, True), patch=2, skips=skips, output=output)
    images = torch.from_numpy(IMAGES[:40] / 16).float()[:, None]
    network(images)  # batch norms have seen something
    model = ConvAutoencoder.from_network(network, IMAGES[:40] / 16)
    expected = network.eval()(images)[:, 0].detach().numpy()
    np.testing.assert_allclose(model.reconstruct(IMAGES[:40] / 16), expected, atol=1e-5)
    assert model.validation_error_ == pytest.approx(np.mean((expected - IMAGES[:40] / 16) ** 2), rel=1e-4)
    assert (model.n_epochs_, model.n_samples_) == (0, 40)
    model.save(tmp_path / "m.safetensors")
    loaded = isthmus.load(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(loaded.reconstruct(IMAGES[:9] / 16), model.reconstruct(IMAGES[:9] / 16))


def test_a_network_for_other_channels_is_refused():
    with pytest.raises(InputError, match="X has 1 channels, but the network takes 3"):
        ConvAutoencoder.from_network(ConvolutionalAutoencoder((2,), channels=3), IMAGES[:5] / 16)
