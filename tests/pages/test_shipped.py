"""The networks that come with Isthmus."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import isthmus
from isthmus.networks import ConvolutionalAutoencoder
from isthmus.pages.shipped import FOLDER, SHIPPED, load_network
from isthmus.synthetic_pages import Fonts, clean_page, noisy_page

MODELS = Path(__file__).parents[2] / "page_network" / "networks"
CARD = Path(__file__).parents[2] / "docs" / "page-network.md"


@pytest.mark.parametrize("name", SHIPPED)
def test_networks_are_small_and_as_their_card_says(name):
    content = (MODELS / f"{name}.safetensors").read_bytes()
    assert (FOLDER / f"{name}.onnx").stat().st_size <= 4e6
    assert hashlib.sha256(content).hexdigest() in CARD.read_text(encoding="utf-8")


def test_the_reference_is_the_plain_network():
    network = isthmus.load(MODELS / "reference.safetensors").module_.convolutional
    plain = ConvolutionalAutoencoder()
    assert network.settings == plain.settings
    assert sum(p.numel() for p in network.parameters()) == sum(p.numel() for p in plain.parameters()) == 112_257


def test_networks_clean_and_the_page_network_cleans_better():
    rng, fonts, errors = np.random.default_rng(0), Fonts("pillow"), []
    for _ in range(4):
        clean = clean_page(rng, 150, (60, 50), fonts)
        dirty = noisy_page(clean, rng, 150, fonts=fonts)
        errors.append([np.mean((page - clean) ** 2) for page in (dirty, *_cleaned(dirty))])
    before, plain, better = np.mean(errors, axis=0)
    assert before > plain > better


def _cleaned(dirty):
    """By the reference network, and by the page network."""
    return [isthmus.clean(dirty, network=load_network(name), dpi=150) for name in ("reference", "pages")]
