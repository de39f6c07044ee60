"""What is measured on the rows of a report, in one pass over them; only a batch is ever dense."""

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy import sparse
from sklearn.utils import gen_batches

from isthmus.estimators.base import BaseAutoencoder
from isthmus.rows.batches import n_batch_rows
from isthmus.rows.frames import without_torch

MAX_SAMPLE = 2000


@dataclass(frozen=True)
class Measured:
    """Rows, as they are and as their codes keep them.

    ``unit`` divides each column before errors are squared: the errors of a model with ``scale="standard"`` are
    those of standardised columns, and others are in the data's units. ``sample`` holds at most ``MAX_SAMPLE`` rows,
    drawn evenly, for what would be too much on all of them.
    """

    n_rows: int
    unit: Float64[np.ndarray, " features"]
    minimum: Float64[np.ndarray, " features"]
    maximum: Float64[np.ndarray, " features"]
    mean: Float64[np.ndarray, " features"]
    deviation: Float64[np.ndarray, " features"]
    column_error: Float64[np.ndarray, " features"]  # in the data's units, squared
    row_error: Float64[np.ndarray, " rows"]
    training_mean: Float64[np.ndarray, " features"]
    training_mean_error: Float64[np.ndarray, " features"]  # of the training mean alone, in the data's units, squared
    sample: Int[np.ndarray, " sample"]
    sample_values: Float64[np.ndarray, "sample features"]
    sample_codes: Float64[np.ndarray, "sample codes"]

    @property
    def error(self) -> float:
        """Mean squared error of the reconstructions, in the model's units."""
        return float(np.mean(self.column_error / self.unit**2))

    @property
    def variance(self) -> float:
        """Mean squared error of the training mean alone, in the model's units."""
        return float(np.mean(self.training_mean_error / self.unit**2))

    @property
    def is_constant(self) -> Bool[np.ndarray, " features"]:
        constant: np.ndarray = self.minimum == self.maximum
        return constant


def measure(model: BaseAutoencoder, X: Any) -> Measured:
    """Put all rows through the model, and keep what the report says of them."""
    n_rows, n_features = X.shape[0], model.n_features_in_
    unit = error_unit(model)
    sample = sample_of(n_rows, MAX_SAMPLE)
    minimum, maximum = np.full(n_features, np.inf), np.full(n_features, -np.inf)
    sums, squares, residuals = np.zeros((3, n_features))
    row_error = np.empty(n_rows)
    values_of_sample, codes_of_sample = [], []
    for rows in gen_batches(n_rows, n_batch_rows(n_features)):
        part = take(X, rows)
        codes = np.asarray(model.transform(part))
        rebuilt = np.asarray(model.inverse_transform(codes), dtype=np.float64).reshape(len(codes), -1)
        values = values_of(part)
        centred, difference = values - model.mean_, rebuilt - values
        minimum, maximum = np.minimum(minimum, values.min(axis=0)), np.maximum(maximum, values.max(axis=0))
        sums += centred.sum(axis=0)
        squares += (centred**2).sum(axis=0)
        residuals += (difference**2).sum(axis=0)
        row_error[rows] = np.mean((difference / unit) ** 2, axis=1)
        chosen = sample[(sample >= rows.start) & (sample < rows.stop)] - rows.start
        values_of_sample.append(values[chosen])
        codes_of_sample.append(codes[chosen].astype(np.float64))
    offset, constant = sums / n_rows, minimum == maximum
    deviation = np.sqrt(np.maximum(squares / n_rows - offset**2, 0))
    return Measured(
        n_rows=n_rows,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        mean=np.where(constant, minimum, model.mean_ + offset),
        deviation=np.where(constant, 0.0, deviation),
        column_error=residuals / n_rows,
        row_error=row_error,
        training_mean=model.mean_,
        training_mean_error=squares / n_rows,
        sample=sample,
        sample_values=np.concatenate(values_of_sample),
        sample_codes=np.concatenate(codes_of_sample),
    )


def error_unit(model: BaseAutoencoder) -> Float64[np.ndarray, " features"]:
    """What columns are divided by before the model's published errors are squared."""
    return model.scale_ if model.scale == "standard" else np.ones(model.n_features_in_)


def best_linear_error(
    values: Float64[np.ndarray, "rows features"], unit: Float64[np.ndarray, " features"]
) -> Float64[np.ndarray, " sizes"]:
    """Mean squared error that PCA with 0, 1, 2, … components has on the very rows that it is fitted to.

    No linear code of that size has a smaller one on these rows (Eckart & Young 1936).
    """
    centred = (values - values.mean(axis=0)) / unit
    gram = centred @ centred.T if len(values) < values.shape[1] else centred.T @ centred
    spectrum = np.maximum(np.linalg.eigvalsh(gram)[::-1], 0)
    rest = np.concatenate([np.cumsum(spectrum[::-1])[::-1], [0.0]])
    rest[rest < 1e-12 * rest[0]] = 0  # what rounding leaves
    return rest / values.size


def sample_of(n_rows: int, most: int) -> Int[np.ndarray, " sample"]:
    """The numbers of at most ``most`` rows, in order; the same ones every time."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, most, replace=False))


def take(X: Any, rows: slice | np.ndarray) -> Any:
    """Some rows of a table, as a table of the same kind."""
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return nw.to_native(frame[rows])
    return X[rows]


def values_of(X: Any) -> Float64[np.ndarray, "rows features"]:
    """The numbers of a small table of any kind."""
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        X = frame.to_numpy()
    elif sparse.issparse(X):
        X = X.toarray()
    return np.asarray(without_torch(X), dtype=np.float64)
