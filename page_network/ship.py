"""Write a trained network to a model file.

    python page_network/ship.py pages.pt page_network/networks/pages.safetensors

Then ``export.py`` makes an ONNX file of it. The errors in the model file are measured on synthetic pages that were not
used in training.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import torch

from isthmus import ConvAutoencoder
from isthmus.networks import ConvolutionalAutoencoder
from isthmus.synthetic_pages import clean_page, noisy_page
from train import NETWORKS

SIDE = 96
N_PAGES = 64
SEED = 2**31
"""A seed for pages other than those of ``material.py``."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, help="output of train.py")
    parser.add_argument("model", type=Path, help="where to write the model file")
    arguments = parser.parse_args()
    state = torch.load(arguments.trained, weights_only=True)
    network = ConvolutionalAutoencoder(**NETWORKS[state["network_name"]])
    network.load_state_dict(state["average"])
    noisy, clean = pages(np.random.default_rng(SEED))
    model = ConvAutoencoder.from_network(network.eval(), noisy, target=clean, device="cpu")
    model.save(arguments.model)
    content = arguments.model.read_bytes()
    print(f"{state['step']} steps; {len(content) / 1e6:.2f} MB; SHA-256 {hashlib.sha256(content).hexdigest()}")


def pages(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Noisy and clean parts of synthetic pages at 150 dpi, each of shape (N_PAGES, SIDE, SIDE)."""
    millimetres = SIDE / 150 * 25.4
    clean = [clean_page(rng, 150, size_mm=(millimetres, millimetres))[:SIDE, :SIDE] for _ in range(N_PAGES)]
    return np.stack([noisy_page(page, rng, 150) for page in clean]), np.stack(clean)


if __name__ == "__main__":
    main()
