"""What a fitted estimator does with rows: encode, decode, reconstruct, and measure."""

from abc import abstractmethod
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Float64
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags, check_array, gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from isthmus.dense.layers import Layer
from isthmus.errors import MismatchError
from isthmus.fitting.applying import Applied, apply_in_parts, apply_to_part, float_type, for_each_part
from isthmus.fitting.fitted import Fitted
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.frames import array_like, as_type_of, labels_of, without_torch
from isthmus.rows.refusals import cell_errors, refuse_other_labels
from isthmus.system.surroundings import own_surroundings
from isthmus.words import counted, generic_names

if TYPE_CHECKING:
    from isthmus.report import Report


class Codec(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encodes, decodes and reconstructs rows with the network of a fit, and measures the reconstructions."""

    scale: str

    fitted_: Fitted[Any]
    scale_: Float64[np.ndarray, " columns"]
    code_size_: int
    n_features_in_: int
    _labels: Iterable[Hashable] | None = None

    @own_surroundings()
    def transform(self, X: object) -> Any:
        """Encode rows.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)

        Returns
        -------
        codes : ndarray of shape (n_rows, code_size_)
            In float32 if X is, otherwise in float64; a dataframe after ``set_output``. If X is a tensor and
            scikit-learn's array API dispatch is on, a tensor on its device, as in all methods.
        """
        rows, network = self._ready(X)
        codes = apply_in_parts(network.encode, network, rows, network.code_size)
        return array_like(X, self._codes_like(X, codes, network))

    @own_surroundings()
    def inverse_transform(self, X: object) -> Any:
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
        codes = without_torch(X)
        with cell_errors(codes, "X"):
            codes = check_array(codes, dtype=[np.float64, np.float32], input_name="X", estimator=self)
        if codes.shape[1] != self.code_size_:
            raise ValueError(
                f"X has {counted(codes.shape[1], 'code')}, but {type(self).__name__} is expecting "
                f"{counted(self.code_size_, 'code')}."
            )
        network = self._network(codes)
        rows = apply_in_parts(network.decode, network, codes, network.n_features)
        return self._rows_like(X, rows, network, self._labels)

    @own_surroundings()
    def reconstruct(self, X: object) -> Any:
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
        reconstructed = apply_in_parts(network.reconstruct, network, rows, network.n_features)
        return self._rows_like(X, reconstructed, network, labels_of(X))

    @own_surroundings()
    def reconstruction_error(self, X: object, *, target: object = None, in_data_units: bool = False) -> Any:
        """Return the mean squared error of each row's reconstruction over its columns, in the units of training.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        target : like X, optional
            Rows to compare the reconstructions with (the clean rows of a denoiser); X itself by default.
        in_data_units : bool, default=False
            With ``scale="standard"``: measure in the data's units instead of those of the standardised columns.

        Returns
        -------
        errors : ndarray of shape (n_rows,)
            In the units of ``validation_error_``: the data's, or with ``scale="standard"`` those of the standardised
            columns, squared. Their mean over held-out rows is ``validation_error_`` (without ``noise``).
        """
        rows, network = self._ready(X)
        errors = self._errors(rows, target, network, in_data_units=in_data_units)
        return array_like(X, errors.astype(float_type(rows)))

    @own_surroundings()
    def code_influence(self, X: object, *, standardise: bool = False) -> Float64[np.ndarray, "code features"]:
        """Return how far each code moves each column: the mean absolute Jacobian of the decoder.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
            The mean is over the codes of these rows.
        standardise : bool, default=False
            Multiply by each code's standard deviation over X, so that codes can be compared with each other.

        Returns
        -------
        influence : ndarray of shape (code_size_, n_features)
            How far a column moves, in the data's units, when a code moves by one (or by its standard deviation). For a
            linear network it is ``abs(components_)`` where the scale does not standardise.
        """
        rows, network = self._ready(X)
        codes = apply_in_parts(network.encode, network, rows, network.code_size).astype(np.float64)
        return network.influence(codes, standardise=standardise)

    def report(self, X: object, **options: Any) -> "Report":
        """Make one self-contained HTML page about this model and some rows, preferably rows it was not fitted on.

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

    @own_surroundings()
    def score(self, X: object, y: object = None, *, target: object = None, in_data_units: bool = False) -> float:
        """Return the share of the variance that the codes keep: 1 − error / variance about the training mean.

        Error and variance are in the units of training, as in ``reconstruction_error``. Scores of models with different
        ``scale`` can be compared with ``in_data_units=True`` only.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        y : ignored
        target : like X, optional
            Rows to compare the reconstructions with; X itself by default.
        in_data_units : bool, default=False
            With ``scale="standard"``: measure in the data's units instead of those of the standardised columns.

        Returns
        -------
        share : float
            1 for perfect reconstructions, 0 for those of the training mean. Where the rows do not vary about the
            training mean at all: 1 if they are reconstructed exactly, otherwise 0.
        """
        rows, network = self._ready(X)
        error = float(np.mean(self._errors(rows, target, network, in_data_units=in_data_units)))
        expected = rows if target is None else self._expected(target, rows, network)
        mean, total = network.per_column(self.fitted_.columns.statistics.mean), 0.0
        unit = None if in_data_units else self._unit(network)
        for part in gen_batches(expected.shape[0], n_batch_rows(expected.shape[1])):
            centred = dense_rows(expected, part) - mean
            total += float(np.square(centred if unit is None else centred / unit).sum())
        variance: float = total / (expected.shape[0] * expected.shape[1])
        if variance == 0:
            return float(error == 0)
        return 1 - error / variance

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns: those of the training rows as text, or x0, x1, … where they had none."""
        check_is_fitted(self)
        n = self.n_features_in_
        labels = None if self._labels is None else list(self._labels)
        return list(generic_names(n) if labels is None or labels == list(range(n)) else map(str, labels))

    @property
    def scored_rows(self) -> str:
        """The rows that ``validation_error_`` and the other errors are of: "held-out rows", "training rows" or others.

        After ``partial_fit`` of a network that is not linear they are "rows of the last part".
        """
        check_is_fitted(self)
        return self.fitted_.scored_rows

    @property
    @abstractmethod
    def n_weights(self) -> int:
        """Number of weights and biases of the network."""

    @property
    @abstractmethod
    def layers(self) -> list[Layer]:
        """The network's layers, from the columns through the code to the reconstructed columns."""

    @property
    def _n_features_out(self) -> int:
        return self.code_size_

    def _check_rows(self, X: object, name: str = "X", *, reset: bool = False) -> Rows:
        """Return rows as floats; errors call them ``name``. ``reset`` is for those that a model is begun with."""
        X = without_torch(X)
        fewest, of_sparse = 2 if reset else 1, "csr" if self.__sklearn_tags__().input_tags.sparse else False
        rules: dict[str, Any] = {"dtype": [np.float64, np.float32], "accept_sparse": of_sparse}
        with cell_errors(X, name):
            if name == "X":
                rows = validate_data(self, X, reset=reset, ensure_min_samples=fewest, **rules)
            else:
                rows = check_array(X, input_name=name, estimator=self, ensure_min_samples=fewest, **rules)
        if rows.shape[1] != self.n_features_in_:
            raise MismatchError(f"{name} has {counted(rows.shape[1], 'column')}, but X has {self.n_features_in_}.")
        if reset:
            self._labels = labels_of(X)
        refuse_other_labels(labels_of(X), self._labels, name)
        return rows

    def _ready(self, X: object, name: str = "X") -> tuple[Rows, Applied]:
        """Return checked rows, and the network for them."""
        check_is_fitted(self)
        rows = self._check_rows(X, name)
        return rows, self._network(rows)

    def _errors(
        self, rows: Rows, target: object, network: Applied, *, in_data_units: bool
    ) -> Float64[np.ndarray, " rows"]:
        """Return the mean squared error of each row; the squares of float32 may be too large for float32."""
        expected = rows if target is None else self._expected(target, rows, network)
        errors = np.empty(rows.shape[0])
        unit = None if in_data_units else self._unit(network)

        def measure(part: slice) -> None:
            difference = apply_to_part(network.reconstruct, rows, part).astype(np.float64) - dense_rows(expected, part)
            if unit is not None:
                difference /= unit
            errors[part] = np.einsum("ij,ij->i", difference, difference) / rows.shape[1]

        for_each_part(measure, network, rows)
        return errors

    def _expected(self, target: object, rows: Rows, network: Applied) -> Rows:
        """Return the checked rows that reconstructions are compared with, where they are not the rows themselves."""
        expected = self._check_rows(target, "target")
        if expected.shape != rows.shape:
            raise ValueError(f"target has {counted(expected.shape[0], 'row')}, but X has {rows.shape[0]}.")
        return expected

    def _unit(self, network: Applied) -> Float64[np.ndarray, " features"] | None:
        """Return what training divides each column's errors by; None for the data's units."""
        return network.per_column(self.scale_) if self.scale == "standard" else None

    @abstractmethod
    def _network(self, X: Rows) -> Applied:
        """Return the network in use, in the precision of X."""

    def _rows_like(
        self,
        X: object,
        rows: Float[np.ndarray, "rows features"],
        network: Applied,
        labels: Iterable[Hashable] | None,
    ) -> Any:
        """Return rows as the type that the user gave; dataframes have these labels, or the names of the columns."""
        return as_type_of(X, rows, self.feature_names if labels is None else labels)

    def _codes_like(self, X: object, codes: Float[np.ndarray, "rows code"], network: Applied) -> Any:
        """Return codes in the form that suits the rows that the user gave."""
        return codes

    def _between_columns(self, layers: list[Layer]) -> list[Layer]:
        n = self.n_features_in_
        return [Layer("columns", n), *layers, Layer("columns, reconstructed", n, short="rebuilt")]
