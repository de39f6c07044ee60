"""Torch tensors give tensors where scikit-learn's array API dispatch is on, and NumPy arrays otherwise."""

import numpy as np
import pytest
import torch
from sklearn import config_context
from sklearn.datasets import load_digits, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_array_api_input

from isthmus import Autoencoder, ConvAutoencoder

X = load_iris().data
IMAGES = load_digits().images[:60]
IN_COLOUR = np.stack([IMAGES, IMAGES[:, ::-1], IMAGES[:, :, ::-1]], axis=-1)
KINDS = {
    "dense": (Autoencoder(2, max_epochs=2, random_state=0), X),
    "linear": (Autoencoder(2, activation="identity"), X),
    "images": (ConvAutoencoder(2, max_epochs=1, random_state=0), IMAGES),
    "images in colour": (ConvAutoencoder(2, max_epochs=1, random_state=0), IN_COLOUR),
    "images with a dense code": (ConvAutoencoder(2, code_size=2, max_epochs=1, random_state=0), IMAGES),
    "flat images": (ConvAutoencoder(2, image_shape=(8, 8), max_epochs=1, random_state=0), IMAGES.reshape(60, 64)),
}
METHODS = ("transform", "reconstruct", "reconstruction_error")


@pytest.fixture
def dispatch(monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    with config_context(array_api_dispatch=True):
        yield


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", KINDS)
def test_tensors_give_tensors_of_their_type_with_the_values_of_arrays(kind, dtype, dispatch):
    model, rows = KINDS[kind][0], KINDS[kind][1].astype(dtype)
    tensor = torch.from_numpy(rows).requires_grad_()
    expected = {name: getattr(model.fit(rows), name)(rows) for name in METHODS}
    decoded, score = model.inverse_transform(expected["transform"]), model.score(rows)
    model.fit(tensor)
    for name in METHODS:
        result = getattr(model, name)(tensor)
        assert isinstance(result, torch.Tensor)
        assert result.dtype == tensor.dtype
        assert result.device == tensor.device
        np.testing.assert_array_equal(result.numpy(), expected[name])
    result = model.inverse_transform(model.transform(tensor))
    assert isinstance(result, torch.Tensor)
    np.testing.assert_array_equal(result.numpy(), decoded)
    assert model.score(tensor) == score
    assert model.score(tensor, target=tensor) == score
    assert isinstance(model.transform(rows), np.ndarray)  # arrays still give arrays


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_give_arrays_without_dispatch(kind):
    model, rows = KINDS[kind]
    tensor = torch.from_numpy(rows)
    model.fit(tensor)
    for name in METHODS:
        np.testing.assert_array_equal(getattr(model, name)(tensor), getattr(model, name)(rows))
        assert isinstance(getattr(model, name)(tensor), np.ndarray)


def test_a_type_that_numpy_lacks_is_computed_in_float32(dispatch):
    tensor = torch.from_numpy(X).bfloat16()
    model = Autoencoder(2, max_epochs=1, random_state=0).fit(tensor)
    assert model.reconstruct(tensor).dtype == torch.float32
    np.testing.assert_array_equal(model.reconstruct(tensor), model.reconstruct(tensor.float()))


def test_pipelines_pass_tensors_through(dispatch):
    tensor = torch.from_numpy(X)
    pipeline = make_pipeline(StandardScaler(), Autoencoder(2, activation="identity")).fit(tensor)
    codes = pipeline.transform(tensor)
    assert isinstance(codes, torch.Tensor)
    with config_context(array_api_dispatch=False):
        np.testing.assert_allclose(codes.numpy(), pipeline.fit(X).transform(X), atol=1e-9)
    assert isinstance(pipeline[-1].score_samples(tensor), torch.Tensor)


@pytest.mark.parametrize("estimator", [Autoencoder(2, max_epochs=1), ConvAutoencoder(2, max_epochs=1)], ids=str)
def test_the_check_of_scikit_learn_passes_with_dispatch(estimator, dispatch):
    check_array_api_input("Autoencoder", estimator, array_namespace="numpy", expect_only_array_outputs=False)
