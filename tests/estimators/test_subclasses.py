"""Subclasses of the estimators can be saved and loaded."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

import isthmus
from isthmus import Autoencoder, ConvAutoencoder

X = load_iris().data


class Mine(Autoencoder):
    def outliers(self, rows):
        return self.reconstruction_error(rows) > 1


class MyImages(ConvAutoencoder):
    pass


class Named(Autoencoder):
    def __init__(self, code_size=2, *, title="", max_epochs=1):
        super().__init__(code_size, max_epochs=max_epochs)
        self.title = title


@pytest.mark.parametrize(("mine", "own"), [(Mine, Autoencoder), (MyImages, ConvAutoencoder)])
def test_a_file_holds_the_estimator_that_a_subclass_extends(tmp_path, mine, own):
    model = mine(2, max_epochs=1, random_state=0).fit(X)
    model.save(tmp_path / "m.safetensors")
    for load, kind in ((isthmus.load, own), (own.load, own), (mine.load, mine)):
        loaded = load(tmp_path / "m.safetensors")
        assert type(loaded) is kind
        np.testing.assert_array_equal(loaded.reconstruct(X), model.reconstruct(X))
    own(2, max_epochs=1).fit(X).save(tmp_path / "own.safetensors")
    assert type(mine.load(tmp_path / "own.safetensors")) is mine
    other = ConvAutoencoder if own is Autoencoder else Autoencoder
    with pytest.raises(ValueError, match=f"the model is of class '{own.__name__}', not {other.__name__}"):
        other.load(tmp_path / "m.safetensors")


def test_parameters_that_a_file_cannot_hold_are_refused_when_it_is_saved(tmp_path):
    model = Named(title="iris").fit(X)
    with pytest.raises(ValueError, match=r'^Named cannot be saved, .* adds "title"; use pickle') as caught:
        model.save(tmp_path / "m.safetensors")
    assert len(str(caught.value).splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_subclasses_are_compared_and_reported_but_not_tuned():
    assert type(isthmus.compare(X, estimator=Mine(max_epochs=1), code_sizes=[1]).models["isthmus"][1]) is Mine
    assert "Mine(" in Mine(2, max_epochs=1).fit(X).report(X).html
    with pytest.raises(ValueError, match="must be an Autoencoder, a ConvAutoencoder or None"):
        isthmus.tune(X, Mine(2, max_epochs=1))
