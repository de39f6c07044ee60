"""Codes in order of use: models cut to their first codes, and the error with each number of codes."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float64
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from isthmus.dense.arrays import DenseArrays
from isthmus.errors import ParameterError
from isthmus.estimators.base import BaseAutoencoder
from isthmus.fitting.fitted import Fitted
from isthmus.fitting.truncation import rate_distortion, truncated
from isthmus.parameters.rules import is_int
from isthmus.system.surroundings import own_surroundings

OrderedT = TypeVar("OrderedT", bound="OrderedCodes")


class OrderedCodes(BaseAutoencoder):
    """Methods of estimators with ordered codes, which can be cut to any code size without training."""

    fitted_: Fitted[DenseArrays]
    code_size: int | float | str

    @property
    def errors_by_size(self) -> Mapping[str, Float64[np.ndarray, " sizes"]]:
        """Errors with 0, 1, … and all codes: ``"pca"``, and with an order ``"start"`` and ``"model"``."""
        check_is_fitted(self)
        return self.fitted_.errors_by_size

    @own_surroundings()
    def truncate(self: OrderedT, size: object) -> OrderedT:
        """Return a fitted model with the first codes only, without training (ordered and linear networks).

        Its codes are the first codes of this model. ``history_`` stays that of the whole code.

        Parameters
        ----------
        size : int
            Number of codes to keep, from 1 to ``code_size_``.

        Returns
        -------
        model : Autoencoder
            This one stays as it is.

        Raises
        ------
        AttributeError
            If the codes have no order.
        ParameterError
            If there are fewer codes.
        """
        self._require_order("truncate")
        if not is_int(size) or not 1 <= size <= self.code_size_:
            raise ParameterError(f"size must be an int from 1 to code_size_={self.code_size_}. Got {size!r} instead.")
        model = clone(self)
        model.code_size = int(size)
        for name in ("n_features_in_", "feature_names_in_", "_labels"):
            if hasattr(self, name):
                setattr(model, name, getattr(self, name))
        model._publish(truncated(self.fitted_, int(size)), self._backend)
        return model  # type: ignore[no-any-return]

    @own_surroundings()
    def rate_distortion(self, X: object, sizes: Sequence[int] | None = None) -> dict[str, np.ndarray]:
        """Return the error with each number of codes, beside PCA (ordered and linear networks).

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        sizes : sequence of int, optional
            Code sizes; by default 1 to ``code_size_``.

        Returns
        -------
        table : dict of ndarrays of shape (n_sizes,)
            Columns of a table (``pandas.DataFrame(table)``): ``"code_size"``; ``"error"``, the mean squared error
            of this model cut to so many codes, in the data's units (with ``scale="standard"`` in those of the
            standardised columns); ``"pca_error"``, that of PCA, fitted on the training rows, with so many components;
            ``"explained_variance_ratio"``, 1 − error / variance about the training mean.

        Raises
        ------
        AttributeError
            If the codes have no order.
        ParameterError
            If there are fewer codes.
        """
        self._require_order("rate_distortion")
        chosen = list(range(1, self.code_size_ + 1)) if sizes is None else [int(size) for size in sizes]
        if not chosen or min(chosen) < 1 or max(chosen) > self.code_size_:
            raise ParameterError(f"sizes must be ints from 1 to code_size_={self.code_size_}. Got {sizes!r} instead.")
        errors, by_pca = rate_distortion(self.fitted_, self._backend, self._check_rows(X), chosen)
        return {
            "code_size": np.array(chosen),
            "error": errors,
            "pca_error": by_pca[np.minimum(chosen, len(by_pca) - 1)],
            "explained_variance_ratio": 1 - errors / by_pca[0] if by_pca[0] else np.ones_like(errors),
        }

    def _require_order(self, name: str) -> None:
        check_is_fitted(self)
        if "model" not in self.fitted_.errors_by_size:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}: its codes have no order; fit it with "
                "ordered=True."
            )
