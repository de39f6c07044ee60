"""The search of ``isthmus.tune`` as somebody would write it with skorch and Optuna, for benchmarks/tuning.py."""

import time
import warnings

import numpy as np
import optuna
import torch
from sklearn.model_selection import train_test_split
from skorch import NeuralNetRegressor
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.dataset import ValidSplit
from torch import nn

ACTIVATIONS = {
    "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh, "elu": nn.ELU,
}  # fmt: skip
EPOCHS, BATCH, PATIENCE, HELD = 200, 32, 30, 0.2


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
