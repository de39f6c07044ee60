"""A curved table on which a network has something to gain, and searches of a second."""

import numpy as np
import pytest

from isthmus import Autoencoder


@pytest.fixture(scope="session")
def rows():
    generator = np.random.default_rng(0)
    codes = generator.uniform(-1, 1, size=(240, 2))
    curved = np.column_stack([codes, codes**2, np.sin(3 * codes), np.prod(codes, axis=1)])
    return curved * [1, 10, 100, 1, 1, 2, 3] + generator.normal(scale=0.01, size=(240, 7))


@pytest.fixture
def quick():
    """An estimator whose fits take a tenth of a second."""
    return Autoencoder(2, scale="standard", max_epochs=8, encoder_layers=(16,))
