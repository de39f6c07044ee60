"""Ordered codes: one fit for every code size, beside models fitted for one size alone and PCA.

    python -m benchmarks.rows.ordered --fashion FOLDER [--epochs N] [--seeds N]
    python -m benchmarks.rows.ordered --tables FOLDER

The first needs Fashion-MNIST's .gz files (Debian: dataset-fashion-mnist) and trains 784-256-128-32 on the first 20,000
training images; errors are those of the 10,000 test images. The unordered model of 32 codes is trained for as long as
the ordered one took, in seconds of one processor; the models of one size for as many epochs. The second fits ADBench's
tables (.npz, normal rows, at most 3,000 of them, standardised) and three that scikit-learn bundles with code_size=0.95,
and counts codes.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from benchmarks.machine import heading
from benchmarks.rows.tables import parts
from benchmarks.speeds.data import images
from isthmus import Autoencoder

CODES = 32
ALONE = (2, 8, 16)
MOST_ROWS = 3000


def fashion(folder: Path, epochs: int, seeds: int) -> None:
    train = images(folder / "train-images-idx3-ubyte.gz")[:20_000]
    test = images(folder / "t10k-images-idx3-ubyte.gz")
    for seed in range(seeds):
        fit = {"encoder_layers": (256, 128), "random_state": seed, "patience": None}
        began = time.process_time()
        ordered = Autoencoder(CODES, ordered=True, max_epochs=epochs, **fit).fit(train)
        seconds = time.process_time() - began
        table = ordered.rate_distortion(test)
        above = int((table["error"] >= table["pca_error"]).sum())
        print(f"\nSeed {seed}: {epochs} epochs in {seconds:.0f} s; at {above} of {CODES} sizes not below PCA.\n")
        print("| codes | ordered | PCA |\n|---|---|---|")
        for k in (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32):
            print(f"| {k} | {table['error'][k - 1]:.5f} | {table['pca_error'][k - 1]:.5f} |", flush=True)
        print("\n| codes | epochs | seconds | alone | ordered | ordered / alone |\n|---|---|---|---|---|---|")
        spent = math.nan
        for k in (*ALONE, CODES):
            n_epochs = epochs
            if k == CODES:  # as long as the ordered one took, by the seconds of the 16 codes before it
                n_epochs = round(epochs * seconds / spent)
            began = time.process_time()
            alone = Autoencoder(k, max_epochs=n_epochs, **fit).fit(train)
            spent = time.process_time() - began
            error, ours = float(alone.reconstruction_error(test).mean()), table["error"][k - 1]
            print(f"| {k} | {n_epochs} | {spent:.0f} | {error:.5f} | {ours:.5f} | {ours / error:.3f} |", flush=True)


def count_codes(folder: Path) -> None:
    data = {path.stem: parts(path)["train"] for path in sorted(folder.glob("*.npz"))}
    for name, load in (("digits", load_digits), ("wine", load_wine), ("breast cancer", load_breast_cancer)):
        data[name] = StandardScaler().fit_transform(load().data)
    fewer = 0
    print("\n| table | rows | columns | codes of PCA for 95 % | ordered codes | share explained (held-out rows) |")
    print("|---|---|---|---|---|---|")
    for name, everything in data.items():
        rows = everything[:MOST_ROWS]
        model = Autoencoder(0.95, ordered=True, random_state=0).fit(rows)
        held = np.sort(np.random.RandomState(0).permutation(len(rows))[: round(0.1 * len(rows))])
        needed = PCA(0.95, svd_solver="full").fit(np.delete(rows, held, axis=0)).n_components_
        fewer += model.code_size_ < needed
        share = 1 - model.validation_error_ / model.validation_variance_
        print(f"| {name} | {len(rows)} | {rows.shape[1]} | {needed} | {model.code_size_} | {share:.1%} |", flush=True)
    print(f"\nFewer codes on {fewer} of {len(data)} tables.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fashion", type=Path)
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(heading())
    if arguments.fashion:
        fashion(arguments.fashion, arguments.epochs, arguments.seeds)
    if arguments.tables:
        count_codes(arguments.tables)


if __name__ == "__main__":
    main()
