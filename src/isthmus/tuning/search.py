"""tune and AutoencoderSearch: the search from beginning to end, behind scikit-learn's methods."""

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import InputError
from isthmus.estimators.base import BaseAutoencoder
from isthmus.estimators.dense import Autoencoder
from isthmus.estimators.parameters import check_bool, check_choice, check_int, check_real, is_int, refuse
from isthmus.rows.frames import without_torch
from isthmus.system.extras import require
from isthmus.tuning.choice import Scored, pareto, scored
from isthmus.tuning.final import Chosen, choose, default_network
from isthmus.tuning.interrupts import held
from isthmus.tuning.objective import OBJECTIVES, Objective
from isthmus.tuning.plan import carry_out, make_plan
from isthmus.tuning.portfolio import portfolio
from isthmus.tuning.problem import Parts
from isthmus.tuning.progress import live_table
from isthmus.tuning.result import Result, pareto_table, trials_table
from isthmus.tuning.storage import database_url, let_go, quiet, storage_errors
from isthmus.tuning.study import RESERVE, enqueue_default, fail_lost_trials, open_study, run_trials
from isthmus.tuning.workers import Work, run_workers

if TYPE_CHECKING:
    from isthmus.report import Report

_FEWEST_ROWS = 20
_DEFAULT_TRIALS = 50


class AutoencoderSearch(MetaEstimatorMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """An autoencoder whose hyperparameters are searched for, by Optuna.

    A share of the rows is set aside to test, and never seen by the search. On the others, networks with chosen layers,
    nodes, activation, loss, learning rate, weight decay, batch size and noise are trained (the first is the estimator
    as it is) and scored on rows held out from their training, by the share of variance explained, never by their loss.
    The best is kept if it is better than the estimator as it is by more than would differ on other rows.

    Parameters
    ----------
    estimator : Autoencoder or ConvAutoencoder, default=None
        The default network, and all parameters that are not searched. None means ``Autoencoder()``. Its ``code_size``
        is what all networks have: a share is settled once, by the rows that are searched on.
    space : dict, default=None
        What to search instead of the defaults, by hyperparameter: ``"layers"`` (hidden layers, 1 to 4), ``"nodes"`` (of
        the first, 32 to 512), ``"taper"`` (nodes of a layer as a share of the one before, 0.5 to 1), ``"activation"``,
        ``"loss"`` ("mse" or "bce" where the data allows for it), ``"learning_rate"`` (0.0005 to 0.01),
        ``"weight_decay"`` (0.003 to 1), ``"batch_size"``, ``"noise"``, or any other parameter of the estimator. A tuple
        of two numbers is a range, a list holds choices, anything else is the one value to have. Texts will do: "1:4",
        "relu,gelu".
    objective : {"error", "code-size", "both"}, default="error"
        What is searched for: the lowest error at one code size; the fewest codes that explain ``target_variance``; or
        low errors at every code size. For the last two the networks have ordered codes, so that each trial fills a
        whole curve of code sizes, from 1 (or the lower end of a range ``space={"code_size": (2, 64)}``) up.
    target_variance : float, default=0.95
        Share of variance that "code-size" asks for.
    n_trials : int, default=None
        Finished trials that the study is to have, by whichever process and run. None: 50, or with ``timeout`` no limit.
    timeout : float, default=None
        Seconds for this call, the networks that are trained at the end included. The default network is always tried.
    folds : int or "auto", default="auto"
        How often the rows that are searched on are split. 1: a fifth of them is scored. 2 and more: cross-validation.
        "auto": 5 for fewer than 500 rows, 3 for fewer than 1,000, otherwise 1.
    test_fraction : float, default=0.2
        Share of the rows, between 0 and 1, that is set aside to test.
    study : path or URL, default=None
        SQLite file or database in which trials are kept, so that the search goes on where it ended and several
        processes and machines may share it. None keeps them in memory.
    n_jobs : int, default=1
        Processes that search, each with its share of the threads.
    random_state : int, default=0
        Seed of the test rows, the splits, the networks and the sampler. With one process and no ``timeout``, searches
        repeat exactly.
    verbose : bool, default=False
        Show the best trials so far on stderr, if that is a terminal.

    Attributes
    ----------
    best_estimator_ : Autoencoder or ConvAutoencoder
        The chosen network, trained on all rows that were not set aside to test.
    best_params_ : dict
        Its hyperparameters, as parameters of the estimator. Empty if it is the default network.
    best_score_ : float
        The share of variance that the best trial explains of held-out rows (for "code-size" and "both" with all its
        codes). It flatters: it is the best of many.
    default_score_ : float
        The same of the default network.
    is_default_ : bool
        Whether the default network was kept.
    test_ : TestFigures
        What the chosen network, the default and PCA explain of the rows set aside.
    trials_ : pyarrow.Table
        A line a trial: ``trials_.to_pandas()``.
    pareto_ : pyarrow.Table
        ``code_size``, ``variance_explained``, ``pca_variance_explained`` and ``trial``: no trial explains as much of
        the held-out rows with as few codes. Models of objective "error" all have one code size.
    result_ : Result
        All of it as a table and a sentence (``print``), as Markdown, CSV or JSON.
    study_ : optuna.Study
        For Optuna's own plots and importances.
    test_index_ : ndarray of int
        Which rows were set aside.
    interrupted_ : bool
        Whether Ctrl-C ended the search.

    Raises
    ------
    MissingExtraError
        If Optuna is not installed.
    MismatchError
        If ``study`` is one of another table or search.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from isthmus import Autoencoder, AutoencoderSearch
    >>> search = AutoencoderSearch(
    ...     Autoencoder(4, scale="standard", max_epochs=20), space={"nodes": (16, 64)}, n_trials=6
    ... ).fit(load_wine().data)
    >>> search.transform(load_wine().data).shape
    (178, 4)
    >>> search.trials_.num_rows, search.test_.n_rows
    (6, 36)
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        space: Mapping[str, Any] | None = None,
        objective: str = "error",
        target_variance: float = 0.95,
        n_trials: int | None = None,
        timeout: float | None = None,
        folds: int | str = "auto",
        test_fraction: float = 0.2,
        study: Any = None,
        n_jobs: int = 1,
        random_state: int = 0,
        verbose: bool = False,
    ) -> None:
        self.estimator = estimator
        self.space = space
        self.objective = objective
        self.target_variance = target_variance
        self.n_trials = n_trials
        self.timeout = timeout
        self.folds = folds
        self.test_fraction = test_fraction
        self.study = study
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> "AutoencoderSearch":
        """Search, and train the network that is chosen.

        Parameters
        ----------
        X : array, dataframe, tensor, CSR matrix, or images as the estimator takes them
            At least 20 rows.
        y : ignored

        Returns
        -------
        self : AutoencoderSearch
        """
        began = time.monotonic()
        require("tune")
        estimator = self.validate_parameters()
        values, columns = _checked(X, estimator)
        plan = make_plan(
            estimator,
            values,
            columns,
            space=self.space,
            objective=self.objective,
            target_variance=float(self.target_variance),
            folds=self.folds,
            test_fraction=float(self.test_fraction),
            seed=int(self.random_state),
        )
        objective, first, rows = carry_out(plan, values)
        objective.deadline = math.inf if self.timeout is None else began + float(self.timeout)
        self.interrupted_ = False
        with _database(self.study, self.n_jobs) as (database, folder):
            given, plain = _frame_or(X, values), None
            train_default = partial(default_network, objective, first, given, rows)
            self.study_ = open_study(database, plan, seed=plan["seed"], portfolio=portfolio(objective.space, first))
            try:
                with quiet(), storage_errors(database), held():
                    fail_lost_trials(self.study_)
                    enqueue_default(self.study_, first)
                    plain = self._search(plan, objective, (database, folder), train_default)
            except KeyboardInterrupt:
                self.interrupted_ = True
            with quiet(), storage_errors(database):
                self.study_ = let_go(self.study_, keep=self.study is not None)
                trials = scored(self.study_.get_trials(deepcopy=False))
                plain = train_default() if plain is None else plain
                chosen = choose(objective, trials, plain, given, rows)
                self._publish(trials, objective, chosen, rows, began)
        return self

    def transform(self, X: Any) -> Any:
        """Encode rows with the chosen network: see ``Autoencoder.transform``."""
        return self._best.transform(X)

    def inverse_transform(self, X: Any) -> Any:
        """Decode codes with the chosen network: see ``Autoencoder.inverse_transform``."""
        return self._best.inverse_transform(X)

    def reconstruct(self, X: Any) -> Any:
        """Encode and decode rows with the chosen network."""
        return self._best.reconstruct(X)

    def reconstruction_error(self, X: Any) -> Any:
        """How far each row is from its reconstruction by the chosen network."""
        return self._best.reconstruction_error(X)

    def score(self, X: Any, y: Any = None) -> float:
        """The share of variance that the chosen network explains: see ``Autoencoder.score``."""
        return self._best.score(X)

    def report(self, X: Any, **options: Any) -> "Report":
        """One self-contained HTML page about the search, the chosen network and some rows.

        It is the network's report with a section about the search: its course, how much each hyperparameter mattered,
        the Pareto front of code size and error beside PCA's curve, and the best networks drawn.

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
        from isthmus.tuning.section import search_section  # noqa: PLC0415 — an optional part

        return report(self._best, X, sections=[search_section(self.result_, self.study_)], **options)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """The names of the codes."""
        return self._best.get_feature_names_out(input_features)

    @property
    def n_features_in_(self) -> int:
        """Number of columns."""
        return self._best.n_features_in_

    @property
    def _best(self) -> BaseAutoencoder:
        check_is_fitted(self, "best_estimator_")
        model: BaseAutoencoder = self.best_estimator_
        return model

    def validate_parameters(self) -> Any:
        """Check what can be checked without the data; the estimator."""
        estimator = Autoencoder() if self.estimator is None else self.estimator
        if not isinstance(estimator, BaseAutoencoder):
            raise refuse(self, "estimator", "an Autoencoder, a ConvAutoencoder or None", estimator)
        estimator.validate_parameters()
        check_choice(self, "objective", OBJECTIVES)
        check_real(self, "target_variance", "a number between 0 and 1", 0, 1, open_low=True, open_high=True)
        check_int(self, "n_trials", 1, or_else=(None,))
        if self.timeout is not None:
            check_real(
                self, "timeout", "a number above 0 (seconds) or None", 0, math.inf, open_low=True, open_high=True
            )
        check_int(self, "folds", 1, or_else=("auto",))
        check_real(self, "test_fraction", "a number between 0 and 1", 0, 1, open_low=True, open_high=True)
        check_int(self, "n_jobs", 1)
        if not is_int(self.random_state) or self.random_state < 0:
            raise refuse(self, "random_state", "an int of at least 0", self.random_state)
        if self.space is not None and not isinstance(self.space, Mapping):
            raise refuse(self, "space", "a dict or None", self.space)
        check_bool(self, "verbose")
        return estimator

    def _search(
        self,
        plan: dict[str, Any],
        objective: Objective,
        places: tuple[str | None, Path | None],
        train_default: Callable[..., Any],
    ) -> Any:
        """Search; with several processes, the default network is trained beside them and returned."""
        n_trials = _DEFAULT_TRIALS if self.n_trials is None and self.timeout is None else self.n_trials
        database, folder = places
        pca = float(objective.pca_unexplained[min(plan["code size"][1], len(objective.pca_unexplained) - 1)])
        with live_table(self.study_, 1 - pca, n_trials, objective.deadline, shown=self.verbose) as refresh:
            if folder is None or database is None:
                run_trials(self.study_, objective, n_trials=n_trials, reserve=RESERVE, on_trial=refresh)
                return None
            job = {"plan": plan, "n_trials": n_trials}
            work = Work(folder, database_url(database), job, objective.X, objective.deadline)
            return run_workers(self.n_jobs, work, refresh, train_default)

    def _publish(self, trials: list[Scored], objective: Objective, chosen: Chosen, rows: Parts, began: float) -> None:
        best = chosen.trial
        self.best_estimator_, self.is_default_ = chosen.model, chosen.is_default
        self.best_params_ = {} if best is None or chosen.is_default else objective.space.parameters(best.values)
        self.best_score_ = math.nan if best is None else float(1 - best.unexplained[-1])
        self.default_score_ = math.nan if chosen.default is None else float(1 - chosen.default.unexplained[-1])
        self.test_, self.test_index_ = chosen.test, rows.test
        self.trials_ = trials_table(self.study_)
        self.pareto_ = pareto_table(pareto(trials), objective.pca_unexplained)
        self.result_ = Result(
            trials=tuple(trials),
            table=self.trials_,
            pareto=self.pareto_,
            test=self.test_,
            chosen=best,
            default=chosen.default,
            is_default=self.is_default_,
            pca_unexplained=objective.pca_unexplained,
            pca_merit=objective.pca_merit(objective.estimator.code_size),
            objective=objective.objective,
            target_variance=objective.target_variance,
            n_search=len(rows.search),
            n_folds=len(objective.splits),
            seconds=time.monotonic() - began,
            interrupted=self.interrupted_,
        )


def tune(X: Any, estimator: Any = None, **options: Any) -> AutoencoderSearch:
    """Search for the hyperparameters of an autoencoder: ``AutoencoderSearch(estimator, **options).fit(X)``.

    Parameters
    ----------
    X : array, dataframe, tensor, CSR matrix or images
    estimator : Autoencoder or ConvAutoencoder, default=None
        The default network.
    **options
        See ``AutoencoderSearch``.

    Returns
    -------
    search : AutoencoderSearch
        ``print(search.result_)`` says what was found; ``search.best_estimator_`` is the network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import Autoencoder, tune
    >>> search = tune(load_iris().data, Autoencoder(2, max_epochs=10), n_trials=3, space={"layers": 1})
    >>> search.best_estimator_.code_size_
    2
    """
    return AutoencoderSearch(estimator, **options).fit(X)


def _checked(X: Any, estimator: Any) -> tuple[Any, list[str]]:
    """The numbers in X (rows, images or CSR), and the names of its columns."""
    names = getattr(X, "column_names", None) or getattr(X, "columns", None)
    X = without_torch(X)
    is_images = not isinstance(estimator, Autoencoder)
    rules: dict[str, Any] = {"dtype": [np.float64, np.float32], "input_name": "X", "allow_nd": is_images}
    if not is_images:
        rules["accept_sparse"] = "csr"
    values = check_array(X, **rules)
    if values.shape[0] < _FEWEST_ROWS:
        raise InputError(f"A search needs at least {_FEWEST_ROWS} rows. Got {values.shape[0]} instead.")
    columns = [] if names is None or callable(names) else [str(name) for name in names]
    return values, columns


def _frame_or(X: Any, values: Any) -> Any:
    """X, if it is a dataframe (it has names), and otherwise the numbers in it."""
    return X if isinstance(nw.from_native(X, eager_only=True, pass_through=True), nw.DataFrame) else values


@contextmanager
def _database(study: Any, n_jobs: int) -> Iterator[tuple[str | None, Path | None]]:
    """The name of the database, if there is one, and a folder for workers, if there are several."""
    name = None if study is None else os.fspath(study)
    if n_jobs == 1:
        yield name, None
        return
    with tempfile.TemporaryDirectory(prefix="isthmus-") as made:
        yield str(Path(made) / "study.sqlite") if name is None else name, Path(made)
