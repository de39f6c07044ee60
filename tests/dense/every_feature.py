"""Everything that can be done with tables, on small ones; the argument is an empty folder."""

import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits, load_wine

import isthmus
from isthmus import Autoencoder, MissingExtraError
from isthmus.cli import main

WINE, DIGITS = load_wine().data, load_digits().data[:200] / 16
SHORT = {"max_epochs": 3, "random_state": 0}


def models():
    noisy = DIGITS + np.random.default_rng(0).normal(0, 0.1, DIGITS.shape)
    for activation in ("relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "silu"):
        yield Autoencoder(3, activation=activation, **SHORT).fit(WINE), WINE
    yield Autoencoder(3, activation="identity").fit(WINE), WINE
    yield Autoencoder(3, activation="identity", start="random", max_epochs=2).fit(WINE), WINE
    yield Autoencoder(3, activation="identity", scale="standard", whiten=True).fit(WINE.astype(np.float32)), WINE
    yield Autoencoder(3, activation="identity").partial_fit(WINE[:90]).partial_fit(WINE[90:]), WINE
    yield Autoencoder(6, ordered=True, **SHORT).fit(WINE), WINE
    yield Autoencoder(6, ordered=True, **SHORT).fit(WINE).truncate(3), WINE
    yield Autoencoder(4, start="random", scale="standard", **SHORT).fit(WINE), WINE
    yield Autoencoder(8, loss="bce", **SHORT).fit(DIGITS), DIGITS
    yield Autoencoder(8, noise="salt_and_pepper", **SHORT).fit(DIGITS), DIGITS
    yield Autoencoder(8, **SHORT).fit(noisy, target=DIGITS), noisy
    yield Autoencoder(4, **SHORT).partial_fit(WINE[:90]).partial_fit(WINE[90:]), WINE


def use(model, rows, folder):
    codes = model.transform(rows)
    assert model.inverse_transform(codes).shape == rows.shape == model.reconstruct(rows).shape
    assert np.isfinite(model.score(rows))
    assert model.reconstruction_error(rows).shape == (len(rows),)
    assert model.code_influence(rows).shape == (model.code_size_, rows.shape[1])
    model.save(folder / "model.safetensors")
    assert np.array_equal(isthmus.load(folder / "model.safetensors").transform(rows), codes)
    model.export(folder / "model.onnx", "reconstruct")
    assert np.array_equal(pickle.loads(pickle.dumps(model)).transform(rows), codes)


def run(*arguments):
    assert main([str(argument) for argument in arguments]) == 0, arguments


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    warnings.simplefilter("ignore")
    for model, rows in models():
        use(model, rows, folder)
    isthmus.compare(WINE, estimator=Autoencoder(3, **SHORT))
    Autoencoder(3, **SHORT).fit(WINE).report(WINE).save(folder / "report.html")
    isthmus.tune(WINE, Autoencoder(scale="standard", **SHORT), n_trials=2, random_state=0)
    table, file = folder / "table.csv", folder / "model"
    np.savetxt(table, WINE, delimiter=",")
    run("fit", table, "-o", file, "--code-size", 3, "--max-epochs", 2, "--quiet")
    run("encode", file, table, "-o", folder / "codes.csv")
    run("decode", file, folder / "codes.csv", "-o", folder / "decoded.npy")
    run("reconstruct", file, table, "-o", folder / "reconstructed.csv")
    run("export", file, "-o", folder / "model.onnx", "--part", "score", "--check", table)
    run("info", file)
    run("report", file, table, "-o", folder / "page.html")
    run("compare", table, "--code-sizes", 3)
    for needs_torch in (lambda: Autoencoder(device="cuda").fit(WINE), lambda: model.module_,
                        lambda: isthmus.ConvAutoencoder):  # fmt: skip
        try:
            needs_torch()
        except MissingExtraError as error:
            print(error, file=sys.stderr)
    assert "torch" not in sys.modules
    print("all done without torch")
