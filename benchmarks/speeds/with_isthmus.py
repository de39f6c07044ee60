"""Isthmus: its estimators, everything that is not named being the default."""

import time

import numpy as np
import torch

from isthmus import Autoencoder, ConvAutoencoder
from isthmus.training.history import History

# Everyone trains on all rows, and for as many epochs as are asked for.
ALL_ROWS = {"validation_fraction": 0.0, "patience": None, "loss": "mse", "random_state": 0}


class Isthmus:
    """What its estimators share."""

    model: Autoencoder | ConvAutoencoder

    def train(self, rows: np.ndarray, epochs: int) -> None:
        self.model.set_params(max_epochs=epochs).fit(rows)

    def encode(self, rows: np.ndarray) -> np.ndarray:
        return self.model.transform(rows)

    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.model.reconstruct(rows)

    def errors(self, rows: np.ndarray) -> np.ndarray:
        return self.model.reconstruction_error(rows)


class Dense(Isthmus):
    """Widths from the data's to the code's."""

    def __init__(self, widths: list[int], batch_size: int, start: str = "pca") -> None:
        self.model = Autoencoder(
            widths[-1], encoder_layers=tuple(widths[1:-1]), batch_size=batch_size, start=start, **ALL_ROWS
        )


class Convolutional(Isthmus):
    """The reference network."""

    def __init__(self, batch_size: int) -> None:
        self.model = ConvAutoencoder(batch_size=batch_size, **ALL_ROWS)


class ByDefault(Isthmus):
    """The defaults but for layers and epochs: rows are held out, the best epoch is kept, the loss is chosen."""

    def __init__(self, widths: list[int], batch_size: int) -> None:
        self.model = Autoencoder(
            widths[-1], encoder_layers=tuple(widths[1:-1]), batch_size=batch_size, patience=None, random_state=0
        )

    def curve(self, rows: np.ndarray, epochs: int, test: np.ndarray) -> list[tuple[float, float]]:
        """After each epoch and at the end: seconds since the fit began, and the error of the test rows.

        The clock stands still while errors are measured.
        """
        model, found, measured = self.model.set_params(max_epochs=epochs), [], 0.0
        tensor = torch.from_numpy(test)

        def on_epoch(_: History) -> None:
            nonlocal measured
            now = time.perf_counter()
            model.module_.eval()
            with torch.no_grad():
                error = float((model.module_(tensor) - tensor).square().mean())
            found.append((now - began - measured, error))
            measured += time.perf_counter() - now

        began = time.perf_counter()
        model.fit(rows, on_epoch=on_epoch)
        end = time.perf_counter() - began - measured
        return [*found, (end, float(model.reconstruction_error(test).mean()))]
