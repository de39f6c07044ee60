"""code_influence tells how far each code moves each column."""

import copy

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_digits, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder
from isthmus.networks import ACTIVATIONS

WINE = StandardScaler().fit_transform(load_wine().data)
UNIT = load_digits().data[:200, :20] / 16

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")


def by_autograd(model, X):
    """The whole Jacobian of the decoder, one row after the other."""
    network = copy.deepcopy(model.module_).double()
    jacobians = []
    for z in torch.from_numpy(np.asarray(model.transform(X), dtype=np.float64)):
        jacobian = torch.autograd.functional.jacobian(lambda code: network.decode(code[None])[0], z)
        jacobians.append(jacobian.abs().T.numpy())
    return np.mean(jacobians, axis=0)


@pytest.mark.parametrize("start", ["pca", "random"])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_codes_of_a_linear_network_move_columns_by_their_axes(start, size):
    X = size * WINE
    for seed in range(3):
        model = Autoencoder(4, activation="identity", start=start, random_state=seed).fit(X)
        np.testing.assert_allclose(model.code_influence(X), np.abs(model.components_), atol=1e-12)


def test_standardised_columns_are_moved_in_their_own_units():
    X = load_wine().data
    model = Autoencoder(4, activation="identity", scale="standard").fit(X)
    np.testing.assert_allclose(model.code_influence(X), np.abs(model.components_) * X.std(axis=0), rtol=1e-9)


def test_whitened_codes_move_columns_by_a_standard_deviation():
    plain = Autoencoder(4, activation="identity").fit(WINE)
    whitened = Autoencoder(4, activation="identity", whiten=True).fit(WINE)
    deviations = np.sqrt(plain.explained_variance_)[:, None]
    np.testing.assert_allclose(whitened.code_influence(WINE), np.abs(plain.components_) * deviations, rtol=1e-9)


@pytest.mark.parametrize("start", ["pca", "random"])
@pytest.mark.parametrize("loss", ["mse", "bce"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_influence_is_the_mean_absolute_jacobian(activation, loss, start):
    for seed in range(2):
        model = Autoencoder(
            3, activation=activation, loss=loss, start=start, encoder_layers=(9,), max_epochs=3, random_state=seed
        ).fit(UNIT)
        np.testing.assert_allclose(model.code_influence(UNIT[:40]), by_autograd(model, UNIT[:40]), rtol=1e-9)


@pytest.mark.parametrize("parameters", [{"ordered": True}, {"scale": "standard"}, {"noise": "gaussian"}])
def test_influence_is_the_mean_absolute_jacobian_in_any_unit_and_order(parameters):
    X = load_wine().data
    model = Autoencoder(5, max_epochs=3, random_state=0, **parameters).fit(X)
    np.testing.assert_allclose(model.code_influence(X[:40]), by_autograd(model, X[:40]), rtol=1e-9)


def test_influence_predicts_what_a_small_step_does():
    """Moving a code by h moves the columns by h times the influence, on average over the rows."""
    for seed in range(3):
        model = Autoencoder(3, activation="tanh", max_epochs=5, random_state=seed).fit(WINE)
        codes, h = model.transform(WINE), 1e-5
        for j in range(3):
            there, here = model.inverse_transform(codes + h * np.eye(3)[j]), model.inverse_transform(codes)
            moved = np.abs(there - here).mean(axis=0) / h
            np.testing.assert_allclose(model.code_influence(WINE)[j], moved, rtol=1e-3)


def test_standardise_counts_in_standard_deviations_of_the_codes():
    model = Autoencoder(3, max_epochs=3, random_state=0).fit(WINE)
    for X in (WINE, WINE[:30]):
        deviations = model.transform(X).std(axis=0)
        expected = model.code_influence(X) * deviations[:, None]
        np.testing.assert_allclose(model.code_influence(X, standardise=True), expected, rtol=1e-9)
    assert (model.code_influence(WINE[:1], standardise=True) == 0).all()  # one row has no deviation


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_dataframes_are_taken(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({f"column {i}": WINE[:, i] for i in range(13)})
    model = Autoencoder(3, max_epochs=2, random_state=0).fit(frame)
    influence = model.code_influence(frame)
    assert isinstance(influence, np.ndarray)
    assert influence.shape == (3, 13)
    np.testing.assert_allclose(influence, by_autograd(model, frame), rtol=1e-9)


def test_other_number_types_sparse_rows_and_tensors_are_taken():
    model = Autoencoder(3, max_epochs=2, random_state=0).fit(WINE)
    expected = model.code_influence(WINE)
    assert expected.dtype == np.float64
    np.testing.assert_allclose(model.code_influence(WINE.astype(np.float32)), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.code_influence(sparse.csr_array(WINE)), expected, rtol=1e-9)
    np.testing.assert_allclose(model.code_influence(torch.from_numpy(WINE)), expected, rtol=1e-9)


def test_the_model_stays_as_it_is():
    model = Autoencoder(3, max_epochs=2, random_state=0).fit(WINE)
    before = {name: value.clone() for name, value in model.module_.state_dict().items()}
    model.code_influence(WINE, standardise=True)
    for name, value in model.module_.state_dict().items():
        assert value.dtype == before[name].dtype
        assert torch.equal(value, before[name])


def test_what_is_not_fitted_has_no_influence():
    with pytest.raises(NotFittedError):
        Autoencoder(3).code_influence(WINE)
