"""Codes of images: convolutions from the PCA start and from a random one, beside dense networks and PCA.

    python -m benchmarks.networks.image_codes --fashion FOLDER [--part {models,seconds}] [--docs FILE]

FOLDER holds Fashion-MNIST's .gz files (Debian: dataset-fashion-mnist). Trained on the first 20,000 training images in
[0, 1]; errors are mean squared errors of the 10,000 test images, seconds those of one processor in training. Dense
networks train for many times more epochs, as theirs are shorter, and in the part "seconds" for about as long as the
convolutions do.
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA

from benchmarks.machine import heading
from benchmarks.run import put
from benchmarks.speeds.data import images
from isthmus import Autoencoder, ConvAutoencoder, WorseThanPCAWarning

CODES = (8, 32)
CONVOLUTIONS = {"filters": (16, 32), "activation": "silu", "image_shape": (28, 28)}


def models(codes: int, epochs: int, more_epochs: int, dense_epochs: int) -> Iterator[tuple[str, int, Any]]:
    """The models to be compared, with their names and epochs."""
    convolutions, fit = {**CONVOLUTIONS, "code_size": codes}, {"random_state": 0, "patience": None}
    dense = {"code_size": codes, "encoder_layers": (256, 128)}
    for activation in ("relu", "silu"):
        for n in (epochs, dense_epochs):
            yield f"dense, {activation}", n, Autoencoder(**dense, **fit, activation=activation, max_epochs=n)
    for start, n in (("random", epochs), ("pca", epochs), ("pca", more_epochs)):
        model = ConvAutoencoder(**convolutions, **fit, start=start, max_epochs=n)
        yield f"convolutions, {'PCA' if start == 'pca' else start} start", n, model


def compare(folder: Path, n_epochs: tuple[int, int, int]) -> Iterator[str]:
    """Lines of the table that compares models on test images."""
    train = images(folder / "train-images-idx3-ubyte.gz")[:20_000]
    test = images(folder / "t10k-images-idx3-ubyte.gz")
    yield "| codes | model | epochs | test error | seconds |"
    yield "|---|---|---|---|---|"
    for codes in CODES:
        began = time.process_time()
        pca = PCA(codes, random_state=0).fit(train)
        spent = time.process_time() - began
        error = float(((pca.inverse_transform(pca.transform(test)) - test) ** 2).mean())
        yield f"| {codes} | PCA | | {error:.5f} | {spent:.0f} |"
        for name, n, model in models(codes, *n_epochs):
            error, spent = fitted(model, train, test)
            yield f"| {codes} | {name} | {n} | {error:.5f} | {spent:.0f} |"


def compare_seconds(folder: Path, n_epochs: int) -> Iterator[str]:
    """Lines of the table of dense networks that are trained for as long as the convolutions."""
    train = images(folder / "train-images-idx3-ubyte.gz")[:20_000]
    test = images(folder / "t10k-images-idx3-ubyte.gz")
    yield "| codes | model | epochs | test error | seconds |"
    yield "|---|---|---|---|---|"
    for codes in CODES:
        layers = {"encoder_layers": (256, 128), "activation": "silu"}
        model = Autoencoder(codes, **layers, max_epochs=n_epochs, patience=None, random_state=0)
        error, spent = fitted(model, train, test)
        yield f"| {codes} | dense, silu | {n_epochs} | {error:.5f} | {spent:.0f} |"


def fitted(model: Any, train: np.ndarray, test: np.ndarray) -> tuple[float, float]:
    """Fit a model: its error, and the seconds that it took."""
    began = time.process_time()
    model.fit(train)
    spent = time.process_time() - began
    return float(model.reconstruction_error(test).mean()), spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fashion", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--more-epochs", type=int, default=15)
    parser.add_argument("--dense-epochs", type=int, default=40)
    parser.add_argument("--longest-epochs", type=int, default=240)
    parser.add_argument("--part", choices=("models", "seconds"), default="models")
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", WorseThanPCAWarning)  # the table says it
    if arguments.part == "seconds":
        name, table = "image code seconds", compare_seconds(arguments.fashion, arguments.longest_epochs)
    else:
        n_epochs = arguments.epochs, arguments.more_epochs, arguments.dense_epochs
        name, table = "image codes", compare(arguments.fashion, n_epochs)
    lines = [heading(), ""]
    print("\n".join(lines))
    for line in table:
        print(line, flush=True)
        lines.append(line)
    if arguments.docs:
        put(arguments.docs, name, "\n".join(lines))


if __name__ == "__main__":
    main()
