"""Fingerprints of fits: run with two versions of Isthmus, equal lines mean equal results to the last bit.

    PYTHONPATH=other/src python tests/same_fits.py > other.txt
    PYTHONPATH=src python tests/same_fits.py | diff other.txt -

It needs the same machine, libraries and number of threads for both. Only public names are used.
"""

import hashlib
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits, load_wine

from isthmus import Autoencoder, ConvAutoencoder, load, tune

WINE = load_wine().data
DIGITS = load_digits().data[:600] / 16
IMAGES = load_digits().images[:200]
SHORT: dict[str, Any] = {"max_epochs": 6, "random_state": 0}
PUBLISHED = (
    "start_error_", "validation_error_", "validation_variance_", "pca_error_", "n_epochs_", "best_epoch_", "n_samples_",
    "code_size_", "loss_", "mean_", "scale_", "components_", "explained_variance_", "explained_variance_ratio_",
    "noise_variance_", "encoder_layers_", "decoder_layers_", "image_shape_",
)  # fmt: skip


def fits() -> Iterator[tuple[str, Callable[[], Any], np.ndarray]]:
    """Name, fit and the rows that the model is then applied to."""
    noisy = DIGITS + np.random.RandomState(0).normal(0, 0.1, DIGITS.shape)
    blurred = IMAGES + np.random.RandomState(0).normal(0, 1, IMAGES.shape)
    linear: dict[str, Any] = {"activation": "identity", "loss": "mse"} | SHORT
    yield "dense", lambda: Autoencoder(4, **SHORT).fit(WINE), WINE
    yield "dense, a share", lambda: Autoencoder(0.9, scale="standard", **SHORT).fit(WINE), WINE
    yield "dense, float32", lambda: Autoencoder(4, **SHORT).fit(WINE.astype(np.float32)), WINE.astype(np.float32)
    yield "dense, at random", lambda: Autoencoder(4, start="random", **SHORT).fit(WINE), WINE
    yield "dense, start kept", lambda: Autoencoder(4, learning_rate=3.0, **SHORT).fit(WINE), WINE
    yield "dense, nothing held out", lambda: Autoencoder(4, validation_fraction=0, **SHORT).fit(WINE), WINE
    yield "ordered", lambda: Autoencoder(6, ordered=True, **SHORT).fit(WINE), WINE
    yield "ordered, cut", lambda: Autoencoder(6, ordered=True, **SHORT).fit(WINE).truncate(3), WINE
    yield "ordered, a share", lambda: Autoencoder(0.9, ordered=True, scale="standard", **SHORT).fit(WINE), WINE
    yield "linear, at PCA", lambda: Autoencoder(3, **linear).fit(WINE), WINE
    yield "linear, cut", lambda: Autoencoder(5, **linear).fit(WINE).truncate(2), WINE
    yield "linear, at random", lambda: Autoencoder(3, start="random", **linear).fit(WINE), WINE
    yield "whitened", lambda: Autoencoder(3, whiten=True, scale="standard", **linear).fit(WINE), WINE
    yield "bce", lambda: Autoencoder(8, loss="bce", **SHORT).fit(DIGITS), DIGITS
    yield "loss chosen", lambda: Autoencoder(8, **SHORT).fit(DIGITS), DIGITS
    yield "noise", lambda: Autoencoder(8, noise="masking", **SHORT).fit(DIGITS), DIGITS
    yield "target", lambda: Autoencoder(8, **SHORT).fit(noisy, target=DIGITS), noisy
    yield "in parts", lambda: Autoencoder(4, **SHORT).partial_fit(WINE[:90]).partial_fit(WINE[90:]), WINE
    yield "fitted, then in parts", lambda: Autoencoder(4, **SHORT).fit(WINE).partial_fit(WINE[90:]), WINE
    few: dict[str, Any] = {"max_epochs": 2, "random_state": 0}
    yield "convolutional", lambda: ConvAutoencoder((8, 4), **few).fit(IMAGES), IMAGES
    yield (
        "convolutional, target",
        lambda: ConvAutoencoder(4, skips=True, start="affine", **few).fit(blurred, target=IMAGES),
        blurred,
    )
    yield "convolutional, code", lambda: ConvAutoencoder((8, 4), code_size=5, **few).fit(IMAGES), IMAGES
    yield (
        "convolutional, code at random",
        lambda: ConvAutoencoder((8, 4), code_size=5, start="random", scale="standard", **few).fit(IMAGES),
        IMAGES,
    )
    yield "convolutional, in parts", lambda: ConvAutoencoder((8, 4), **few).partial_fit(IMAGES[:100]), IMAGES


def fingerprint(*arrays: Any) -> str:
    """A short digest of values, types and shapes."""
    digest = hashlib.sha256()
    for array in arrays:
        values = np.asarray(array)
        digest.update(f"{values.dtype} {values.shape}".encode())
        digest.update(str(values.tolist()).encode() if values.dtype.kind in "OU" else np.ascontiguousarray(values))
    return digest.hexdigest()[:16]


def lines() -> Iterator[str]:
    """A line for each result of each fit."""
    with tempfile.TemporaryDirectory() as folder:
        for name, fit, rows in fits():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = fit()
            file = Path(folder) / "model.safetensors"
            model.save(file)
            for kind, found in (("fitted", model), ("loaded", load(file))):
                state = [value.cpu().numpy() for value in found.module_.state_dict().values()]
                published = [getattr(found, attribute) for attribute in PUBLISHED if hasattr(found, attribute)]
                published += [found.history_[key] for key in sorted(found.history_)]
                results = found.transform(rows), found.reconstruct(rows), found.reconstruction_error(rows)
                yield f"{name}, {kind}: weights {fingerprint(*state)}, attributes {fingerprint(*published)}, " + (
                    f"results {fingerprint(*results)}, score {found.score(rows)!r}"
                )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator = Autoencoder(scale="standard", max_epochs=5, random_state=0)
            search = tune(WINE, estimator, n_trials=6, random_state=0)
        trials = [(trial.params, trial.value) for trial in search.study_.get_trials()]
        yield f"study: {fingerprint(search.transform(WINE))} {trials}"


if __name__ == "__main__":
    torch.set_num_threads(1)
    for line in lines():
        print(line)
