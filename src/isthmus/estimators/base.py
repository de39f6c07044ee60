"""What the estimators share: from fitted networks to codes, reconstructions, scores and model files."""

import copy
import os
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Float64
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags, check_array, gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from isthmus.model_files.models import read_model, write_model
from isthmus.networks import RowAutoencoder
from isthmus.networks.jacobian import mean_absolute_jacobian
from isthmus.networks.layers import Layer
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.frames import as_type_of, without_torch

if TYPE_CHECKING:
    from isthmus.report import Report


class BaseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted network ``module_`` behind scikit-learn's methods; subclasses fit it."""

    module_: RowAutoencoder
    mean_: Float64[np.ndarray, " columns"]
    scale_: Float64[np.ndarray, " columns"]
    code_size_: int
    n_features_in_: int

    def transform(self, X: Any) -> Any:
        """Encode rows.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)

        Returns
        -------
        codes : ndarray of shape (n_rows, code_size_)
            In float32 if X is, otherwise in float64; a dataframe after ``set_output``.
        """
        rows, network = self._ready(X)
        return self._codes_like(X, through(network.encode, network, rows, network.code_size), network)

    def inverse_transform(self, X: Any) -> Any:
        """Decode codes.

        Parameters
        ----------
        X : array, dataframe or tensor of shape (n_rows, code_size_)

        Returns
        -------
        rows : ndarray of shape (n_rows, n_features), or a dataframe if X is one
            In the data's units.
        """
        check_is_fitted(self)
        codes = check_array(without_torch(X), dtype=[np.float64, np.float32], input_name="X")
        if codes.shape[1] != self.code_size_:
            raise ValueError(
                f"X has {codes.shape[1]} codes, but {type(self).__name__} is expecting {self.code_size_} codes."
            )
        network = self._network(codes)
        return self._rows_like(X, through(network.decode, network, codes, network.n_features), network)

    def reconstruct(self, X: Any) -> Any:
        """Encode and decode rows.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)

        Returns
        -------
        rows : ndarray of shape (n_rows, n_features), or a dataframe if X is one
            In the data's units.
        """
        rows, network = self._ready(X)
        return self._rows_like(X, through(network, network, rows, network.n_features), network)

    def reconstruction_error(self, X: Any, *, target: Any = None, scaled: bool = False) -> Float[np.ndarray, " rows"]:
        """How far each row is from its reconstruction: the mean squared error over its columns.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        target : like X, optional
            What the reconstructions are compared with (the clean rows of a denoiser); X itself by default.
        scaled : bool, default=False
            Divide each column by ``scale_`` first: with ``scale="standard"`` columns of different units then count
            alike, as they do in training.

        Returns
        -------
        errors : ndarray of shape (n_rows,)
            In the data's units, or in those of the scaled columns, squared.
        """
        rows, network = self._ready(X)
        expected = rows if target is None else self._ready(target)[0]
        if expected.shape != rows.shape:
            raise ValueError(f"target has {expected.shape[0]} rows, but X has {rows.shape[0]}.")
        errors = np.empty(rows.shape[0], dtype=float_type(rows))
        unit = self._per_column(self.scale_, network) if scaled else None
        for part in batches_of(rows, network):
            difference = applied(network, network, rows, part) - dense_rows(expected, part)
            if unit is not None:
                difference /= unit
            errors[part] = np.einsum("ij,ij->i", difference, difference) / rows.shape[1]
        return errors

    def code_influence(self, X: Any, *, standardise: bool = False) -> Float64[np.ndarray, "code features"]:
        """Which columns each code moves: the mean absolute Jacobian of the decoder at the codes of some rows.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        standardise : bool, default=False
            Multiply by each code's standard deviation over X, so that codes can be compared with each other.

        Returns
        -------
        influence : ndarray of shape (code_size_, n_features)
            How far a column moves, in the data's units, when a code moves by one (or by its standard deviation). For a
            linear network it is ``abs(components_)`` where the scale does not standardise.
        """
        rows, network = self._ready(X)
        codes = torch.from_numpy(through(network.encode, network, rows, network.code_size).astype(np.float64))
        codes = codes.to(self.module_.device)
        influence = mean_absolute_jacobian(copy.deepcopy(self.module_).double(), codes)
        if standardise:
            influence *= codes.std(dim=0, correction=0)[:, None]
        return influence.cpu().numpy()

    def report(self, X: Any, **options: Any) -> "Report":
        """One self-contained HTML page about this model and some rows, best such that it was not fitted on.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        **options
            ``path``, ``image_shape``, ``colour`` and others: see ``isthmus.report.report``.

        Returns
        -------
        report : Report
            Notebooks show it; ``report.save("report.html")`` writes it.

        Raises
        ------
        MissingExtraError
            If matplotlib or jinja2 is not installed.
        """
        from isthmus.report import report  # noqa: PLC0415 — an optional part

        return report(self, X, **options)

    def score(self, X: Any, y: Any = None, *, target: Any = None) -> float:
        """The share of the variance that the codes keep: 1 − error / variance about the training mean.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        y : ignored
        target : like X, optional
            What the reconstructions are compared with; X itself by default.

        Returns
        -------
        share : float
            1 for perfect reconstructions, 0 for what the mean alone would reach. Where the rows do not vary
            about the training mean at all: 1 if they are reconstructed exactly, otherwise 0.
        """
        error = float(np.mean(self.reconstruction_error(X, target=target)))
        expected, network = self._ready(X if target is None else target)
        mean, total = self._per_column(self.mean_, network), 0.0
        for part in gen_batches(expected.shape[0], n_batch_rows(expected.shape[1])):
            total += float(((dense_rows(expected, part) - mean) ** 2).sum())
        variance: float = total / (expected.shape[0] * expected.shape[1])
        if variance == 0:
            return float(error == 0)
        return 1 - error / variance

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, whole or not at all; ``isthmus.load`` reads it.

        Parameters
        ----------
        path : path
            By custom ``something.safetensors``. An old file stays until the new one is complete.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        check_is_fitted(self)
        write_model(path, self)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "BaseAutoencoder":
        """Read a model of this class from a file; see ``isthmus.load``."""
        return read_model(path, {cls.__name__: cls})

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.code_size_

    def _check_rows(self, X: Any) -> Rows:
        check_is_fitted(self)
        return validate_data(self, without_torch(X), reset=False, accept_sparse="csr", dtype=[np.float64, np.float32])

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns: those of the training rows, or x0, x1, … where they had none."""
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        return [f"x{i}" for i in range(self.n_features_in_)] if names is None else list(names)

    def _ready(self, X: Any) -> tuple[Rows, RowAutoencoder]:
        """Checked rows, and the network for them."""
        rows = self._check_rows(X)
        return rows, self._network(rows)

    def _network(self, X: Rows) -> RowAutoencoder:
        """The network in the precision of X: float64 rows are encoded in float64."""
        if float_type(X) == np.float32 or self.module_.dtype == torch.float64:
            return self.module_
        return copy.deepcopy(self.module_).double()

    def _rows_like(self, X: Any, rows: Float[np.ndarray, "rows features"], network: RowAutoencoder) -> Any:
        """Rows as what the user gave for them."""
        return as_type_of(X, rows, self.feature_names)

    def _codes_like(self, X: Any, codes: Float[np.ndarray, "rows code"], network: RowAutoencoder) -> Any:
        """Codes as suits what the user gave for their rows."""
        return codes

    def _per_column(self, values: np.ndarray, network: RowAutoencoder) -> Float64[np.ndarray, " features"]:
        """One number for each column of the network's rows."""
        return network.per_column(torch.from_numpy(values)).numpy()

    @property
    @abstractmethod
    def layers(self) -> list[Layer]:
        """The network's layers, from the columns through the code to the reconstructed columns."""

    def _between_columns(self, layers: list[Layer]) -> list[Layer]:
        n = self.n_features_in_
        return [Layer("columns", n), *layers, Layer("columns, reconstructed", n, short="rebuilt")]


def float_type(X: Rows) -> type[np.floating[Any]]:
    """The precision that is answered in."""
    return np.float32 if X.dtype == np.float32 else np.float64


def through(
    function: Callable[[torch.Tensor], torch.Tensor], network: RowAutoencoder, X: Rows, width: int
) -> Float[np.ndarray, "rows width"]:
    """What a function of the network gives for rows, batch by batch."""
    result = np.empty((X.shape[0], width), dtype=float_type(X))
    for rows in batches_of(X, network):
        result[rows] = applied(function, network, X, rows)
    return result


def batches_of(X: Rows, network: RowAutoencoder) -> Iterator[slice]:
    """Rows in batches that fit into memory within the network."""
    return gen_batches(X.shape[0], n_batch_rows(max(X.shape[1], network.n_values)))  # type: ignore[no-any-return]


@torch.no_grad()
def applied(
    function: Callable[[torch.Tensor], torch.Tensor], network: RowAutoencoder, X: Rows, rows: slice
) -> np.ndarray:
    """What a function of the network gives for some rows."""
    part = X[rows]
    # A copy where the rows cannot be written to (a memory map, say), since torch warns of such.
    batch = np.require(part if isinstance(part, np.ndarray) else part.toarray(), float_type(X), ("C", "W"))
    return function(torch.from_numpy(batch).to(network.device)).cpu().numpy()
