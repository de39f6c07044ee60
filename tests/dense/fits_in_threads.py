"""Fit many networks one after the other, and then in several threads; print whether they are the same."""

import hashlib
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from isthmus import Autoencoder

KINDS = [
    {}, {"ordered": True}, {"noise": "gaussian"}, {"activation": "gelu", "start": "random"}, {"activation": "identity"},
    {"loss": "bce"}, {"encoder_layers": (400, 300), "batch_size": 128, "validation_fraction": 0.1},
]  # fmt: skip


def fingerprint(seed: int) -> str:
    """Fit one network; every seventh is so large that its steps are shared among threads."""
    kind = KINDS[seed % len(KINDS)]
    n_rows, n_features = (260, 60) if "encoder_layers" in kind else (40, 5)
    X = np.random.default_rng(seed).random((n_rows, n_features))
    model = Autoencoder(3, max_epochs=2, random_state=seed, **kind).fit(X)
    digest = hashlib.sha256(model.transform(X).tobytes() + model.reconstruct(X).tobytes())
    for name in sorted(model.fitted_.network.arrays):
        digest.update(model.fitted_.network.arrays[name].tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    seeds = range(int(sys.argv[1]))
    one_by_one = [fingerprint(seed) for seed in seeds]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(fingerprint, seeds))
    different = [seed for seed in seeds if one_by_one[seed] != together[seed]]
    print(f"{len(set(one_by_one))} fits, {len(different)} of them others in threads")
