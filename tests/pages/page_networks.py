"""Networks whose function is known, and model files of networks."""

import numpy as np
import torch

from isthmus import ConvAutoencoder
from isthmus.networks import ConvolutionalAutoencoder

PAPER = 0.7


def whitening_network() -> ConvolutionalAutoencoder:
    """What is lighter than ``PAPER`` becomes white, and what is darker is stretched from black to white."""
    network = ConvolutionalAutoencoder((1,), kernel_size=1, pooling=False, activation="relu", batch_norm=False)
    with torch.no_grad():
        for layer, (weight, bias) in zip(
            (network.encoder[0].convolution, network.decoder[0].convolution, network.last),
            ((-1, PAPER), (1, 0), (-1 / PAPER, 1)),
            strict=True,
        ):
            layer.weight.fill_(weight)
            layer.bias.fill_(bias)
    return network


def whitened(grey: np.ndarray) -> np.ndarray:
    return np.minimum(grey / PAPER, 1)


def saved(network: ConvolutionalAutoencoder, path) -> str:
    pages = np.random.default_rng(0).random((2, 8, 8)).astype(np.float32)
    ConvAutoencoder.from_network(network, pages, device="cpu").save(path)
    return str(path)
