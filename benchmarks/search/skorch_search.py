"""How many trials there are in a minute, beside the search that somebody would write with skorch and Optuna.

    python -m benchmarks.search.skorch_search [--networks 24] [--repeats 3]

Both searches try the same networks, drawn from a space, on a table of 20 columns, in turns: once with the same share of
rows held out, the median pruner, the same batches, epochs and early stopping, in one process with one thread. All of
Isthmus's search also has the default network, once as a trial and once for the test, and the chosen one's training.
benchmarks/peers.txt brings skorch.
"""

import argparse
import time
import warnings
from importlib.metadata import version

import numpy as np
import optuna
import torch
from sklearn.model_selection import train_test_split
from skorch import NeuralNetRegressor
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.dataset import ValidSplit
from torch import nn

import isthmus.tuning.problem
from benchmarks.machine import heading
from benchmarks.search.tuning import changed_study, search_of

ACTIVATIONS = {
    "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh, "elu": nn.ELU,
}  # fmt: skip
EPOCHS, BATCH, PATIENCE, HELD = 200, 32, 30, 0.2
WHOLE = "Isthmus, all of the search"
SPACES = {
    "as searched by default": ((1, 4), (32, 512)),
    "small networks": ((1, 2), (16, 64)),
}
"""Hidden layers of the encoder, and nodes of the first of them, from which networks are drawn."""


class Sandwich(nn.Sequential):
    """Dense layers around a code."""

    def __init__(self, widths: tuple[int, ...], n_codes: int, n_features: int, activation: str) -> None:
        layers: list[nn.Module] = []
        before = n_features
        for width in widths:
            layers += [nn.Linear(before, width), ACTIVATIONS[activation]()]
            before = width
        layers.append(nn.Linear(before, n_codes))
        before = n_codes
        for width in widths[::-1]:
            layers += [nn.Linear(before, width), ACTIVATIONS[activation]()]
            before = width
        super().__init__(*layers, nn.Linear(before, n_features))


class Pruning(Callback):
    """Reports the held-out rows after eighths of the epochs."""

    def __init__(self, trial: optuna.Trial, held: np.ndarray, max_epochs: int) -> None:
        self.trial, self.held, self.max_epochs, self.reported = trial, held, max_epochs, 0

    def on_epoch_end(self, net: NeuralNetRegressor, **_: object) -> None:
        step = 8 * len(net.history) // self.max_epochs
        if step == self.reported or step & (step - 1):
            return
        self.reported = step
        self.trial.report(explained(net, self.held), step)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def explained(net: NeuralNetRegressor, rows: np.ndarray) -> float:
    return 1 - float(((net.predict(rows) - rows) ** 2).sum() / (rows**2).sum())


def seconds_of_skorch(X: np.ndarray, networks: list[dict[str, object]], seed: int) -> float:
    """How long it takes to try some networks."""
    began = time.monotonic()
    X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)
    n_codes = max(1, X.shape[1] // 4)
    train, held = train_test_split(X, test_size=HELD, random_state=seed)

    def objective(trial: optuna.Trial) -> float:
        n_layers, nodes = trial.suggest_int("layers", 1, 4), trial.suggest_int("nodes", 16, 512, log=True)
        taper, activation = (
            trial.suggest_float("taper", 0.5, 1),
            trial.suggest_categorical("activation", [*ACTIVATIONS]),
        )
        rate = trial.suggest_float("learning_rate", 5e-4, 1e-2, log=True)
        decay = trial.suggest_float("weight_decay", 3e-3, 1, log=True)
        epochs = trial.suggest_int("max_epochs", 10, EPOCHS, log=True)
        torch.manual_seed(seed)
        callbacks = [
            ("patience", EarlyStopping(patience=PATIENCE, load_best=True)),
            ("rate", LRScheduler(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=epochs)),
            ("pruning", Pruning(trial, held, epochs)),
        ]
        net = NeuralNetRegressor(
            Sandwich,
            module__widths=tuple(max(2, round(nodes * taper**j)) for j in range(n_layers)),
            module__n_codes=n_codes, module__n_features=X.shape[1], module__activation=activation,
            optimizer=torch.optim.AdamW, optimizer__weight_decay=decay, lr=rate, max_epochs=epochs,
            batch_size=BATCH, train_split=ValidSplit(10), callbacks=callbacks, verbose=0,
        ).fit(train, train)  # fmt: skip
        return explained(net, held)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
        )
        for network in networks:
            study.enqueue_trial(network)
        study.optimize(objective, n_trials=len(networks))
    return time.monotonic() - began


def drawn(draw: np.random.Generator, layers: tuple[int, int], nodes: tuple[int, int]) -> dict[str, object]:
    """A network, by the words that both searches have for it."""

    def between(low: float, high: float) -> float:
        return float(np.exp(draw.uniform(np.log(low), np.log(high))))

    return {
        "layers": int(draw.integers(layers[0], layers[1] + 1)),
        "nodes": round(between(*nodes)),
        "taper": float(draw.uniform(0.5, 1)),
        "activation": str(draw.choice([*ACTIVATIONS])),
        "learning_rate": between(5e-4, 1e-2),
        "weight_decay": between(3e-3, 1),
        "max_epochs": round(between(10, 200)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    draw = np.random.default_rng(0)
    codes = draw.normal(size=(2000, 5))
    X = (
        np.tanh(codes @ draw.normal(size=(5, 20)))
        + codes @ draw.normal(size=(5, 20))
        + 0.1 * draw.normal(size=(2000, 20))
    )
    torch.set_num_threads(1)
    isthmus.tuning.problem.Problem.portfolio = []  # type: ignore[method-assign, assignment]
    print(heading() + f"; skorch {version('skorch')}; {arguments.networks} networks, {arguments.repeats} times\n")
    print("| networks | | trials a minute | lowest | highest |\n|---|---|---|---|---|")
    said = []
    for name, (layers, nodes) in SPACES.items():
        rates: dict[str, list[float]] = {"Isthmus": [], WHOLE: [], "skorch": []}
        for repeat in range(arguments.repeats):
            networks = [drawn(draw, layers, nodes) for _ in range(arguments.networks)]
            space = {"layers": f"{layers[0]}:{layers[1]}", "nodes": f"{nodes[0]}:{nodes[1]}"}
            fixed = {"noise": "none", "loss": "mse", "batch_size": 32}
            began = time.monotonic()
            with changed_study(lambda study, networks=networks: [study.enqueue_trial(each) for each in networks]):
                options = {"n_trials": len(networks) + 1, "folds": 1, "random_state": repeat}
                search = search_of(X, space={**space, **fixed}, **options)
            rates[WHOLE].append(60 * len(search.trials_["trial"]) / (time.monotonic() - began))
            ended = search.study_.trials[: len(networks)]  # what is enqueued last is the default network
            seconds = (ended[-1].datetime_complete - ended[0].datetime_start).total_seconds()
            rates["Isthmus"].append(60 * len(networks) / seconds)
            seconds = seconds_of_skorch(np.delete(X, search.test_index_, axis=0), networks, repeat)
            rates["skorch"].append(60 * len(networks) / seconds)
        for kind, found in rates.items():
            print(f"| {name} | {kind} | {np.median(found):.1f} | {min(found):.1f} | {max(found):.1f} |", flush=True)
        ratios = np.divide(rates["Isthmus"], rates["skorch"])
        said.append(f"{name}: {np.median(ratios):.1f} times as many, from {ratios.min():.1f} to {ratios.max():.1f}")
    print("\n" + "\n".join(said))


if __name__ == "__main__":
    main()
