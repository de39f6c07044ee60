"""The same rows and the same layers through Isthmus and others: test error over PCA's, and seconds.

    python -m benchmarks.rows.peers [--repeats 3] [--epochs 100] [--tables digits breast_cancer]

Digits (centred, divided by one number; 16 codes) and breast cancer (standardised; a quarter of the columns as codes).
Each repeat splits the rows anew, 75 % to train on, with its number as the seed. Every network has the hidden layers
that Isthmus takes by default, in a mirror. Equal epochs are unfair to those that stop by themselves, and defaults to
those that are made for something else, so both are run: everybody's own defaults, and the same number of epochs.
benchmarks/peers.txt brings the others; one that is missing is named as missing.
"""

import argparse
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor
from torch import nn

from benchmarks.machine import heading
from benchmarks.speeds.with_torch import stack, train_plainly
from isthmus import Autoencoder, WorseThanPCAWarning
from isthmus.dense.widths import layer_widths

Rebuild = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Task:
    """What is asked of a model; ``epochs`` is None for its own defaults."""

    train: np.ndarray
    hidden: tuple[int, ...]
    code_size: int
    epochs: int | None
    seed: int

    @property
    def widths(self) -> list[int]:
        """From the data's to the code's."""
        return [self.train.shape[1], *self.hidden, self.code_size]

    def epochs_or(self, default: int) -> int:
        return default if self.epochs is None else self.epochs


def by_pca(task: Task) -> Rebuild:
    pca = PCA(task.code_size).fit(task.train)
    return lambda rows: pca.inverse_transform(pca.transform(rows))


def by_isthmus(task: Task, start: str = "pca") -> Rebuild:
    epochs = {} if task.epochs is None else {"max_epochs": task.epochs, "patience": None}
    return Autoencoder(task.code_size, start=start, random_state=task.seed, **epochs).fit(task.train).reconstruct


def by_isthmus_from_random(task: Task) -> Rebuild:
    return by_isthmus(task, "random")


def by_mlp_regressor(task: Task) -> Rebuild:
    layers = (*task.hidden, task.code_size, *task.hidden[::-1])
    same = {} if task.epochs is None else {"max_iter": task.epochs, "n_iter_no_change": task.epochs + 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that max_iter was reached
        return (
            MLPRegressor(hidden_layer_sizes=layers, random_state=task.seed, **same).fit(task.train, task.train).predict
        )


def by_plain_loop(task: Task) -> Rebuild:
    """What tutorials of Keras do, in PyTorch: Adam at 0.001, batches of 32, 50 epochs."""
    torch.manual_seed(task.seed)
    network = nn.Sequential(stack(task.widths), stack(task.widths[::-1]))
    train_plainly(network, torch.from_numpy(task.train.astype(np.float32)), task.epochs_or(50), 32)
    return applied(network)


def by_pyod(task: Task) -> Rebuild:
    from pyod.models.auto_encoder import AutoEncoder  # noqa: PLC0415 — may be missing

    model = AutoEncoder(
        hidden_neuron_list=[*task.hidden, task.code_size],
        epoch_num=task.epochs_or(10),
        random_state=task.seed,
        preprocessing=False,  # the rows have unit scale already, and the error is measured in it
        verbose=0,
    ).fit(task.train.astype(np.float32))
    return applied(model.model.eval().cpu())


def by_pythae(task: Task) -> Rebuild:
    from benchmarks.speeds.with_pythae import trained  # noqa: PLC0415 — may be missing

    logging.disable(logging.WARNING)
    return applied(trained(task.widths, task.train.astype(np.float32), task.epochs_or(100), task.seed))


def applied(network: nn.Module) -> Rebuild:
    return lambda rows: network(torch.from_numpy(rows.astype(np.float32))).detach().numpy()


MODELS: dict[str, tuple[Callable[[Task], Rebuild], str | None]] = {
    "Isthmus": (by_isthmus, None),
    "Isthmus, random start": (by_isthmus_from_random, None),
    "PCA": (by_pca, None),
    "MLPRegressor(X, X)": (by_mlp_regressor, None),
    "plain loop": (by_plain_loop, None),
    "PyOD AutoEncoder": (by_pyod, "pyod"),
    "pythae AE": (by_pythae, "pythae"),
}
TABLES = {"digits": (load_digits, 16, False), "breast_cancer": (load_breast_cancer, None, True)}


def parts(name: str, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Training rows, test rows and the number of codes."""
    load, code_size, standardise = TABLES[name]
    train, test = train_test_split(load().data.astype(np.float64), test_size=0.25, random_state=seed)
    mean = train.mean(axis=0)
    unit = train.std(axis=0) if standardise else np.sqrt(np.mean((train - mean) ** 2))
    return (train - mean) / unit, (test - mean) / unit, code_size or max(1, train.shape[1] // 4)


def measure(name: str, epochs: int | None, repeats: int) -> dict[str, list[tuple[float, float]]]:
    """Test error over PCA's and seconds, by model and repeat; no entries for those that are missing."""
    found: dict[str, list[tuple[float, float]]] = {model: [] for model in MODELS}
    for seed in range(repeats):
        train, test, code_size = parts(name, seed)
        task = Task(train, layer_widths(2, train.shape[1], code_size), code_size, epochs, seed)
        expected = np.mean((by_pca(task)(test) - test) ** 2)
        for model, (fit, package) in MODELS.items():
            if package is None or find_spec(package):
                began = time.perf_counter()
                rebuild = fit(task)
                seconds = time.perf_counter() - began
                found[model].append((float(np.mean((rebuild(test) - test) ** 2) / expected), seconds))
    return found


def show(found: dict[str, list[tuple[float, float]]]) -> None:
    print("| model | test error / PCA's | times Isthmus's | seconds | times Isthmus's |\n|---|---|---|---|---|")
    ours = np.array(found["Isthmus"])
    for model, values in found.items():
        if not values:
            print(f"| {model} | not installed | | | |")
            continue
        errors, seconds = np.array(values).T
        print(
            f"| {model} | {span(errors)} | {geometric_mean(errors / ours[:, 0]):.2f} | "
            f"{span(seconds)} | {geometric_mean(seconds / ours[:, 1]):.2g} |",
            flush=True,
        )


def span(values: np.ndarray) -> str:
    """The geometric mean, and the smallest and largest value."""
    mean, low, high = (f"{value:.3f}" if value < 10 else f"{value:.1f}" for value in
                       (geometric_mean(values), values.min(), values.max()))  # fmt: skip
    return f"{mean} ({low}–{high})"


def geometric_mean(values: np.ndarray) -> float:
    return float(np.exp(np.mean(np.log(values))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    arguments = parser.parse_args()
    others = [f"{package} {version(package)}" for _, package in MODELS.values() if package and find_spec(package)]
    print(heading() + "".join(f", {other}" for other in others))
    # Work whose only thread is Isthmus's by its own choice would be compared with several of the others.
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", WorseThanPCAWarning)  # the table says it
    for fit, package in MODELS.values():  # what is imported or compiled once is nobody's time to fit
        if package is None or find_spec(package):
            fit(Task(parts("digits", 0)[0][:64], (8,), 2, 1, 0))
    print(f"\nOne thread; {arguments.repeats} repeats: geometric mean (smallest–largest).")
    for name in arguments.tables:
        for epochs in (None, arguments.epochs):
            train, _, code_size = parts(name, 0)
            how = "everybody's own defaults" if epochs is None else f"{epochs} epochs"
            print(f"\n**{name}**, {train.shape[1]} columns, {code_size} codes, {how}:\n")
            show(measure(name, epochs, arguments.repeats))


if __name__ == "__main__":
    main()
