"""scikit-learn: MLPRegressor(X, X), which puts its activation on the code, too."""

import numpy as np
from sklearn.neural_network import MLPRegressor


class Dense:
    """Widths from the data's to the code's, and back."""

    def __init__(self, widths: list[int], batch_size: int) -> None:
        hidden = (*widths[1:], *widths[-2:0:-1])
        self.model = MLPRegressor(hidden_layer_sizes=hidden, batch_size=batch_size, alpha=0, random_state=0)

    def train(self, rows: np.ndarray, epochs: int) -> None:
        self.model.set_params(max_iter=epochs, n_iter_no_change=epochs + 1).fit(rows, rows)

    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.model.predict(rows)
