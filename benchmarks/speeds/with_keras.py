"""Keras, with the backend that KERAS_BACKEND names: layers, compile, fit and predict."""

import keras
import numpy as np
from keras import layers

PREDICTED_AT_ONCE = 8192  # by default 32, which takes longer


class Keras:
    """What the networks share. A fit begins with the weights and the optimiser of a new model, compiled already."""

    def __init__(self, encoder: list[layers.Layer], decoder: list[layers.Layer], batch_size: int) -> None:
        keras.utils.set_random_seed(0)
        self.encoder = keras.Sequential(encoder)
        self.model = keras.Sequential([self.encoder, *decoder])
        self.model.compile(optimizer=keras.optimizers.Adam(), loss="mse", jit_compile="auto")
        self.model.optimizer.build(self.model.trainable_variables)
        self.batch_size = batch_size
        self._variables = [*self.model.variables, *self.model.optimizer.variables]
        self._start = [np.array(variable) for variable in self._variables]

    def train(self, rows: np.ndarray, epochs: int) -> None:
        for variable, value in zip(self._variables, self._start, strict=True):
            variable.assign(value)
        self.model.fit(rows, rows, batch_size=self.batch_size, epochs=epochs, verbose=0)

    def encode(self, rows: np.ndarray) -> np.ndarray:
        return self.encoder.predict(rows, batch_size=PREDICTED_AT_ONCE, verbose=0)

    def encode_by_default(self, rows: np.ndarray) -> np.ndarray:
        return self.encoder.predict(rows, verbose=0)

    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.model.predict(rows, batch_size=PREDICTED_AT_ONCE, verbose=0)


class Dense(Keras):
    """Widths from the data's to the code's, and back."""

    def __init__(self, widths: list[int], batch_size: int) -> None:
        super().__init__([keras.Input((widths[0],)), *stack(widths)], stack(widths[::-1]), batch_size)


def stack(widths: list[int]) -> list[layers.Layer]:
    return [*(layers.Dense(width, activation="relu") for width in widths[1:-1]), layers.Dense(widths[-1])]


class Convolutional(Keras):
    """The reference network of docs/convolutional-network.md."""

    def __init__(self, batch_size: int) -> None:
        super().__init__(
            [keras.Input((None, None, 1)), *convolved(), layers.MaxPooling2D(), *convolved(), layers.MaxPooling2D()],
            [
                layers.UpSampling2D(), *convolved(), layers.UpSampling2D(), *convolved(),
                layers.Conv2D(1, 3, padding="same"),
            ],
            batch_size,
        )  # fmt: skip

    def train(self, rows: np.ndarray, epochs: int) -> None:
        super().train(rows[..., None], epochs)

    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return super().reconstruct(rows[..., None])


def convolved() -> list[layers.Layer]:
    return [layers.Conv2D(64, 3, padding="same"), layers.BatchNormalization(), layers.LeakyReLU()]
