"""Without held-out rows the best epoch on the training rows is kept, the start included."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from isthmus import Autoencoder, ConvAutoencoder, WorseThanPCAWarning

IRIS = load_iris().data
IMAGES = np.random.default_rng(0).random((30, 8, 8))
FITS = {
    "dense": (Autoencoder(2, validation_fraction=0), IRIS),
    "ordered": (Autoencoder(2, ordered=True, validation_fraction=0), IRIS),
    "four rows": (Autoencoder(1), IRIS[::40]),
    "noise": (Autoencoder(2, noise="gaussian", validation_fraction=0), IRIS),
    "images": (ConvAutoencoder((4, 4), validation_fraction=0), IMAGES),
    "images with a dense code": (ConvAutoencoder((4, 4), code_size=2, loss="mse", validation_fraction=0), IMAGES),
}


@pytest.mark.parametrize("learning_rate", [0.003, 0.3, 30.0])
@pytest.mark.parametrize("name", FITS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_no_epoch_that_is_worse_than_the_start_is_kept(name, learning_rate):
    model, X = FITS[name]
    model.set_params(learning_rate=learning_rate, max_epochs=5, random_state=0).fit(X)
    errors = model.history_["validation_error"]
    assert not model.held_out_
    assert model.validation_error_ == errors[model.best_epoch_] <= model.start_error_ == errors[0]
    if name != "ordered":  # its epochs are chosen by all code sizes
        assert model.validation_error_ == min(errors)
    if name != "noise":
        # In the precision of the weights, which training has, and in that of the rows.
        assert model.reconstruction_error(X).mean() == pytest.approx(model.validation_error_, rel=1e-5)


def test_the_example_keeps_its_start_without_a_warning():
    model = Autoencoder(2, validation_fraction=0, learning_rate=0.3, max_epochs=20, random_state=0).fit(IRIS)
    assert model.best_epoch_ == 0
    assert model.reconstruction_error(IRIS).mean() == pytest.approx(model.pca_error_, rel=1e-5)


def test_a_random_start_that_stays_above_pca_warns_with_the_error_that_is_kept():
    model = Autoencoder(2, start="random", validation_fraction=0, learning_rate=1.0, max_epochs=3, random_state=0)
    with pytest.warns(WorseThanPCAWarning, match="On the training rows") as caught:
        model.fit(IRIS)
    assert f"{model.reconstruction_error(IRIS).mean():.4g}" in str(caught[0].message)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_loss_that_is_not_finite_leaves_the_best_epoch(activation):
    model = Autoencoder(2, activation=activation, validation_fraction=0, learning_rate=1e30, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"in epoch 1; the weights of epoch 0 are kept"):
        model.fit(IRIS)
    assert model.reconstruction_error(IRIS).mean() == pytest.approx(model.start_error_, rel=1e-5)


def test_weights_that_are_not_finite_end_training_where_a_sigmoid_hides_them():
    model = Autoencoder(2, activation="sigmoid", loss="bce", start="random", learning_rate=1e37, random_state=0)
    with pytest.warns(ConvergenceWarning), pytest.warns(WorseThanPCAWarning):
        model.set_params(weight_decay=0, max_epochs=3).fit(IRIS / 10)
    assert all(bool(value.isfinite().all()) for value in model.module_.state_dict().values())


def test_ctrl_c_keeps_the_best_epoch_so_far():
    def press_ctrl_c(history):
        if history.n_epochs == 2:
            raise KeyboardInterrupt

    model = Autoencoder(2, validation_fraction=0, learning_rate=0.3, random_state=0)
    with pytest.warns(ConvergenceWarning, match="interrupted after 2 epochs; the weights of epoch 0 are kept"):
        model.fit(IRIS, on_epoch=press_ctrl_c)
    assert model.validation_error_ == model.start_error_
