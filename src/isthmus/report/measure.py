"""Measure a model on the rows of a report, in one pass; only a batch is ever dense."""

from dataclasses import dataclass
from typing import TypeAlias

import narwhals as nw
import numpy as np
from jaxtyping import Bool, Float64, Int
from sklearn.utils import gen_batches

from isthmus.report.model import Model, Table
from isthmus.rows.batches import n_batch_rows
from isthmus.rows.frames import select_rows

MAX_SAMPLE = 2000
_Rows: TypeAlias = Float64[np.ndarray, "rows features"]


@dataclass(frozen=True)
class Measured:
    """The rows of a report and their reconstructions, summarised.

    ``unit`` divides each column before errors are squared: a model with ``scale="standard"`` has errors of
    standardised columns, every other model has errors in the data's units. ``sample`` holds at most ``MAX_SAMPLE``
    evenly drawn rows, for what would cost too much on all of them.
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
        return np.asarray(self.minimum == self.maximum)

    @property
    def value_range(self) -> tuple[float, float]:
        """The smallest and the largest value of all columns."""
        return float(self.minimum.min()), float(self.maximum.max())


def measure(model: Model, X: Table) -> Measured:
    """Reconstruct all rows and summarise them."""
    n_rows, n_features = X.shape[0], model.n_features_in_
    unit = model.scale_ if model.scale == "standard" else np.ones(n_features)
    sample = sample_of(n_rows, MAX_SAMPLE)
    minimum, maximum = np.full(n_features, np.inf), np.full(n_features, -np.inf)
    sums, squares, residuals = np.zeros((3, n_features))
    row_error = np.empty(n_rows)
    sample_values, sample_codes = [], []
    for batch in gen_batches(n_rows, n_batch_rows(n_features)):
        index = np.arange(batch.start, batch.stop)
        values, codes, rebuilt = reconstructed(model, X, index)
        centred, difference = values - model.mean_, rebuilt - values
        minimum, maximum = np.minimum(minimum, values.min(axis=0)), np.maximum(maximum, values.max(axis=0))
        sums += centred.sum(axis=0)
        squares += (centred**2).sum(axis=0)
        residuals += (difference**2).sum(axis=0)
        row_error[batch] = np.mean((difference / unit) ** 2, axis=1)
        chosen = np.isin(index, sample)
        sample_values.append(values[chosen])
        sample_codes.append(codes[chosen])
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
        sample_values=np.concatenate(sample_values),
        sample_codes=np.concatenate(sample_codes),
    )


def reconstructed(
    model: Model, X: Table, index: Int[np.ndarray, " rows"]
) -> tuple[_Rows, Float64[np.ndarray, "rows codes"], _Rows]:
    """Some rows of a table: their values, their codes and their reconstructions."""
    part = select_rows(X, index)
    codes = np.asarray(model.transform(part))
    rebuilt = np.asarray(model.inverse_transform(codes), dtype=np.float64)
    frame = nw.from_native(part, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        part = frame.to_numpy()
    values = np.asarray(part.toarray() if hasattr(part, "toarray") else part, dtype=np.float64)
    return values, codes.astype(np.float64), rebuilt.reshape(len(codes), -1)


def best_linear_error(values: _Rows, unit: Float64[np.ndarray, " features"]) -> Float64[np.ndarray, " sizes"]:
    """Mean squared error of PCA with 0, 1, 2, … components on the very rows that it is fitted to.

    No linear code of the same size has a smaller error on these rows (Eckart & Young 1936).
    """
    centred = (values - values.mean(axis=0)) / unit
    gram = centred @ centred.T if len(values) < values.shape[1] else centred.T @ centred
    spectrum = np.maximum(np.linalg.eigvalsh(gram)[::-1], 0)
    rest = np.concatenate([np.cumsum(spectrum[::-1])[::-1], [0.0]])
    rest[rest < 1e-12 * rest[0]] = 0  # rounding
    return rest / values.size


def sample_of(n_rows: int, most: int) -> Int[np.ndarray, " sample"]:
    """Positions of at most ``most`` rows, in order; the same ones every time."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, most, replace=False))
