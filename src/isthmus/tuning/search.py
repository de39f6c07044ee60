"""AutoencoderSearch and tune: a search from beginning to end, with the methods of a scikit-learn estimator."""

import math
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin
from sklearn.utils import Tags, check_array, get_tags
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import InputError
from isthmus.estimators.dense import Autoencoder
from isthmus.parameters.rules import BOOL, FRACTION, N_JOBS, Rule, check, exactly, integer, number, one_of, refuse
from isthmus.rows.batches import Rows
from isthmus.rows.frames import is_frame, labels_of, without_torch
from isthmus.rows.refusals import cell_errors
from isthmus.system.extras import require
from isthmus.system.processes import effective_n_jobs
from isthmus.tuning.architectures import Model, architecture_of
from isthmus.tuning.database import url_of, without_password
from isthmus.tuning.goal import OBJECTIVES
from isthmus.tuning.plan import make_plan
from isthmus.tuning.problem import Problem
from isthmus.tuning.run import search

if TYPE_CHECKING:
    from isthmus.report import Report

_FEWEST_ROWS = 10
_DEFAULT_TRIALS = 50
_RULES = {
    "space": Rule("a dict or None", lambda value: value is None or isinstance(value, Mapping)),
    "objective": one_of(*OBJECTIVES),
    "target_variance": FRACTION,
    "n_trials": integer(1) | exactly(None),
    "timeout": number("above 0 (seconds)", lambda x: 0 < x < math.inf) | exactly(None),
    "folds": integer(1) | exactly("auto"),
    "test_fraction": FRACTION,
    "n_jobs": N_JOBS,
    "random_state": integer(0),
    "verbose": BOOL,
}


class AutoencoderSearch(MetaEstimatorMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Search for the hyperparameters of an autoencoder with Optuna.

    Part of the rows is set aside to test; the search never sees them. On the other rows, networks with different
    layers, nodes, activations, losses, learning rates, weight decays, batch sizes and noise are trained and scored on
    held-out rows by the share of variance explained, never by their loss. The first network is the estimator itself.
    The best network is kept if it is better than the estimator itself by more than chance.

    Parameters
    ----------
    estimator : Autoencoder or ConvAutoencoder, default=None
        The default network, and all parameters that are not searched. None means ``Autoencoder()``. All networks have
        its ``code_size``; a share of variance is turned into a number of codes once, on the rows of the search.
    space : dict, default=None
        What to search instead of the defaults, by hyperparameter: ``"layers"`` (hidden layers, 1 to 4), ``"nodes"`` (of
        the first hidden layer, 32 to 512), ``"taper"`` (nodes of a layer as a share of the one before, 0.5 to 1),
        ``"activation"``, ``"loss"`` ("mse", and "bce" for values in [0, 1]), ``"learning_rate"`` (0.0005 to 0.01),
        ``"weight_decay"`` (0.003 to 1), ``"batch_size"``, ``"noise"``, or any other parameter of the estimator. A tuple
        of two numbers is a range, a list holds choices, another value is the only one. "1:4" and "relu,gelu" work, too.
    objective : {"error", "code-size", "both"}, default="error"
        What to search for: the lowest error at one code size; the fewest codes that explain ``target_variance``; or
        low errors at every code size. For the last two the networks have ordered codes, so that each trial gives a
        whole curve of code sizes, from 1 (or the lower end of a range ``space={"code_size": (2, 64)}``) up.
    target_variance : float, default=0.95
        Share of variance that "code-size" asks for.
    n_trials : int, default=None
        Number of finished trials that the study is to have, over all processes and runs. None: 50, or no limit with
        ``timeout``.
    timeout : float, default=None
        Seconds for this call: for the trials and the networks that are trained at the end, all of which stop in the
        middle with their best epoch so far. Trials that were stopped count as pruned. If time is too short for any
        trial, the default network is kept, which is at worst PCA. None: no limit.
    folds : int or "auto", default="auto"
        1: a fifth of the rows of the search is scored. 2 and more: cross-validation with so many folds. "auto": 5 for
        fewer than 500 rows, 3 for fewer than 1,000, otherwise 1.
    test_fraction : float, default=0.2
        Share of the rows, between 0 and 1, that is set aside to test.
    study : path or URL, default=None
        SQLite file or database that keeps the trials, so that a search can go on later, and several processes and
        machines can share it. None keeps them in memory.
    n_jobs : int, default=None
        Number of processes that search, each with its share of the threads: None is one, -1 all cores.
    random_state : int, default=0
        Seed of the test rows, the splits, the networks and the sampler. With one process and no ``timeout``, searches
        repeat exactly.
    verbose : bool, default=False
        Show the best trials so far on stderr, if that is a terminal.

    Attributes
    ----------
    best_estimator_ : Autoencoder or ConvAutoencoder
        The chosen network, trained on all rows of the search.
    best_params_ : dict
        Its hyperparameters, as parameters of the estimator. Empty if it is the default network.
    best_score_, default_score_ : float
        The share of variance that the best trial, and that of the default network, explains of held-out rows (for
        "code-size" and "both" with all its codes). The first is optimistic, because it is the best of many.
    is_default_, interrupted_ : bool
        Whether the default network was kept, and whether Ctrl-C ended the search.
    test_ : TestFigures
        The share of variance that the chosen network, the default and PCA explain of the rows set aside.
    trials_ : dict of lists
        The columns of a table with one row for each trial: ``pandas.DataFrame(search.trials_)``.
    pareto_ : dict of lists
        ``code_size``, ``variance_explained``, ``pca_variance_explained`` and ``trial`` of the Pareto front: no trial
        explains as much of the held-out rows with as few codes. With objective "error" all models have one code size.
    result_ : Result
        All of it as a table and a sentence (``print``), as Markdown, CSV or JSON.
    study_ : optuna.Study
        For Optuna's own plots and importances.
    test_index_ : ndarray of int
        Positions of the rows set aside.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, if the rows were a dataframe whose labels are all text, or ``fit`` was given them.

    Raises
    ------
    MissingExtraError
        If Optuna is not installed.
    MismatchError
        If ``study`` belongs to another table or search.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from isthmus import Autoencoder, AutoencoderSearch
    >>> search = AutoencoderSearch(
    ...     Autoencoder(4, scale="standard", max_epochs=20), space={"nodes": (16, 64)}, n_trials=6
    ... ).fit(load_wine().data)
    >>> search.transform(load_wine().data).shape
    (178, 4)
    >>> len(search.trials_["trial"]), search.test_.n_rows
    (6, 36)
    """

    best_estimator_: Model

    @property
    def study(self) -> Any:
        """SQLite file or database that keeps the trials; the ``repr`` of a URL shows no password."""
        return self.__dict__["study"]

    @study.setter
    def study(self, study: object) -> None:  # checked when the search begins
        self.__dict__["study"] = without_password(study)

    def __init__(
        self, estimator: Model | None = None, *, space: Mapping[str, object] | None = None, objective: str = "error",
        target_variance: float = 0.95, n_trials: int | None = None, timeout: float | None = None,
        folds: int | str = "auto", test_fraction: float = 0.2, study: str | os.PathLike[str] | None = None,
        n_jobs: int | None = None, random_state: int = 0, verbose: bool = False,
    ) -> None:  # fmt: skip
        self.estimator, self.space = estimator, space
        self.objective, self.target_variance = objective, target_variance
        self.n_trials, self.timeout = n_trials, timeout
        self.folds, self.test_fraction = folds, test_fraction
        self.study, self.n_jobs = study, n_jobs
        self.random_state, self.verbose = random_state, verbose

    def fit(self, X: object, y: object = None, *, feature_names: Sequence[str] | None = None) -> "AutoencoderSearch":
        """Search, and train the chosen network.

        Parameters
        ----------
        X : array, dataframe, tensor, CSR matrix, or images as the estimator takes them
            At least 10 rows.
        y : ignored
        feature_names : sequence of str, optional
            Names of the columns of an array; a dataframe brings its own.

        Returns
        -------
        self : AutoencoderSearch
        """
        began = time.monotonic()
        require("tune")
        self.validate_parameters()
        estimator = Autoencoder() if self.estimator is None else self.estimator
        values, labels = _checked(X, estimator)
        columns = labels if feature_names is None else list(feature_names)
        plan = make_plan(
            estimator, values, columns, space=self.space or {}, objective=self.objective, folds=self.folds,
            target_variance=float(self.target_variance), test_fraction=float(self.test_fraction),
            seed=int(self.random_state),
        )  # fmt: skip
        problem = Problem.of(plan, values)
        self.study_, self.best_estimator_, result = search(
            problem, X if is_frame(X) else values,  # networks take the names of columns from a dataframe
            study=self.study, n_jobs=effective_n_jobs(self.n_jobs), verbose=self.verbose, began=began,
            n_trials=_DEFAULT_TRIALS if self.n_trials is None and self.timeout is None else self.n_trials,
            deadline=math.inf if self.timeout is None else began + float(self.timeout),
        )  # fmt: skip
        best, default = result.chosen, result.default
        self.result_, self.is_default_, self.interrupted_ = result, result.is_default, result.interrupted
        self.best_params_ = {} if best is None or result.is_default else problem.space.parameters(best.values)
        self.best_score_ = math.nan if best is None else float(1 - best.unexplained[-1])
        self.default_score_ = math.nan if default is None else float(1 - default.unexplained[-1])
        self.test_, self.test_index_ = result.test, problem.test
        self.trials_, self.pareto_ = result.table, result.pareto
        return self

    def transform(self, X: object) -> Any:
        """Encode rows with the chosen network: see ``Autoencoder.transform``."""
        return self._best.transform(X)

    def inverse_transform(self, X: object) -> Any:
        """Decode latent codes with the chosen network: see ``Autoencoder.inverse_transform``."""
        return self._best.inverse_transform(X)

    def reconstruct(self, X: object) -> Any:
        """Encode and decode rows with the chosen network: see ``Autoencoder.reconstruct``."""
        return self._best.reconstruct(X)

    def reconstruction_error(self, X: object, *, in_data_units: bool = False) -> Any:
        """The error of each row with the chosen network: see ``Autoencoder.reconstruction_error``."""
        return self._best.reconstruction_error(X, in_data_units=in_data_units)

    def score(self, X: object, y: object = None, *, in_data_units: bool = False) -> float:
        """The share of variance that the chosen network explains: see ``Autoencoder.score``."""
        return self._best.score(X, in_data_units=in_data_units)

    def report(self, X: object, **options: Any) -> "Report":
        """One self-contained HTML page about the search, the chosen network and some rows.

        It is the network's report with a section about the search: its course, how much each hyperparameter mattered,
        the Pareto front of code size and error beside PCA, and the best networks drawn.

        Parameters
        ----------
        X : array, dataframe, tensor, CSR matrix or images
            Best the rows that no trial has seen: ``X[search.test_index_]``.
        **options
            ``path``, ``image_shape``, ``colour`` and others: see ``isthmus.report.report``.

        Returns
        -------
        report : Report

        Raises
        ------
        MissingExtraError
            If matplotlib or jinja2 is not installed.
        """
        from isthmus.report import report  # noqa: PLC0415 — an optional part
        from isthmus.tuning.section import search_section  # noqa: PLC0415

        return report(self._best, X, sections=[search_section(self.result_, self.study_)], **options)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """The names of the latent codes."""
        names: np.ndarray = self._best.get_feature_names_out(input_features)
        return names

    @property
    def n_features_in_(self) -> int:
        """Number of columns."""
        return self._best.n_features_in_

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns, if the rows were a dataframe whose labels are all text."""
        names: np.ndarray = self._best.feature_names_in_
        return names

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        estimator = Autoencoder() if self.estimator is None else self.estimator
        tags.input_tags = get_tags(estimator).input_tags
        tags.transformer_tags = get_tags(estimator).transformer_tags
        return tags

    @property
    def _best(self) -> Model:
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_

    def validate_parameters(self) -> None:
        """Raise a ``ParameterError`` if a parameter of the search or of its estimator breaks a rule."""
        if self.estimator is not None:
            if architecture_of(self.estimator) is None:
                raise refuse(self, "estimator", "an Autoencoder, a ConvAutoencoder or None", self.estimator)
            self.estimator.validate_parameters()
        for name, rule in _RULES.items():
            check(self, name, getattr(self, name), rule)
        if self.study is not None:
            require("tune")
            url_of(os.fspath(self.study))


def tune(X: object, estimator: Model | None = None, **options: Any) -> AutoencoderSearch:
    """Search for the hyperparameters of an autoencoder: ``AutoencoderSearch(estimator, **options).fit(X)``.

    Parameters
    ----------
    X : array, dataframe, tensor, CSR matrix or images
    estimator : Autoencoder or ConvAutoencoder, default=None
        The default network. None means ``Autoencoder()``.
    **options
        See ``AutoencoderSearch``.

    Returns
    -------
    search : AutoencoderSearch
        ``print(search.result_)`` shows the result; ``search.best_estimator_`` is the network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import Autoencoder, tune
    >>> search = tune(load_iris().data, Autoencoder(2, max_epochs=10), n_trials=3, space={"layers": 1})
    >>> search.best_estimator_.code_size_
    2
    """
    return AutoencoderSearch(estimator, **options).fit(X)


def _checked(X: object, estimator: Model) -> tuple[Rows, list[str]]:
    """The numbers in X (rows, images or CSR), and the names of its columns."""
    is_images = not isinstance(estimator, Autoencoder)
    options = {"accept_sparse": False, "allow_nd": True} if is_images else {"accept_sparse": "csr"}
    X = without_torch(X)
    with cell_errors(X, "X"):
        values: Rows = check_array(X, dtype=[np.float64, np.float32], input_name="X", **options)
    if values.shape[0] < _FEWEST_ROWS:
        raise InputError(f"A search needs at least {_FEWEST_ROWS} rows. Got n_samples = {values.shape[0]} instead.")
    labels = labels_of(X)
    return values, [] if labels is None else list(map(str, labels))
