"""Fashion-MNIST through 784-256-128-32 and back: test error and seconds, PCA start and random start.

    python -m benchmarks.rows.fashion_mnist FOLDER [--seeds N] [--epochs 1 7 20]

FOLDER holds the four .gz files (Debian: dataset-fashion-mnist). Trained on the first 20,000 training images in
[0, 1]; the error is that of the 10,000 test images. Everything that is not named is the default.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from benchmarks.machine import heading
from benchmarks.speeds.data import images
from isthmus import Autoencoder, WorseThanPCAWarning


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 7, 20])
    arguments = parser.parse_args()
    train = images(arguments.folder / "train-images-idx3-ubyte.gz")[:20_000]
    test = images(arguments.folder / "t10k-images-idx3-ubyte.gz")
    warnings.simplefilter("ignore", WorseThanPCAWarning)  # the table says it
    print(heading() + "\n")
    began = time.perf_counter()
    pca = PCA(32).fit(train)
    seconds = time.perf_counter() - began
    error = np.mean((pca.inverse_transform(pca.transform(test)) - test) ** 2)
    print("| model | epochs | test error | seconds |\n|---|---|---|---|")
    print(f"| PCA, 32 components | | {error:.5f} | {seconds:.1f} |", flush=True)
    for start in ("pca", "random"):
        for loss in ("bce", "mse"):
            for epochs in arguments.epochs:
                errors, spent = [], []
                for seed in range(arguments.seeds):
                    model = Autoencoder(
                        32, encoder_layers=(256, 128), loss=loss, start=start, max_epochs=epochs, random_state=seed
                    )
                    began = time.perf_counter()
                    model.fit(train)
                    spent.append(time.perf_counter() - began)
                    errors.append(float(model.reconstruction_error(test).mean()))
                print(
                    f"| {start} start, {loss} | {epochs} | {min(errors):.5f}–{max(errors):.5f} | "
                    f"{min(spent):.1f}–{max(spent):.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
