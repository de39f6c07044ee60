"""PyOD's AutoEncoder, whose fit ends with the outlier scores of its rows."""

import numpy as np
import torch
from pyod.models.auto_encoder import AutoEncoder


class Dense:
    """Widths from the data's to the code's, and back."""

    def __init__(self, widths: list[int], batch_size: int) -> None:
        self.widths, self.batch_size = widths, batch_size

    def train(self, rows: np.ndarray, epochs: int) -> None:
        self.model = AutoEncoder(
            hidden_neuron_list=self.widths[1:], epoch_num=epochs, batch_size=self.batch_size, batch_norm=False,
            dropout_rate=0, preprocessing=False, optimizer_params={}, random_state=0, verbose=0,
        ).fit(rows)  # fmt: skip

    @torch.no_grad()
    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.model.model.eval()(torch.from_numpy(rows)).numpy()

    def errors(self, rows: np.ndarray) -> np.ndarray:
        return self.model.decision_function(rows)
