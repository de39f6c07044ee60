"""A column that never varies in training moves no code when it varies later, and is decoded to its value."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA

from isthmus import Autoencoder, ConvAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.WorseThanPCAWarning")  # a few epochs from random weights

X = np.insert(load_iris().data, 2, 3.7, axis=1)
VARIED = X.copy()
VARIED[:, 2] = np.random.default_rng(0).normal(0, 100, 150)
PARAMETERS = [
    {}, {"start": "random"}, {"ordered": True}, {"noise": "gaussian"}, {"noise": "masking"},
    {"noise": "salt_and_pepper", "start": "random"}, {"activation": "identity"}, {"validation_fraction": 0},
    {"activation": "identity", "start": "random"}, {"activation": "identity", "noise": "gaussian"},
    {"scale": "standard"}, {"scale": "none", "start": "random"},
]  # fmt: skip


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_a_column_that_varies_only_later_moves_no_code(parameters):
    for size in (1, 0.1):  # also rows in [0, 1]
        model = Autoencoder(2, max_epochs=2, random_state=0, **parameters).fit(X * size)
        np.testing.assert_array_equal(model.transform(VARIED * size), model.transform(X * size))
        if model.loss_ == "mse":
            np.testing.assert_array_equal(model.reconstruct(VARIED * size)[:, 2], X[:, 2] * size)


def test_so_does_pca():
    pca = PCA(2).fit(X)
    np.testing.assert_allclose(pca.transform(VARIED), pca.transform(X), atol=1e-12)


@pytest.mark.parametrize("parameters", [{}, {"start": "random", "scale": "none"}])
def test_a_denoiser_whose_target_has_another_constant_ignores_the_column(parameters):
    target = X.copy()
    target[:, 2] = 9
    model = Autoencoder(2, max_epochs=2, random_state=0, **parameters).fit(X, target=target)
    np.testing.assert_array_equal(model.transform(VARIED), model.transform(X))
    np.testing.assert_array_equal(model.reconstruct(X)[:, 2], 9)


def test_a_denoiser_sees_a_column_that_only_its_target_has_constant():
    model = Autoencoder(2, start="random", max_epochs=2, random_state=0).fit(VARIED, target=X)
    assert np.abs(model.transform(VARIED) - model.transform(X)).max() > 0.01


def test_a_column_that_is_constant_in_the_training_split_only_moves_no_code():
    rows = X.copy()
    held_out = np.flatnonzero(~np.isin(np.arange(150), np.sort(np.random.RandomState(0).permutation(150)[15:])))
    rows[held_out, 2] = 50 + np.arange(15)
    model = Autoencoder(2, max_epochs=2, random_state=0, start="random", validation_fraction=0.1).fit(rows)
    assert model.mean_[2] == 3.7  # no held-out row is in it
    assert model.best_epoch_ > 0
    np.testing.assert_array_equal(model.transform(VARIED), model.transform(X))


def test_parts_that_vary_train_a_column_that_was_constant():
    model = Autoencoder(2, max_epochs=2, random_state=0).partial_fit(X)
    np.testing.assert_array_equal(model.transform(VARIED), model.transform(X))
    model.partial_fit(VARIED)
    assert np.abs(model.transform(VARIED) - model.transform(X)).max() > 0.01


@pytest.mark.parametrize(
    "parameters",
    [{}, {"patch": 2, "pooling": False}, {"start": "identity"}, {"noise": "gaussian"}, {"loss": "mse"}],
    ids=str,
)
def test_a_constant_channel_moves_no_code(parameters):
    images = np.random.default_rng(0).random((40, 8, 8, 4))
    images[..., 3] = 1  # opaque
    varied = images.copy()
    varied[..., 3] = np.random.default_rng(1).random((40, 8, 8))
    model = ConvAutoencoder((4, 4), max_epochs=1, random_state=0, **parameters).fit(images)
    np.testing.assert_array_equal(model.transform(varied), model.transform(images))
