"""NumPy's and torch's tables of operations lead whole fits to the same errors."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_wine

from isthmus import Autoencoder, load
from isthmus.dense.applied import DenseInUse
from isthmus.dense.backends import NUMPY, Backend
from isthmus.fitting.dense import DenseParameters, dense_design
from isthmus.fitting.design import TrainingSet
from isthmus.fitting.fit import fit
from isthmus.training.recipe import Recipe

TORCH = Backend("cpu", uses_torch=True)
WINE, DIGITS = load_wine().data, load_digits().data[:200] / 16
CONSTANT = np.where(np.arange(13) == 3, 5.0, WINE)


def fitted_on(backend, X, *, loss="mse", noise=None, scale="standard", target=None, **parameters):
    network = {"activation": "relu", "start": "pca", "ordered": False} | parameters
    design = dense_design(
        DenseParameters(
            code_size=4, encoder_layers=2, decoder_layers=None, whiten=False, scale=scale, max_epochs=3,
            backend=backend, **network,
        ),
        loss,
        is_linear=False,
    )  # fmt: skip
    recipe = Recipe(
        loss=loss, scale=scale, noise=noise, max_epochs=3, batch_size="auto", learning_rate=3e-3, weight_decay=0.1,
        validation_fraction=0.1, patience=None, random_state=0, verbose=False,
    )  # fmt: skip
    return fit(TrainingSet(X, target), recipe, design)


@pytest.mark.parametrize(
    ("X", "parameters"),
    [
        (WINE, {}),
        (WINE, {"ordered": True}),
        (WINE, {"start": "random", "activation": "tanh"}),
        (DIGITS, {"loss": "bce", "ordered": True, "scale": "none"}),
        (DIGITS, {"noise": ("masking", 0.25), "activation": "gelu"}),
        (CONSTANT, {"noise": ("gaussian", 0.1)}),
        (DIGITS, {"noise": ("salt_and_pepper", 0.1), "scale": "none"}),
        (WINE + 1, {"target": WINE}),
    ],
    ids=str,
)
def test_fits_and_their_results_are_the_same_up_to_rounding(X, parameters):
    by_numpy, by_torch = (fitted_on(backend, X, **parameters) for backend in (NUMPY, TORCH))
    assert by_numpy.history.n_epochs == by_torch.history.n_epochs == 3
    for name in ("training_error", "held_out_error"):
        np.testing.assert_allclose(getattr(by_numpy.history, name), getattr(by_torch.history, name), rtol=1e-4)
    assert len(set(by_numpy.history.held_out_error)) > 2
    network = by_numpy.network
    for method in ("encode", "reconstruct"):
        results = [
            getattr(DenseInUse(network, np.float32, each), method)(X.astype(np.float32)) for each in (NUMPY, TORCH)
        ]
        np.testing.assert_allclose(*results, rtol=1e-3, atol=1e-4 * np.abs(results[0]).max())


@pytest.mark.parametrize("parameters", [{}, {"ordered": True}, {"activation": "identity", "start": "random"}], ids=str)
def test_torch_on_cpus_gives_what_numpy_gives(parameters, tmp_path):
    model = Autoencoder(4, scale="standard", max_epochs=4, random_state=0, **parameters)
    by_numpy, by_torch = (clone(model).set_params(backend=name).fit(WINE) for name in ("auto", "torch"))
    for name in ("training_error", "validation_error"):
        np.testing.assert_allclose(by_numpy.history_[name], by_torch.history_[name], rtol=1e-4)
    codes = by_torch.transform(WINE)
    np.testing.assert_allclose(codes, by_numpy.transform(WINE), rtol=1e-3, atol=1e-3)
    assert by_torch.partial_fit(WINE).score(WINE) == pytest.approx(by_numpy.partial_fit(WINE).score(WINE), rel=1e-4)
    by_torch.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.backend == "torch"
    np.testing.assert_allclose(loaded.transform(WINE), by_torch.transform(WINE), rtol=1e-6, atol=1e-6)
