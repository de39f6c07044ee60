"""The base of all estimators: fits of rows at once and in parts, and model files."""

import copy
import os
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from functools import partial
from typing import Any, ClassVar, TypeVar

import numpy as np
from jaxtyping import Float
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils.validation import check_is_fitted

from isthmus.dense.backends import NUMPY, Backend
from isthmus.errors import ParameterError, UnusedCodesWarning, WorseThanPCAWarning
from isthmus.estimators.exporting import Exportable
from isthmus.fitting.applying import float_type
from isthmus.fitting.design import Design, TrainingSet
from isthmus.fitting.fit import fit
from isthmus.fitting.fitted import Fitted
from isthmus.fitting.linear_parts import fit_first_part, fit_further_part
from isthmus.fitting.parts import InParts
from isthmus.model_files.models import SavedModel, checksum_of, read_model, write_model
from isthmus.parameters import ParameterTable, validate
from isthmus.parameters.rules import checked_noise, is_int
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import ColumnRange, column_range, refuse_too_large
from isthmus.system.surroundings import own_surroundings
from isthmus.training.history import History, OnEpoch, warn_of_early_end
from isthmus.training.recipe import Recipe
from isthmus.words import listed

EstimatorT = TypeVar("EstimatorT", bound="BaseAutoencoder")


class BaseAutoencoder(CallbackSupportMixin, Exportable):  # type: ignore[misc]
    """Base of the estimators: scikit-learn's interface to a ``Fitted``.

    A kind of estimator says which rows it takes (``_check_input``), which network it fits (``_design``), and how the
    network is applied (``_network``).
    """

    parameter_table: ClassVar[ParameterTable]

    noise: str | tuple[str, float] | None
    device: Any  # str or torch.device

    mean_: Float[np.ndarray, " columns"]
    loss_: str
    n_samples_: int
    held_out_: bool
    n_epochs_: int
    best_epoch_: int
    history_: dict[str, list[float]]
    start_error_: float
    validation_error_: float
    validation_variance_: float
    pca_error_: float
    n_samples_seen_: int
    _backend: Backend
    _file_checksum: str | None
    _in_parts: InParts[Any, Any, Any]

    @with_callbacks  # type: ignore[untyped-decorator]
    @own_surroundings()
    def fit(
        self: EstimatorT,
        X: object,
        y: object = None,
        *,
        target: object = None,
        on_epoch: OnEpoch | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> EstimatorT:
        """Fit the network.

        Parameters
        ----------
        X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
            At least two rows, without missing or infinite values. Sparse rows stay sparse; one batch at a time is
            made dense. ``ConvAutoencoder`` takes images of shape (n_images, height, width) or (n_images, height,
            width, channels), or flat rows of ``image_shape`` each, row by row, the channels of a pixel side by side.
            Integers of 8 or 16 bits keep their units and take half of the memory.
        y : ignored
            Pipelines pass labels here.
        target : like X, optional
            Rows to reconstruct, for a denoiser that knows the clean version of its rows; X itself by default.
        on_epoch : callable, optional
            Called with the training history after every epoch, when ``reconstruct`` uses the network as it is; it ends
            training with StopIteration. ``set_callbacks`` takes callbacks of scikit-learn, such as
            ``sklearn.callback.ProgressBar()``; their tasks are epochs.
        feature_names : sequence of str, optional
            Names of the columns of an array; a dataframe brings its own.

        Returns
        -------
        self : estimator

        Raises
        ------
        ParameterError
            If a parameter has a value that it cannot have (a ``ValueError``).
        InputError
            If the data does not suit the loss, or does not hold images (a ``ValueError``).

        Warns
        -----
        ConvergenceWarning
            If the loss became NaN or infinite, or Ctrl-C ended training; the best epoch so far is kept.
        UnusedCodesWarning
            If ``code_size`` is a number above the rank of the rows: the codes beyond it are zero, or start at zero.
        WorseThanPCAWarning
            If the network reconstructs the held-out rows worse than PCA with as many codes.
        """
        # An autoencoder's targets are its rows; callbacks of scikit-learn compute no score without targets.
        given = {"estimator": self, "X": X, "y": X if y is None else y}
        task = self._init_callback_context(max_subtasks=self.max_epochs)
        with self._whole_or_as_before():
            data = self._training_set(X, target, reset=True)
            if feature_names is not None:
                self._labels = list(feature_names)
                self.feature_names_in_ = np.array(self._labels, dtype=object)
            loss = self._resolve_loss(data.expected_range)
            backend = self._checked_backend()
            design = self._design(loss, backend, is_linear=self._fits_linear(loss, data.target))
            task.call_on_fit_task_begin(**given)

            def after_epoch(network: Any, history: History, measure: Callable[[], Fitted[Any]]) -> None:
                if on_epoch is not None:
                    self._publish(replace(measure(), network=network), backend)
                    on_epoch(history)
                epoch = task.subcontext("epoch").call_on_fit_task_begin(**given)
                as_it_is = None if design.is_linear else partial(self._attributes_of, measure, backend)
                if epoch.call_on_fit_task_end(**given, reconstruction_attributes=as_it_is):
                    raise StopIteration

            fitted = fit(data, self._recipe(), design, after_epoch)
            fitted = replace(fitted, row_type=float_type(data.inputs).__name__)
            self.__dict__.pop("_in_parts", None)
            self._publish(fitted, backend)
            task.call_on_fit_task_end(**given, reconstruction_attributes=self.__dict__)
        warn_of_early_end(fitted.history, stacklevel=5)
        is_linear, is_number = fitted.variances is not None, is_int(getattr(self, "code_size", None))
        if is_number and fitted.n_codes_beyond_rank and (is_linear or self.starts_at_pca):
            are_zero = "are zero" if is_linear else "start at zero"
            warnings.warn(
                f"code_size={fitted.code_size} is above the rank of the training rows, which is {fitted.axes.rank}; "
                f"the codes beyond it {are_zero}.",
                UnusedCodesWarning,
                stacklevel=4,
            )
        if fitted.is_worse_than_pca:
            rows = "held-out rows" if fitted.held_out else "training rows"
            warnings.warn(
                f"On the {rows} the mean squared error is {fitted.validation_error:.4g}, and that of PCA with as many "
                f"codes {fitted.pca_error:.4g}. More epochs, loss='mse' or start='pca' may help; PCA itself may do.",
                WorseThanPCAWarning,
                stacklevel=4,
            )
        return self

    @own_surroundings()
    def partial_fit(self: EstimatorT, X: object, y: object = None, *, target: object = None) -> EstimatorT:
        """Learn from rows that come in parts: train one epoch on a part, or update a linear network, which is PCA.

        The first part, of at least two rows, decides the code size and the loss, unless the model is fitted already.
        No rows are held out. ``n_samples_seen_`` counts the rows; rows that are given again count again.

        A network that is not linear is trained one epoch at a constant learning rate. What it subtracts from each
        column and divides it by (``scale_``) stays that of the first part; ``mean_``, which ``score`` refers to, is
        that of all rows so far. ``start_error_`` and ``validation_error_`` are of the rows of the last part, before
        and after they are trained on, and so are ``validation_variance_`` and ``pca_error_``, the error of incremental
        PCA of all rows so far. In ``history_`` each epoch has the error of its own part.

        A linear network (``activation="identity"``, squared error, without noise and target) is PCA of all rows so
        far, whatever its ``start``. Up to 1,024 columns it is exact. Of wider rows, and of those that ``fit`` has
        seen, only the code's axes are known, and the update is that of incremental PCA (Ross et al. 2008).

        Parameters
        ----------
        X, y, target
            As for ``fit``; later parts may have a single row.

        Returns
        -------
        self : estimator

        Raises
        ------
        ParameterError
            If a parameter has a value that it cannot have (a ``ValueError``).
        InputError
            If the rows do not suit the loss in use: the model stays as it is (a ``ValueError``).

        Warns
        -----
        ConvergenceWarning
            If the loss became NaN or infinite; the weights are those before the part.

        References
        ----------
        D. A. Ross, J. Lim, R.-S. Lin, M.-H. Yang (2008). Incremental learning for robust visual tracking.
        International Journal of Computer Vision 77, 125-141.
        """
        with self._whole_or_as_before():
            is_first = not hasattr(self, "fitted_")
            part = self._training_set(X, target, reset=is_first)
            loss = self._resolve_loss(part.expected_range, None if is_first else self.loss_)
            is_linear = self._fits_linear(loss, part.target) and (is_first or self.fitted_.variances is not None)
            backend = self._checked_backend() if is_first else self._backend
            recipe, design = self._recipe(), self._design(loss, backend, is_linear=is_linear)
            if is_linear:
                self.__dict__.pop("_in_parts", None)
                further = partial(fit_further_part, self.fitted_) if not is_first else fit_first_part
                fitted = further(part, recipe, design)
            else:
                if is_first:
                    self._in_parts = InParts.begun(part, recipe, design)
                else:
                    if not hasattr(self, "_in_parts"):
                        self._in_parts = InParts.resumed(self.fitted_, len(part), recipe, design)
                    self._in_parts = self._in_parts.trained(part)
                fitted = self._in_parts.fitted
            row_types = [float_type(part.inputs), *([] if is_first else [self.fitted_.row_type])]
            self._publish(replace(fitted, row_type=np.result_type(*row_types).name), backend)
        warn_of_early_end(fitted.history, stacklevel=4)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, whole or not at all; ``isthmus.load`` reads it.

        The file holds no code: that of a subclass is loaded as the estimator that it extends, or with ``load`` of the
        subclass as one of the subclass. Labels of columns that are neither text nor integers are left out.

        Parameters
        ----------
        path : path
            By custom ``something.safetensors``. An old file stays until the new one is complete.

        Raises
        ------
        OutputError
            If the file cannot be written.
        ParameterError
            If the class is a subclass with other parameters than its parent.

        Warns
        -----
        UserWarning
            If the labels of the columns are left out.
        """
        check_is_fitted(self)
        write_model(path, self._saved())

    @classmethod
    def load(cls: type[EstimatorT], path: str | os.PathLike[str]) -> EstimatorT:
        """Read a model of this class from a file; see ``isthmus.load``.

        A subclass of an estimator of Isthmus reads files of that estimator, and makes models of its own class.
        """
        return cls.from_saved(read_model(path, (cls._own_class().__name__,)))

    @classmethod
    @own_surroundings()
    def from_saved(cls: type[EstimatorT], saved: SavedModel) -> EstimatorT:
        """Return the fitted estimator that a model file holds."""
        model = cls(**saved.parameters)
        model.n_features_in_, model._labels = saved.n_features_in, saved.feature_names
        if saved.feature_names is not None and all(isinstance(name, str) for name in saved.feature_names):
            model.feature_names_in_ = np.array(saved.feature_names, dtype=object)
        model._restore_input(saved)
        model._publish(saved.fitted, NUMPY)  # this machine may lack the parameter's device, or torch
        model._file_checksum = saved.checksum
        return model

    def _saved(self) -> SavedModel:
        """Return the content of the model's file; ParameterError if a file cannot hold it."""
        kind, parameters = self._own_class(), self.get_params(deep=False)
        known = {parameter.name for parameter in self.parameter_table}
        if parameters.keys() != known:
            added, lacking = sorted(parameters.keys() - known), sorted(known - parameters.keys())
            change = f"adds {listed(added)}" if added else f"lacks {listed(lacking)}"
            raise ParameterError(
                f"{type(self).__name__} cannot be saved, since model files hold exactly the parameters of "
                f"{kind.__name__}, and its constructor {change}; use pickle."
            )
        layout = getattr(self, "image_layout_", None)
        return SavedModel(kind.__name__, parameters, self.n_features_in_, self._labels, self.fitted_, layout)

    @classmethod
    def _own_class(cls) -> type["BaseAutoencoder"]:
        """Return the estimator of Isthmus that this class is or extends: the one that declares the parameters."""
        return next(kind for kind in cls.__mro__ if "parameter_table" in vars(kind))

    def validate_parameters(self) -> None:
        """Raise ParameterError if a parameter has a value that it cannot have."""
        validate(self)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle everything but what is made anew when it is needed: the optimiser and the torch module."""
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_in_parts", "_module")}

    @property
    @abstractmethod
    def starts_at_pca(self) -> bool:
        """Whether the network is PCA, or near it, before it is trained."""

    @abstractmethod
    def _check_input(self, X: object, target: object, *, reset: bool) -> tuple[Rows, Rows | None]:
        """Check parameters and rows, and return the rows as the network takes them."""

    def _origin(self) -> tuple[str, str | None]:
        checksum = getattr(self, "_file_checksum", None)
        if checksum is None:
            with suppress(ParameterError), warnings.catch_warnings(action="ignore"):
                checksum = checksum_of(self._saved())
        return self._own_class().__name__, checksum

    def _restore_input(self, saved: SavedModel) -> None:
        """Set the attributes that ``_check_input`` leaves on a fitted estimator, beside the columns."""

    @abstractmethod
    def _resolve_loss(self, values: ColumnRange, in_use: str | None = None) -> str:
        """Return the loss that ``loss`` stands for on rows in this range, or the one in use if it suits them."""

    @abstractmethod
    def _checked_backend(self) -> Backend:
        """Return where networks are computed; raise a ParameterError if the machine lacks it."""

    @abstractmethod
    def _design(self, loss: str, backend: Backend, *, is_linear: bool) -> Design[Any, Any, Any]:
        """Describe the network that is fitted to the rows that were checked last."""

    def _fits_linear(self, loss: str, target: Rows | None) -> bool:
        """Return whether the network is linear and is solved for on all rows."""
        return False

    @contextmanager
    def _whole_or_as_before(self) -> Iterator[None]:
        """Leave the estimator as it was if the body is stopped, by an error or Ctrl-C."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            before.pop("_in_parts", None)  # its network may have seen half of a part; the next one makes it anew
            self.__dict__ = before
            raise

    def _publish(self, fitted: Fitted[Any], backend: Backend) -> None:
        """Set every attribute that a fit leaves on the estimator; ``backend`` is where the network is used."""
        history = fitted.history
        self.fitted_, self._backend = fitted, backend
        self.__dict__.pop("_module", None)
        self.__dict__.pop("_file_checksum", None)
        self.code_size_, self.loss_, self.n_samples_ = fitted.code_size, fitted.loss, fitted.n_samples
        self.mean_, self.scale_ = fitted.columns.statistics.mean, fitted.columns.scale
        if fitted.variances is not None:
            self.mean_ = self.mean_.astype(fitted.row_type)  # as PCA's other attributes
        self.n_epochs_, self.best_epoch_ = history.n_epochs, history.best_epoch
        self.history_ = {
            "epoch": list(range(history.n_epochs + 1)),
            "training_error": history.training_error,
            "validation_error": history.held_out_error,
        }
        self.start_error_, self.validation_error_ = fitted.start_error, fitted.validation_error
        self.validation_variance_, self.held_out_ = fitted.validation_variance, fitted.held_out
        optional = {"pca_error_": fitted.pca_error, "n_samples_seen_": fitted.n_samples if fitted.in_parts else None}
        for name, value in optional.items():
            self.__dict__.pop(name, None)
            if value is not None:
                setattr(self, name, value)

    def _attributes_of(self, measure: Callable[[], Fitted[Any]], backend: Backend) -> dict[str, Any]:
        """Return the attributes of an estimator with a fit in the middle of training."""
        estimator = copy.copy(self)
        estimator._publish(measure(), backend)
        return estimator.__dict__

    def _recipe(self) -> Recipe:
        """Return the parameters that all kinds of networks share."""
        own = {field.name: getattr(self, field.name) for field in fields(Recipe)}
        own |= {name: float(own[name]) for name in ("learning_rate", "weight_decay")}  # NumPy's numbers too
        return Recipe(**own | {"noise": checked_noise(self, self.noise)})

    def _training_set(self, X: object, target: object, *, reset: bool) -> TrainingSet:
        """Check rows; refuse values whose squares overflow, which would end training if they were held out."""
        data = TrainingSet(*self._check_input(X, target, reset=reset))
        if data.target is not None:
            refuse_too_large(*column_range(data.inputs))
        refuse_too_large(*data.expected_range, place="" if data.target is None else " of target")
        return data
