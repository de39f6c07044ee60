"""Ctrl-C at any moment of a fit: the estimator is as before, or fitted anew, never something between."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import isthmus
from ctrl_c import interrupted_at
from isthmus import Autoencoder, ConvAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore:On the held-out rows")

PACKAGE = str(Path(isthmus.__file__).parent)
RNG = np.random.default_rng(0)
OLD, NEW = RNG.normal(size=(20, 5)), RNG.normal(size=(24, 7))
OLD_IMAGES, NEW_IMAGES = RNG.random((12, 4, 4)), RNG.random((14, 6, 6))
MODELS = {
    "dense": (Autoencoder(2, max_epochs=2, random_state=0), OLD, NEW),
    "linear": (Autoencoder(2, activation="identity", random_state=0), OLD, NEW),
    "ordered": (Autoencoder(3, ordered=True, max_epochs=1, random_state=0), OLD, NEW),
    "images": (ConvAutoencoder((2,), code_size=2, max_epochs=1, random_state=0), OLD_IMAGES, NEW_IMAGES),
}


def interrupted(step: int, action) -> int:
    """Press Ctrl-C at a step within the package; return the number of steps that were still to go."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return interrupted_at(step, action, lambda name: name.startswith(PACKAGE))


def moments(action) -> list[int]:
    """Steps spread over an action, and all of the last, where attributes are set."""
    n_steps = 10**9 - interrupted(10**9, action)
    assert n_steps > 100
    return sorted({*np.linspace(1, n_steps, 12).astype(int).tolist(), *range(n_steps - 25, n_steps + 1)})


def fingerprint(model, rows) -> str:
    found = model.transform(rows), model.history_, model.n_features_in_, model.mean_, model.score(rows)
    return repr([value.tolist() if isinstance(value, np.ndarray) else value for value in found])


@pytest.mark.parametrize(
    "kind", ["dense", "linear", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("ordered", "images"))]
)
def test_a_fit_that_is_interrupted_changes_everything_or_nothing(kind):
    estimator, old, new = MODELS[kind]
    before = fingerprint(clone(estimator).fit(old), old)
    for step in moments(lambda: clone(estimator).fit(new)):
        model = clone(estimator).fit(old)
        interrupted(step, lambda model=model: model.fit(new))
        if model.n_features_in_ == old[0].size:
            assert fingerprint(model, old) == before, step
        else:
            assert np.isfinite(model.score(new)), step
            assert len(model.history_["epoch"]) == model.n_epochs_ + 1 == len(model.history_["validation_error"]), step
            assert model.fitted_.columns.statistics.mean.tolist() == model.mean_.tolist(), step
            assert model.score(new) == score_of_the_fit(model, new), step


def score_of_the_fit(model, rows) -> float:
    """The score of another estimator that publishes the same fit."""
    twin = clone(model)
    for name in ("n_features_in_", "image_shape_", "image_layout_"):
        if hasattr(model, name):
            setattr(twin, name, getattr(model, name))
    twin._publish(model.fitted_, model._backend)
    return twin.score(rows)


def test_an_unfitted_estimator_stays_unfitted_or_is_fitted():
    estimator, _, new = MODELS["dense"]
    for step in moments(lambda: clone(estimator).fit(new))[::3]:
        model = clone(estimator)
        interrupted(step, lambda model=model: model.fit(new))
        try:
            assert np.isfinite(model.score(new))
        except NotFittedError:
            assert vars(model) == vars(clone(estimator)), step


@pytest.mark.parametrize("kind", ["dense", "linear"])
def test_a_part_that_is_interrupted_counts_wholly_or_not_at_all(kind):
    estimator, rows, _ = MODELS[kind]
    begun = clone(estimator).partial_fit(rows)
    before = fingerprint(begun, rows)
    for step in moments(lambda: clone(estimator).partial_fit(rows).partial_fit(rows)):
        model = clone(estimator).partial_fit(rows)
        interrupted(step, lambda model=model: model.partial_fit(rows))
        if model.n_samples_ == len(rows):
            assert fingerprint(model, rows) == before, step
        else:
            assert model.n_samples_ == 2 * len(rows), step
            assert len(model.history_["epoch"]) == model.n_epochs_ + 1, step
        model.partial_fit(rows)
        assert np.isfinite(model.score(rows))


def test_an_error_of_the_callback_leaves_the_estimator_as_it_was():
    estimator, old, new = MODELS["dense"]
    model = clone(estimator).fit(old)
    before = fingerprint(model, old)

    def fail(history):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        model.fit(new, on_epoch=fail)
    assert fingerprint(model, old) == before
