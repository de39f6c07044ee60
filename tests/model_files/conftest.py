"""A small fitted model and its file, for the tests of the format."""

import numpy as np
import pytest

from isthmus import Autoencoder


@pytest.fixture(scope="session")
def small_model():
    rows = np.random.default_rng(0).normal(size=(30, 2))
    return Autoencoder(1, encoder_layers=(2,), max_epochs=2, random_state=0).fit(rows)


@pytest.fixture(scope="session")
def small_file(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "small.safetensors"
    small_model.save(path)
    return path
