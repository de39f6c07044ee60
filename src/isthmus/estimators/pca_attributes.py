"""The attributes of scikit-learn's PCA, under the same names, for networks that have them."""

from collections.abc import Callable
from functools import update_wrapper
from types import MethodType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from jaxtyping import Float, Float64
from sklearn.utils.validation import check_is_fitted

from isthmus.dense.arrays import DenseArrays
from isthmus.estimators.base import BaseAutoencoder
from isthmus.fitting.as_pca import as_pca
from isthmus.fitting.fitted import Fitted
from isthmus.fitting.truncation import code_shares
from isthmus.rows.frames import array_like

if TYPE_CHECKING:
    from sklearn.decomposition import PCA

AnswerT = TypeVar("AnswerT", bound=np.ndarray | np.floating[Any])


class _linear_only:
    """A method of linear networks only; looking it up on others raises AttributeError with the reason."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        update_wrapper(cast(Callable[..., Any], self), method)

    def __get__(self, instance: "PCAAttributes | None", owner: type) -> Callable[..., Any]:
        if instance is None:
            return self._method
        instance._as_pca(self._method.__name__)
        return MethodType(self._method, instance)


class PCAAttributes(BaseAutoencoder):
    """The attributes of ``sklearn.decomposition.PCA`` for linear networks, and some of them for ordered ones.

    Their units are the data's or, with ``scale="standard"``, those of the standardised columns. Attributes that a
    network lacks raise AttributeError with the reason. Those of linear networks are in float32 if the training rows
    are, as PCA's are.
    """

    fitted_: Fitted[DenseArrays]

    @property
    def n_components_(self) -> int:
        """Number of codes, by PCA's name."""
        check_is_fitted(self)
        return self.code_size_

    @property
    def components_(self) -> Float[np.ndarray, "code features"]:
        """Principal axes, by decreasing variance, with scikit-learn's signs (linear networks)."""
        return self._answer(self._as_pca("components_").components_)

    @property
    def explained_variance_(self) -> Float[np.ndarray, " code"]:
        """Variance of the training rows along each axis, with n − 1 degrees of freedom (linear networks)."""
        return self._answer(self._as_pca("explained_variance_").explained_variance_)

    @property
    def explained_variance_ratio_(self) -> Float[np.ndarray, " code"]:
        """Share of the variance that each code adds.

        For a linear network it is the share in the training rows, as for PCA; for an ordered one the drop of the
        held-out error when the code is added to those before it.
        """
        check_is_fitted(self)
        if self.fitted_.variances is None and "model" in self.fitted_.errors_by_size:
            return code_shares(self.fitted_)
        return self._answer(self._as_pca("explained_variance_ratio_").explained_variance_ratio_)

    @property
    def singular_values_(self) -> Float[np.ndarray, " code"]:
        """Norms of the training rows' components (linear networks)."""
        return self._answer(self._as_pca("singular_values_").singular_values_)

    @property
    def noise_variance_(self) -> np.floating[Any]:
        """Mean variance along the axes left out (Tipping & Bishop 1999, eq. 8; linear networks)."""
        return self._answer(np.float64(self._as_pca("noise_variance_").noise_variance_))

    @_linear_only
    def get_covariance(self) -> Float[np.ndarray, "features features"]:
        """Covariance of the columns by the model of probabilistic PCA (linear networks)."""
        return self._answer(self._as_pca("get_covariance").get_covariance())

    @_linear_only
    def get_precision(self) -> Float[np.ndarray, "features features"]:
        """The inverse of ``get_covariance()`` (linear networks).

        Raises LinAlgError (a ``ValueError``) if the model has no variance along some axis.
        """
        return self._answer(self._with_density("get_precision").get_precision())

    @_linear_only
    def score_samples(self, X: object) -> Any:
        """Log-likelihood of each row by the model of probabilistic PCA (linear networks).

        Parameters
        ----------
        X : array, dataframe or tensor of shape (n_rows, n_features)

        Raises
        ------
        AttributeError
            If the network is not linear; use ``reconstruction_error``.
        numpy.linalg.LinAlgError
            If the model has no density, because it has no variance along some axis (a ``ValueError``).
        """
        pca, checked = self._with_density("score_samples"), self._check_rows(X)
        rows = np.asarray(checked.toarray() if hasattr(checked, "toarray") else checked, dtype=np.float64)
        likelihood: np.ndarray = pca.score_samples(rows / self._pca_unit)
        return array_like(X, likelihood.astype(np.result_type(checked.dtype, self.fitted_.row_type)))

    @property
    def _pca_unit(self) -> Float64[np.ndarray, " features"]:
        """Divisor of each column before PCA sees it."""
        return self.scale_ if self.scale == "standard" else np.ones_like(self.scale_)

    def _answer(self, values: AnswerT) -> AnswerT:
        """Return values in the data type of the training rows."""
        return values.astype(self.fitted_.row_type, copy=False)  # type: ignore[return-value]

    def _as_pca(self, name: str) -> "PCA":
        """Return a fitted PCA that equals the linear network; raise AttributeError if the network is not linear."""
        check_is_fitted(self)
        if self.fitted_.variances is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}: {self._why_not_pca(name)}")
        return as_pca(self.fitted_, self._pca_unit)

    def _with_density(self, name: str) -> "PCA":
        """Return the same PCA; raise LinAlgError if its covariance cannot be inverted."""
        pca, n_features = self._as_pca(name), self.n_features_in_
        smallest = pca.noise_variance_ if self.code_size_ < n_features else pca.explained_variance_[n_features - 1]
        # As numpy.linalg.matrix_rank decides the rank.
        if smallest <= np.finfo(np.float64).eps * n_features * pca.explained_variance_[0]:
            raise np.linalg.LinAlgError(
                f"{name} needs a covariance that can be inverted, but the model has no variance along some of the "
                f"{n_features} axes; fewer codes, without columns that are constant or follow from others, have one."
            )
        return pca

    def _why_not_pca(self, name: str) -> str:
        if name == "explained_variance_ratio_":
            return "codes that are not ordered have no share of their own; ordered=True gives each its own."
        return (
            "only a linear network (activation='identity', squared error, no noise, no target) has "
            "principal axes; code_influence(X) tells which columns a code moves."
        )
