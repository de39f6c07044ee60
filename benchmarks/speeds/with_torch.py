"""PyTorch: the loop of its tutorials, its tensors indexed instead of given row by row; and a bound to all loops."""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn


def stack(widths: list[int] | tuple[int, ...]) -> nn.Sequential:
    """Dense layers with ReLU between them."""
    layers = [module for sizes in pairwise(widths) for module in (nn.Linear(*sizes), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def train_plainly(network: nn.Module, rows: Tensor, epochs: int, batch_size: int) -> None:
    """Adam and squared error."""
    network.train()
    optimiser = torch.optim.Adam(network.parameters())
    for _ in range(epochs):
        for index in torch.split(torch.randperm(len(rows)), batch_size):
            batch = rows[index]
            loss = nn.functional.mse_loss(network(batch), batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


class Torch:
    """What the networks share: rows in, rows out."""

    encoder: nn.Module
    decoder: nn.Module

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size

    def start(self) -> None:
        """New weights."""
        raise NotImplementedError

    def train(self, rows: np.ndarray, epochs: int) -> None:
        torch.manual_seed(0)
        self.start()
        train_plainly(nn.Sequential(self.encoder, self.decoder), self.tensor(rows), epochs, self.batch_size)

    @torch.no_grad()
    def encode(self, rows: np.ndarray) -> np.ndarray:
        return self.encoder.eval()(self.tensor(rows)).numpy()

    @torch.no_grad()
    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.decoder.eval()(self.encoder.eval()(self.tensor(rows))).numpy()

    def tensor(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(rows)


class Dense(Torch):
    """Widths from the data's to the code's, and back."""

    def __init__(self, widths: list[int], batch_size: int) -> None:
        super().__init__(batch_size)
        self.widths = widths

    def start(self) -> None:
        self.encoder, self.decoder = stack(self.widths), stack(self.widths[::-1])


class Convolutional(Torch):
    """The reference network of docs/convolutional-network.md."""

    def start(self) -> None:
        self.encoder = nn.Sequential(*convolved(1), nn.MaxPool2d(2), *convolved(64), nn.MaxPool2d(2))
        self.decoder = nn.Sequential(
            nn.Upsample(scale_factor=2), *convolved(64), nn.Upsample(scale_factor=2), *convolved(64),
            nn.Conv2d(64, 1, 3, padding=1),
        )  # fmt: skip

    def tensor(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(rows)[:, None]


def convolved(channels: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.LeakyReLU()


class Multiplications:
    """The matrix products of a training step and nothing else: no loop can be faster that multiplies so."""

    def __init__(self, widths: list[int], batch_size: int) -> None:
        self.sizes = list(pairwise([*widths, *widths[-2::-1]]))
        self.batch_size = batch_size
        torch.manual_seed(0)
        self.weights = [torch.randn(sizes) / 30 for sizes in self.sizes]
        self.values = [torch.randn(batch_size, width) for width in [*widths, *widths[-2::-1]]]

    @torch.no_grad()
    def train(self, rows: np.ndarray, epochs: int) -> None:
        outputs = [torch.empty_like(values) for values in self.values]
        gradients = [torch.empty_like(weights) for weights in self.weights]
        layers = list(enumerate(self.weights))
        for _ in range(epochs * -(-len(rows) // self.batch_size)):
            for i, weights in layers:
                torch.mm(self.values[i], weights, out=outputs[i + 1])
            for i, weights in layers[::-1]:
                torch.mm(self.values[i].T, self.values[i + 1], out=gradients[i])
                if i:
                    torch.mm(self.values[i + 1], weights.T, out=outputs[i])
