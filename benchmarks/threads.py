"""One thread or all of them: seconds of training for dense networks of several sizes.

    python benchmarks/threads.py [--repeats N]

Below which number of multiplications a step is ``training/threads.py`` to take one thread? Each line is a network and a
batch size; a ratio above 1 says that one thread is faster.
"""

import argparse
import time

import numpy as np
import torch

from isthmus.networks import DenseAutoencoder, start_at_random
from machine import heading

NETWORKS = (
    (20, (64, 32), 8, 32),
    (20, (64, 64), 8, 128),
    (64, (64, 64), 16, 128),
    (100, (128, 64), 25, 128),
    (256, (128, 64), 32, 128),
    (784, (256, 128), 32, 128),
    (784, (512, 256), 64, 128),
    (784, (256, 128), 32, 512),
)


def seconds(n_features: int, layers: tuple[int, ...], code_size: int, batch_size: int, n_threads: int) -> float:
    """Of 100 steps, after 20 that are not counted."""
    torch.set_num_threads(n_threads)
    network = _network(n_features, layers, code_size)
    start_at_random(network, torch.Generator().manual_seed(0))
    rows = torch.rand(batch_size, n_features)
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)
    for step in range(120):
        if step == 20:
            began = time.perf_counter()
        loss = torch.nn.functional.mse_loss(network.output_of(rows), rows)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return time.perf_counter() - began


def _network(n_features: int, layers: tuple[int, ...], code_size: int) -> DenseAutoencoder:
    return DenseAutoencoder(n_features, code_size, layers, layers[::-1], "relu", linear_paths=True, output="linear")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    most = torch.get_num_threads()
    print(heading() + "\n")
    print(f"| network | batch | multiplications a step | ms on 1 thread | ms on {most} | ratio |")
    print("|---|---|---|---|---|---|")
    for n_features, layers, code_size, batch_size in NETWORKS:
        shape = (n_features, layers, code_size, batch_size)
        times = np.array([[seconds(*shape, n) for n in (1, most)] for _ in range(arguments.repeats)]) * 10
        name = "-".join(map(str, (n_features, *layers, code_size)))
        network = DenseAutoencoder(
            *shape[:1], code_size, layers, layers[::-1], "relu", linear_paths=True, output="linear"
        )
        work = sum(p.numel() for p in network.parameters()) * batch_size
        ratio = times[:, 1] / times[:, 0]
        one, many = (f"{np.median(t):.2f} ({t.min():.2f}–{t.max():.2f})" for t in times.T)
        print(f"| {name} | {batch_size} | {work:,} | {one} | {many} | {np.median(ratio):.2f} |", flush=True)


if __name__ == "__main__":
    main()
