"""Networks in model files, and pages to clean with them."""

import numpy as np
import pytest
import torch
from page_networks import saved, whitening_network

from isthmus.cli import main
from isthmus.networks import ConvolutionalAutoencoder, start_convolutional
from isthmus.synthetic_pages import Fonts, clean_page


@pytest.fixture
def command(capfd):
    """A function that runs a command, and gives its exit code, stdout and stderr."""

    def run(*arguments):
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return run


@pytest.fixture(scope="session")
def whitening(tmp_path_factory) -> str:
    return saved(whitening_network(), tmp_path_factory.mktemp("networks") / "whitening.safetensors")


@pytest.fixture(scope="session")
def identity(tmp_path_factory) -> str:
    """A network of the kind that cleans, with poolings and skip connections, before any training: x + 0."""
    network = ConvolutionalAutoencoder((4, 4), skips=True, start="identity", patch=2)
    start_convolutional(network, torch.Generator().manual_seed(0))
    return saved(network, tmp_path_factory.mktemp("networks") / "identity.safetensors")


@pytest.fixture(scope="session")
def pages() -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """The same page by dpi: clean, and on uneven grey paper that is lighter than ``PAPER`` everywhere; 8-bit grey."""
    made = {}
    for dpi in (100, 150, 200, 300, 600):
        clean = clean_page(np.random.default_rng(2), dpi, (32, 50), Fonts("pillow"), kind="text")
        down, right = (np.linspace(0, 1, side, dtype=np.float32) for side in clean.shape)
        paper = 0.85 + 0.1 * np.sin(5 * down[:, None] + 9 * right[None]) * down[:, None]
        made[dpi] = tuple(np.round(255 * page).astype(np.uint8) for page in (clean, clean * paper))
    return made
