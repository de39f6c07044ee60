"""What the convolutional estimator promises of dense codes, which start at PCA."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from isthmus import ConvAutoencoder, InputError, WorseThanPCAWarning

IMAGES = load_digits().images
FIT = {"filters": (4, 6), "max_epochs": 3, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")


def pca_error(train, images, k):
    train, rows = train.reshape(len(train), -1), images.reshape(len(images), -1)
    pca = PCA(k).fit(train)
    return np.mean((pca.inverse_transform(pca.transform(rows)) - rows) ** 2)


@pytest.fixture(scope="module")
def model() -> ConvAutoencoder:
    return ConvAutoencoder(**FIT, code_size=5).fit(IMAGES[:500])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("k", [1, 12])
def test_training_starts_at_pca_and_never_ends_above_it(k, seed):
    fit = {"max_epochs": 3, "validation_fraction": 0.1, "random_state": seed}
    model = ConvAutoencoder((4, 6), code_size=k, **fit).fit(IMAGES[:500])
    held = np.sort(np.random.RandomState(seed).permutation(500)[:50])
    train = np.setdiff1d(np.arange(500), held)
    assert model.pca_error_ == pytest.approx(pca_error(IMAGES[train], IMAGES[held], k), rel=1e-5)
    assert model.start_error_ == model.pca_error_
    assert model.validation_error_ <= model.start_error_
    assert model.validation_error_ == model.history_["validation_error"][model.best_epoch_]
    if model.best_epoch_ > 0:  # otherwise it is PCA of all images, those held out included
        assert model.validation_error_ == pytest.approx(model.reconstruction_error(IMAGES[held]).mean(), rel=1e-4)


@pytest.mark.parametrize("options", [{}, {"batch_norm": True}, {"patch": 2, "pooling": (False, True)}])
def test_where_nothing_is_better_than_the_start_it_is_pca_of_all_images(options):
    fit = {**FIT, "max_epochs": 1, "learning_rate": 1.0, **options}
    model = ConvAutoencoder(**fit, code_size=3).fit(IMAGES[:200])  # steps that only do harm
    assert model.best_epoch_ == 0
    assert model.n_samples_ == 200
    rows = IMAGES[:200].reshape(200, 64)
    pca = PCA(3).fit(rows)
    np.testing.assert_allclose(model.transform(rows), pca.transform(rows), atol=1e-4)
    np.testing.assert_allclose(model.reconstruct(rows), pca.inverse_transform(pca.transform(rows)), atol=1e-4)


def test_cross_entropy_starts_near_pca_and_ends_below():
    model = ConvAutoencoder((8, 8), code_size=8, max_epochs=4, random_state=0).fit(IMAGES / 16)
    assert model.loss_ == "bce"
    assert model.start_error_ == pytest.approx(model.pca_error_, rel=0.1)
    assert model.validation_error_ < 0.8 * model.pca_error_
    reconstructed = model.reconstruct(IMAGES / 16)
    assert reconstructed.min() >= 0
    assert reconstructed.max() <= 1


def test_it_beats_pca_and_the_random_start_on_images_it_never_saw():
    train, test = IMAGES[:1300], IMAGES[1300:]
    fit = {"filters": (4, 8), "code_size": 12, "max_epochs": 6, "random_state": 0}
    ours, from_random = (
        ConvAutoencoder(**fit, start=start).fit(train).reconstruction_error(test).mean() for start in ("pca", "random")
    )
    assert ours < 0.95 * pca_error(train, test, 12)
    assert ours < from_random


def test_a_random_start_that_ends_above_pca_says_so():
    with pytest.warns(WorseThanPCAWarning, match="mean squared error is .*, and that of PCA with as many codes"):
        model = ConvAutoencoder(**{**FIT, "max_epochs": 1}, code_size=8, start="random").fit(IMAGES[:300])
    assert model.validation_error_ > model.pca_error_
    assert model.module_.encoder.linear is None


def test_a_share_means_as_many_codes_as_pca_needs():
    model = ConvAutoencoder(**{**FIT, "max_epochs": 1}, code_size=0.8, validation_fraction=0).fit(IMAGES[:300])
    assert model.code_size_ == PCA(0.8).fit(IMAGES[:300].reshape(300, 64)).n_components_
    assert model.code_size == 0.8


def test_codes_are_a_table_and_images_come_back_as_they_were(model):
    codes = model.transform(IMAGES[:9])
    assert codes.shape == (9, 5)
    assert model.code_size_ == 5
    images = model.inverse_transform(codes)
    assert images.shape == (9, 8, 8)
    np.testing.assert_allclose(images, model.reconstruct(IMAGES[:9]), atol=1e-4)
    rows = IMAGES[:9].reshape(9, 64)
    np.testing.assert_allclose(model.transform(rows), codes, atol=1e-4)
    assert model.reconstruct(rows).shape == (9, 64)
    assert list(model.get_feature_names_out()) == [f"convautoencoder{i}" for i in range(5)]
    flat = ConvAutoencoder(**FIT, code_size=2, image_shape=(8, 8)).fit(IMAGES[:50].reshape(50, 64))
    assert flat.inverse_transform(flat.transform(IMAGES[:9])).shape == (9, 64)


def test_the_networks_halves_are_convolutions_beside_the_linear_paths(model):
    network = model.module_
    assert network.encoder.linear.weight.shape == (5, 64)
    assert network.decoder.linear.weight.shape == (64, 5)
    encoder, decoder = network.encoder.stack, network.decoder.stack
    assert [layer.convolution.weight.shape[:2] for layer in encoder.convolutions] == [(4, 1), (6, 4)]
    assert [layer.convolution.weight.shape[:2] for layer in decoder.convolutions] == [(6, 6), (4, 6)]
    for stack, widths in ((encoder, (24, 512, 5)), (decoder, (5, 512, 24))):
        layers = [layer for layer in stack.dense if isinstance(layer, torch.nn.Linear)]
        assert [layers[0].in_features, *(layer.out_features for layer in layers)] == list(widths)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())


@pytest.mark.filterwarnings("ignore:code_size=2 is above the rank")  # a grey pixel has one dimension
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (5, 6)])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_any_one_size_have_codes(size, channels):
    images = np.random.default_rng(0).uniform(size=(30, *size, channels))
    for options in ({}, {"loss": "bce"}, {"batch_norm": True}, {"start": "random", "scale": "standard"}):
        model = ConvAutoencoder(**FIT, code_size=2, **options).fit(images)
        assert model.inverse_transform(model.transform(images)).shape == images.shape
        assert np.isfinite(model.reconstruct(images)).all()


def test_images_of_another_size_are_refused(model):
    with pytest.raises(InputError, match="images of 8 × 7 × 1, but ConvAutoencoder is expecting 8 × 8 × 1"):
        model.transform(IMAGES[:3, :, :7])


def test_folded_batch_norms_give_what_training_saw():
    model = ConvAutoencoder(**FIT, code_size=5, batch_norm=True).fit(IMAGES[:300])
    rows = torch.from_numpy(IMAGES[:20].reshape(20, 64).astype(np.float32))
    with torch.no_grad():
        np.testing.assert_allclose(model.module_(rows), model.reconstruct(rows), atol=1e-3)
        np.testing.assert_allclose(model.module_.encode(rows), model.transform(rows), atol=1e-3)
