"""Codes in order of use: models cut to their first codes, and what each number of codes keeps."""

import copy
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float64
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import ParameterError
from isthmus.estimators.parameters import is_int
from isthmus.pca.axes import PrincipalAxes
from isthmus.rows.batches import Rows
from isthmus.training.batches import Batches
from isthmus.training.loop import Trainer
from isthmus.training.losses import Loss
from isthmus.training.scoring import choose_decoders, network_errors, pca_errors

if TYPE_CHECKING:
    from isthmus.networks import DenseAutoencoder


class OrderedCodes:
    """What an estimator with ordered codes can do besides: it is cut to any code size without training.

    ``_errors_by_size`` holds the held-out errors with 0, 1, … and all codes: PCA's, and for ordered and linear networks
    those at the start and in the end (``"pca"``, ``"start"``, ``"model"``).
    """

    if TYPE_CHECKING:
        module_: DenseAutoencoder
        ordered: bool
        start: str
        code_size: int | float
        code_size_: int
        n_samples_: int
        n_features_in_: int
        mean_: Float64[np.ndarray, " features"]
        pca_error_: float
        validation_error_: float
        validation_variance_: float
        _axes: PrincipalAxes
        _variances: Float64[np.ndarray, " code"] | None
        _errors_by_size: dict[str, Float64[np.ndarray, " sizes"]]

        @property
        def _squared_unit(self) -> float: ...
        def _check_rows(self, X: Any) -> Rows: ...
        def _batches(self, X: Rows, target: Rows | None) -> Batches: ...
        def _loss(self) -> Loss: ...

    def truncate(self, size: Any) -> Any:
        """A fitted model with the first codes alone, without training (ordered and linear networks).

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
            If there are not so many codes.
        """
        self._require_order("truncate")
        if not is_int(size) or not 1 <= size <= self.code_size_:
            raise ParameterError(f"size must be an int from 1 to code_size_={self.code_size_}. Got {size!r} instead.")
        model = copy.deepcopy(self)
        model.code_size = int(size)
        model._cut(int(size))
        return model

    def rate_distortion(self, X: Any, sizes: Any = None) -> dict[str, np.ndarray]:
        """What each number of codes keeps of some rows, beside PCA (ordered and linear networks).

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        sizes : sequence of int, optional
            Code sizes; by default 1 to ``code_size_``.

        Returns
        -------
        table : dict of ndarrays of shape (n_sizes,)
            The columns of a table, for ``pandas.DataFrame`` say: ``"code_size"``; ``"error"``, the mean squared error
            of this model cut to so many codes, in the data's units (with ``scale="standard"`` in those of the
            standardised columns); ``"pca_error"``, that of PCA, fitted on the training rows, with so many components;
            ``"explained_variance_ratio"``, 1 − error / variance about the training mean.

        Raises
        ------
        AttributeError
            If the codes have no order.
        ParameterError
            If there are not so many codes.
        """
        self._require_order("rate_distortion")
        chosen = list(range(1, self.code_size_ + 1)) if sizes is None else [int(size) for size in sizes]
        if not chosen or min(chosen) < 1 or max(chosen) > self.code_size_:
            raise ParameterError(f"sizes must be ints from 1 to code_size_={self.code_size_}. Got {sizes!r} instead.")
        rows = self._batches(self._check_rows(X), None)
        scored = [rows[index] for index in rows.in_order()]
        unit, by_pca = self._squared_unit, pca_errors(self._axes.axes, self._centre(), scored)
        errors = network_errors(self.module_, self._loss(), scored, chosen) * unit
        return {
            "code_size": np.array(chosen),
            "error": errors,
            "pca_error": by_pca[np.minimum(chosen, len(by_pca) - 1)] * unit,
            "explained_variance_ratio": 1 - errors / (by_pca[0] * unit) if by_pca[0] else np.ones_like(errors),
        }

    def _measure_start(self, trainer: Trainer, scored: Batches) -> None:
        """Score PCA, the mean alone and the network as it starts on the rows that it will be scored on."""
        by_pca = pca_errors(self._axes.axes, self._centre(), trainer.scored(scored)) * self._squared_unit
        by_pca = np.pad(by_pca, (0, self.code_size_ + 1 - len(by_pca)), mode="edge")
        self.pca_error_, self.validation_variance_ = float(by_pca[-1]), float(by_pca[0])
        self._errors_by_size = {"pca": by_pca}
        if self.ordered and self._variances is None:
            self._errors_by_size["start"] = self._by_size(trainer, scored)

    def _measure_sizes(self, trainer: Trainer, scored: Batches) -> None:
        """Score the codes of an ordered or linear network by how many of them are kept."""
        by_size = self._errors_by_size
        if self._variances is not None:
            # From the error of all codes and the variances of those left out: no difference of nearly equal numbers.
            per_value = max(1, self.n_samples_ - 1) / (self.n_samples_ * self.n_features_in_)
            own = self.validation_error_ + np.append(np.cumsum(self._variances[::-1])[::-1] * per_value, 0.0)
            by_size["model"] = own
            by_size["start"] = by_size["model"] if self.start == "pca" else np.full_like(own, math.nan)
        elif self.ordered:
            choose_decoders(self.module_, trainer.loss, trainer.scored(scored))
            by_size["model"] = self._by_size(trainer, scored)
        else:
            by_size.pop("model", None)

    def _by_size(self, trainer: Trainer, scored: Batches) -> np.ndarray:
        errors = trainer.errors(scored, range(1, self.code_size_ + 1)) * self._squared_unit
        return np.concatenate([[self.validation_variance_], errors])

    def _shares(self) -> np.ndarray | None:
        """By how much each code of an ordered network lowers the error, as a share of the variance."""
        if self._variances is not None or "model" not in self._errors_by_size:
            return None
        return -np.diff(self._errors_by_size["model"]) / (self.validation_variance_ or 1.0)

    def _smallest_size(self, share: float) -> int:
        """The fewest codes that explain a share of the held-out rows' variance; all, if none are enough."""
        explained = 1 - self._errors_by_size["model"][1:] / (self.validation_variance_ or 1.0)
        enough = np.flatnonzero(explained >= share)
        return int(enough[0]) + 1 if len(enough) else self.code_size_

    def _cut(self, size: int) -> None:
        """Keep the first codes alone."""
        self.module_ = self.module_.truncated(size)
        self.code_size_ = size
        self._axes = PrincipalAxes(self._axes.axes[:size], self._axes.spread[:size])
        self._variances = None if self._variances is None else self._variances[:size]
        self._errors_by_size = {name: errors[: size + 1] for name, errors in self._errors_by_size.items()}
        for name, attribute in (("pca", "pca_error_"), ("start", "start_error_"), ("model", "validation_error_")):
            setattr(self, attribute, float(self._errors_by_size[name][size]))

    def _centre(self) -> torch.Tensor:
        """The training mean in unit scale."""
        network = self.module_
        mean = torch.from_numpy(self.mean_).to(network.shift.device)
        return (mean - network.shift) / network.scale

    def _require_order(self, name: str) -> None:
        check_is_fitted(self)
        if "model" not in self._errors_by_size:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}: its codes have no order; fit it with "
                "ordered=True."
            )
