"""compare: fit PCA and two networks at several code sizes, and score them on the same held-out rows."""

import time
import warnings
from collections.abc import Sequence
from numbers import Integral

import numpy as np
from jaxtyping import Float64
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, gen_batches

from isthmus.comparison.result import Comparison
from isthmus.errors import InputError, UnusedCodesWarning, WorseThanPCAWarning
from isthmus.estimators.dense import Autoencoder
from isthmus.parameters.rules import is_int, is_real, refuse
from isthmus.pca.baseline import PCABaseline
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.frames import is_frame, select_rows, without_torch
from isthmus.rows.refusals import cell_errors
from isthmus.rows.splits import random_state_of, set_aside
from isthmus.system.progress import progress_bar
from isthmus.words import counted

_STARTS = {"random": "random", "isthmus": "pca"}  # the networks of a comparison, and where each starts
_COLUMNS = ("model", "code_size", "error", "variance_explained", "seconds")


def compare(
    X: object,
    *,
    estimator: Autoencoder | None = None,
    code_sizes: int | Sequence[int] | np.ndarray | None = None,
    target: object = None,
    feature_names: Sequence[str] | None = None,
    test_fraction: float = 0.2,
    random_state: int | np.random.RandomState | None = 0,
    verbose: bool = False,
) -> Comparison:
    """Compare an autoencoder with PCA and with a random initialisation, on held-out rows.

    A share of the rows is set aside first. The mean, scikit-learn's PCA, and the autoencoder from a random
    initialisation and from the PCA start are fitted to the others. The rows that ``estimator`` holds out to choose its
    best epoch also come from the others, so that the rows set aside favour no model.

    Parameters
    ----------
    X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        At least three rows, without missing or infinite values.
    estimator : Autoencoder, default=None
        Gives both networks their parameters, except ``code_size``, ``start`` and ``verbose``; it is not fitted
        itself. None means ``Autoencoder()``.
    code_sizes : int or sequence of int, default=None
        Two networks are fitted for each. None means 1, 2, 4, … and half the columns, but not more than 64.
    target : like X, default=None
        The rows to reconstruct, for a denoiser; X itself by default. PCA is then fitted to the target.
    feature_names : sequence of str, default=None
        Names of the columns of an array; a dataframe brings its own.
    test_fraction : float, default=0.2
        Share of the rows, between 0 and 1, that is set aside: at least one row, and all but two at most.
    random_state : int, RandomState or None, default=0
        Seed of the split, and of the networks unless ``estimator`` has its own ``random_state``. Both networks always
        have the same seed.
    verbose : bool, default=False
        Show a progress bar on stderr, if that is a terminal.

    Returns
    -------
    Comparison
        ``print`` shows a table and a sentence. Errors are mean squared errors in the data's units, or with
        ``scale="standard"`` in those of the columns standardised by the training rows; PCA works on the same scale.

    Raises
    ------
    ParameterError
        If a parameter, or one of ``estimator``, has an invalid value (a ``ValueError``).
    InputError
        If there are fewer than three rows, or the data does not suit the loss (a ``ValueError``).

    Notes
    -----
    Fits are timed one after the other in this process, after a small fit that is not counted. PCA is fitted once with
    all its components, and every code size shows the seconds of that fit.

    On small tables the split and the seed change the errors of networks by a tenth or more, so try several values of
    ``random_state`` before you trust small differences.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from isthmus import Autoencoder, compare
    >>> estimator = Autoencoder(scale="standard", max_epochs=20)
    >>> comparison = compare(load_wine().data, estimator=estimator, code_sizes=[2, 4])
    >>> [str(model) for model in comparison.results["model"]]
    ['mean', 'pca', 'random', 'isthmus', 'pca', 'random', 'isthmus']
    >>> comparison.models["isthmus"][4].code_size_
    4
    """
    estimator = Autoencoder() if estimator is None else estimator
    if not isinstance(estimator, Autoencoder):
        raise refuse("compare", "estimator", "an Autoencoder or None", estimator)
    rows, X = _checked(X, "X")
    expected, target = (rows, None) if target is None else _checked(target, "target")
    if expected.shape != rows.shape:
        (n, d), (n_target, d_target) = rows.shape, expected.shape
        raise InputError(
            f"target has {counted(n_target, 'row')} of {counted(d_target, 'column')}, but X has {n} of {d}."
        )
    sizes = default_code_sizes(rows.shape[1]) if code_sizes is None else _code_sizes(code_sizes)
    rng = random_state_of(random_state)
    if not is_real(test_fraction) or not 0 < test_fraction < 1:
        raise refuse("compare", "test_fraction", "a number between 0 and 1", test_fraction)
    train, test = set_aside(rows.shape[0], float(test_fraction), rng)
    if estimator.random_state is None:
        seed = random_state if isinstance(random_state, Integral) else int(rng.randint(2**31 - 1))
        estimator = clone(estimator).set_params(random_state=seed)

    X_train, target_train = select_rows(X, train), None if target is None else select_rows(target, train)
    X_test, expected_test = select_rows(X, test), expected[test]
    rows_test = expected_test if target is None else rows[test]
    _warm_up(estimator, X_train, target_train, feature_names, len(train))
    began = time.perf_counter()
    pca = PCABaseline.of(expected[train], standardise=estimator.scale == "standard")
    pca_seconds = time.perf_counter() - began
    pca_errors = pca.squared_errors(rows_test, expected_test) / float(rows_test.shape[0] * rows_test.shape[1])

    # Smaller deviations from the mean are rounding errors of float64.
    rounding = float(np.mean((10 * np.finfo(np.float64).eps * pca.mean / pca.unit) ** 2))
    variance = pca_errors[0] if pca_errors[0] > rounding else np.nan
    lines = [("mean", 0, float(pca_errors[0]), _seconds_of_mean(expected[train]))]
    models: dict[str, dict[int, Autoencoder]] = {name: {} for name in _STARTS}
    with progress_bar("fits", len(_STARTS) * len(sizes), shown=verbose) as show:
        for size in sizes:
            lines.append(("pca", size, float(pca_errors[min(size, len(pca.axes))]), pca_seconds))
            for name, start in _STARTS.items():
                show(sum(map(len, models.values())), f"code size {size}, {start} start")
                models[name][size] = model = clone(estimator).set_params(code_size=size, start=start, verbose=False)
                fit_seconds = _fit(model, X_train, target_train, feature_names)
                lines.append((name, size, _error(model, X_test, expected_test, pca.unit), fit_seconds))
    names, fitted, errors, seconds = (np.array(column) for column in zip(*lines, strict=True))
    columns = (names, fitted, errors, 1 - errors / variance, seconds)
    return Comparison(
        results=dict(zip(_COLUMNS, columns, strict=True)),
        pca_errors=pca_errors,
        models=models,
        test_index=test,
        n_train=len(train),
        n_features=rows.shape[1],
        error_unit="standardised columns" if estimator.scale == "standard" else "the data's units",
    )


def default_code_sizes(n_features: int) -> tuple[int, ...]:
    """1, 2, 4, … and half the columns, but not more than 64."""
    most = min(max(1, n_features // 2), 64)
    return (*(2**i for i in range(7) if 2**i < most), most)


def _code_sizes(code_sizes: object) -> tuple[int, ...]:
    sizes = [code_sizes] if isinstance(code_sizes, Integral) else code_sizes
    sizes = sizes.tolist() if isinstance(sizes, np.ndarray) else sizes
    if isinstance(sizes, str) or not (
        isinstance(sizes, Sequence) and len(sizes) and all(is_int(size) and size >= 1 for size in sizes)
    ):
        raise refuse("compare", "code_sizes", "an int of at least 1, a sequence of such ints, or None", code_sizes)
    return tuple(sorted({int(size) for size in sizes}))


def _checked(X: object, name: str) -> tuple[Rows, object]:
    """The numbers in X, and the rows for the networks: X itself if it is a dataframe, which has names."""
    X = without_torch(X)
    with cell_errors(X, name):
        rows = check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32], input_name=name)
    if rows.shape[0] < 3:
        needs = "A comparison needs at least three rows, two to fit on and one to score on."
        raise InputError(f"{needs} Got {rows.shape[0]} instead.")
    return rows, X if is_frame(X) else rows


def _warm_up(
    estimator: Autoencoder, X: object, target: object, feature_names: Sequence[str] | None, n_rows: int
) -> None:
    """Fit both networks briefly: the first use of a library takes time that would count as fitting."""
    index = np.arange(min(n_rows, 64))
    few, few_targets = select_rows(X, index), None if target is None else select_rows(target, index)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fits that count warn again
        for start in _STARTS.values():
            model = clone(estimator).set_params(code_size=1, start=start, max_epochs=1, verbose=False)
            _fit(model, few, few_targets, feature_names)


def _fit(model: Autoencoder, X: object, target: object, feature_names: Sequence[str] | None) -> float:
    """Fit, and return the seconds; Ctrl-C ends the comparison, which would be unfair to a half-trained network."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Training was interrupted", category=ConvergenceWarning)
        warnings.simplefilter("ignore", UnusedCodesWarning)  # the comparison shows both
        warnings.simplefilter("ignore", WorseThanPCAWarning)
        began = time.perf_counter()
        try:
            model.fit(X, target=target, feature_names=feature_names)
        except ConvergenceWarning as warning:
            if "interrupted" not in str(warning):
                raise  # the user turned warnings into errors
            raise KeyboardInterrupt from None
        return time.perf_counter() - began


def _seconds_of_mean(rows: Rows) -> float:
    began = time.perf_counter()
    rows.mean(axis=0)
    return time.perf_counter() - began


def _error(model: Autoencoder, X: object, expected: Rows, unit: Float64[np.ndarray, " features"]) -> float:
    total = 0.0
    for rows in gen_batches(expected.shape[0], n_batch_rows(expected.shape[1])):
        batch = select_rows(X, np.arange(rows.start, rows.stop))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="X does not have valid feature names")  # of an array with names
            reconstructed = np.asarray(model.reconstruct(batch), dtype=np.float64)
        total += float((((reconstructed - dense_rows(expected, rows)) / unit) ** 2).sum())
    return total / float(expected.shape[0] * expected.shape[1])
