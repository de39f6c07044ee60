"""skorch: a regressor around a module."""

import numpy as np
import torch
from skorch import NeuralNetRegressor
from torch import nn

from benchmarks.speeds.with_torch import stack


class Dense:
    """Widths from the data's to the code's, and back."""

    def __init__(self, widths: list[int], batch_size: int) -> None:
        self.widths, self.batch_size = widths, batch_size

    def train(self, rows: np.ndarray, epochs: int) -> None:
        torch.manual_seed(0)
        network = nn.Sequential(stack(self.widths), stack(self.widths[::-1]))
        self.model = NeuralNetRegressor(
            network, optimizer=torch.optim.Adam, lr=0.001, max_epochs=epochs, batch_size=self.batch_size,
            iterator_train__shuffle=True, train_split=None, verbose=0,
        )  # fmt: skip
        self.model.fit(rows, rows)

    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.model.predict(rows)
