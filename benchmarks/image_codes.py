"""Codes of images: convolutions from the PCA start and from a random one, beside dense networks and PCA.

    python benchmarks/image_codes.py --fashion FOLDER [--docs FILE]

FOLDER holds Fashion-MNIST's .gz files (Debian: dataset-fashion-mnist). Trained on the first 20,000 training images in
[0, 1]; errors are mean squared errors of the 10,000 test images, seconds those of one processor in training. Dense
networks train for many times more epochs, as theirs are shorter.
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from sklearn.decomposition import PCA

from fashion_mnist import images
from isthmus import Autoencoder, ConvAutoencoder, WorseThanPCAWarning
from machine import heading
from run import put

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fashion", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--more-epochs", type=int, default=15)
    parser.add_argument("--dense-epochs", type=int, default=40)
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", WorseThanPCAWarning)  # the table says it
    train = images(arguments.fashion / "train-images-idx3-ubyte.gz")[:20_000]
    test = images(arguments.fashion / "t10k-images-idx3-ubyte.gz")
    lines = [heading(), "", "| codes | model | epochs | test error | seconds |", "|---|---|---|---|---|"]
    print("\n".join(lines), flush=True)
    for codes in CODES:
        began = time.process_time()
        pca = PCA(codes, random_state=0).fit(train)
        spent = time.process_time() - began
        error = float(((pca.inverse_transform(pca.transform(test)) - test) ** 2).mean())
        rows = [f"| {codes} | PCA | | {error:.5f} | {spent:.0f} |"]
        print(rows[0], flush=True)
        n_epochs = arguments.epochs, arguments.more_epochs, arguments.dense_epochs
        for name, n, model in models(codes, *n_epochs):
            began = time.process_time()
            model.fit(train)
            spent = time.process_time() - began
            error = float(model.reconstruction_error(test).mean())
            rows.append(f"| {codes} | {name} | {n} | {error:.5f} | {spent:.0f} |")
            print(rows[-1], flush=True)
        lines += rows
    if arguments.docs:
        put(arguments.docs, "image codes", "\n".join(lines))


if __name__ == "__main__":
    main()
