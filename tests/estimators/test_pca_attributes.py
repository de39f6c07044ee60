"""A linear network is read like scikit-learn's PCA, and other networks say what they do not have."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder, ParameterError, load

rng = np.random.default_rng(0)
WINE = StandardScaler().fit_transform(load_wine().data)
# Rows that scikit-learn's PCA has no trouble with: separated, and none along which nothing varies.
DATA = {
    "digits": load_digits().data[:, load_digits().data.std(axis=0) > 0.5],
    "wine": WINE,
    "breast cancer": StandardScaler().fit_transform(load_breast_cancer().data),
    "wine in its own units": load_wine().data,
    "wide": rng.normal(size=(40, 100)) * np.geomspace(3, 0.1, 100) + 5,
    "square": rng.normal(size=(30, 30)) * np.geomspace(3, 0.1, 30),
}
ARRAYS = ("components_", "explained_variance_", "explained_variance_ratio_", "singular_values_", "mean_")
METHODS = ("get_covariance", "get_precision", "score_samples")
NAMES = (*ARRAYS, "noise_variance_", *METHODS)

pytestmark = [
    pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning"),
    pytest.mark.filterwarnings("ignore::isthmus.errors.UnusedCodesWarning"),
]


def linear(k, **parameters):
    return Autoencoder(k, activation="identity", loss="mse", **parameters)


def assert_close(ours, theirs, name=""):
    """To within 1e-5 of the largest value."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max(), err_msg=name)


def assert_read_like(model, pca, X, *, density=True):
    """Every attribute and method of a PCA that whitens or does not."""
    for name in ARRAYS:
        assert_close(getattr(model, name), getattr(pca, name), name)
    assert model.noise_variance_ == pytest.approx(pca.noise_variance_, rel=1e-5)
    assert model.n_components_ == pca.n_components_
    codes = pca.transform(X)
    assert_close(model.transform(X), codes, "transform")
    assert_close(model.inverse_transform(codes), pca.inverse_transform(codes), "inverse_transform")
    # Whitening scales codes; the covariance of the rows stays what it is (PCA(whiten=True) takes variances twice).
    plain = clone(pca).set_params(whiten=False).fit(X)
    assert_close(model.get_covariance(), plain.get_covariance(), "get_covariance")
    if density:
        assert_close(model.get_precision(), plain.get_precision(), "get_precision")
        assert_close(model.score_samples(X), plain.score_samples(X), "score_samples")


def sizes(X):
    """Code sizes up to those that leave one axis out."""
    return (1, 4, min(X.shape[0] - 1, X.shape[1]) - 1)


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("name", DATA)
def test_everything_of_pca_is_there_under_the_same_name(name, unit, whiten):
    X = unit * DATA[name]
    for k in sizes(X):
        model, pca = linear(k, whiten=whiten).fit(X), PCA(k, whiten=whiten, svd_solver="full").fit(X)
        # Where the axis left out of rank-deficient rows has no variance, there is no density.
        assert_read_like(model, pca, X, density=pca.noise_variance_ > 1e-12 * pca.explained_variance_[0])


@pytest.mark.parametrize("name", ["digits", "wine", "breast cancer", "wine in its own units"])
def test_all_axes_give_the_covariance_of_the_rows(name):
    X = DATA[name]
    for whiten in (False, True):
        model = linear(X.shape[1], whiten=whiten).fit(X)
        assert_read_like(model, PCA(whiten=whiten, svd_solver="full").fit(X), X)
        assert_close(model.get_covariance(), np.cov(X.T))
        assert_close(model.get_precision() @ model.get_covariance(), np.eye(X.shape[1]))


def test_whitened_codes_have_unit_variance():
    for X in DATA.values():
        codes = linear(4, whiten=True).fit_transform(X)
        np.testing.assert_allclose(np.cov(codes.T), np.eye(4), atol=1e-6)


def test_noise_variance_is_right_where_nearly_nothing_is_left_out():
    """The total less the variances kept would be off by 4e-4 here."""
    X = load_breast_cancer().data
    for k in (20, 25, 29):
        expected = PCA(k, svd_solver="full").fit(X).noise_variance_
        assert linear(k).fit(X).noise_variance_ == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("name", ["wine in its own units", "wide", "breast cancer"])
def test_standard_scale_is_a_standard_scaler_before_pca(name, whiten):
    X = DATA[name]
    for k in (1, 4, 9):
        model = linear(k, whiten=whiten, scale="standard").fit(X)
        pipeline = make_pipeline(StandardScaler(), PCA(k, whiten=whiten, svd_solver="full")).fit(X)
        scaler, pca = pipeline[0], pipeline[1]
        codes = pipeline.transform(X)
        assert_close(model.transform(X), codes)
        assert_close(model.inverse_transform(codes), pipeline.inverse_transform(codes))
        for attribute in ARRAYS[:-1]:
            assert_close(getattr(model, attribute), getattr(pca, attribute), attribute)
        assert_close(model.mean_, scaler.mean_)
        assert model.noise_variance_ == pytest.approx(pca.noise_variance_, rel=1e-5)
        plain = PCA(k, svd_solver="full").fit(scaler.transform(X))
        assert_close(model.get_covariance(), plain.get_covariance())
        assert_close(model.score_samples(X), plain.score_samples(scaler.transform(X)))


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_axes_beyond_the_rank_have_no_variance(unit):
    """Rank 4 of 20 columns: the axes beyond are arbitrary, and everything else is PCA's."""
    X = unit * (rng.normal(size=(60, 4)) @ rng.normal(size=(4, 20)) + 1)
    pca = PCA(4, svd_solver="full").fit(X)
    for k in (4, 7, 20, 30):
        model = linear(k, scale="none").fit(X)
        assert_close(model.components_[:4], pca.components_)
        assert_close(model.transform(X)[:, :4], pca.transform(X))
        for name in ("explained_variance_", "explained_variance_ratio_"):
            assert_close(getattr(model, name), np.pad(getattr(pca, name), (0, k - 4)), name)
        assert_close(model.get_covariance(), pca.get_covariance())
        assert model.noise_variance_ < 1e-12 * pca.explained_variance_[0]
        for method in ("get_precision", "score_samples"):
            with pytest.raises(np.linalg.LinAlgError, match=f"{method} needs a covariance that can be inverted"):
                getattr(model, method)(*[X] * (method == "score_samples"))
        whitened = linear(k, whiten=True).fit(X)
        assert np.isfinite(whitened.transform(X)).all()
        np.testing.assert_allclose(np.cov(whitened.transform(X)[:, :4].T), np.eye(4), atol=1e-6)
        assert_close(whitened.inverse_transform(whitened.transform(X)), X)


def likelihoods_by_pca(k, X):
    """The log-likelihoods by PCA with two solvers, and of the rows and columns in another order; None for an error."""
    order, columns = np.random.default_rng(1).permutation(len(X)), np.random.default_rng(2).permutation(X.shape[1])
    # Of wide rows the covariance has more eigenvalues than scikit-learn's other solvers count as noise.
    for solver in ("full", "covariance_eigh") if len(X) >= X.shape[1] else ("full",):
        for rows in (X, X[order][:, columns]):
            try:
                yield PCA(k, svd_solver=solver).fit(rows).score_samples(X if rows is X else X[:, columns])
            except np.linalg.LinAlgError:
                yield None


IRIS, DIGITS = load_iris().data, load_digits().data
DEFICIENT = {
    "a constant column": np.c_[IRIS, np.full(150, 3.0)],
    "a column of zeros": np.c_[np.zeros(150), IRIS],
    "a large constant column": np.c_[IRIS, np.full(150, 1e6)],
    "a column that follows from others": np.c_[IRIS, IRIS[:, 0] + IRIS[:, 1]],
    "columns of small variance": np.c_[IRIS, 1e-5 * np.random.default_rng(0).normal(size=(150, 2))],
    "constant pixels": DIGITS,
    "more columns than rows": np.random.default_rng(0).normal(size=(20, 30)),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # scikit-learn's divisions by zero
@pytest.mark.parametrize("name", DEFICIENT)
def test_a_density_is_there_where_pca_has_one(name):
    """PCA answers where no error and no rounding comes out: the same with either solver, in any order."""
    X = DEFICIENT[name]
    rank, answered = np.linalg.matrix_rank(X - X.mean(axis=0)), []
    for k in sorted({1, 2, rank - 1, rank, min(X.shape)}):
        first, *others = likelihoods_by_pca(k, X)
        model = linear(k).fit(X)
        if first is not None and all(other is not None and np.allclose(other, first, rtol=1e-3) for other in others):
            answered.append(k)
            np.testing.assert_allclose(model.score_samples(X), first, rtol=1e-3)
            np.testing.assert_allclose(model.get_covariance() @ model.get_precision(), np.eye(X.shape[1]), atol=1e-3)
        else:
            with pytest.raises(np.linalg.LinAlgError, match="needs a covariance that can be inverted"):
                model.score_samples(X)
    assert {1, 2} <= {*answered}
    assert (rank in answered) == (rank == X.shape[1])


@pytest.mark.parametrize("X", [np.full((9, 3), 7.0), np.array([[1.0, 2], [3, 5]]), np.arange(8.0)[:, None]])
def test_odd_rows_have_finite_attributes(X):
    for k in (1, 2, 5):
        model = linear(k).fit(X)
        for name in ("components_", "explained_variance_", "explained_variance_ratio_", "singular_values_"):
            assert np.isfinite(getattr(model, name)).all()
        assert np.isfinite(model.noise_variance_)
        assert_close(model.get_covariance() + 1, np.atleast_2d(np.cov(X.T)) + 1)


# The same in other hands.


@pytest.mark.parametrize("scale", ["auto", "standard"])
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("start", ["pca", "random"])
def test_files_and_pickles_are_read_like_the_model(tmp_path, start, whiten, scale):
    for X in (DATA["wine in its own units"], DATA["wide"]):
        model = linear(5, start=start, whiten=whiten, scale=scale, random_state=0).fit(X)
        model.save(tmp_path / "model")
        for other in (load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
            for name in ARRAYS:
                np.testing.assert_array_equal(getattr(other, name), getattr(model, name))
            assert other.noise_variance_ == model.noise_variance_
            for method in METHODS:
                argument = [X] if method == "score_samples" else []
                np.testing.assert_array_equal(getattr(other, method)(*argument), getattr(model, method)(*argument))
            np.testing.assert_array_equal(other.transform(X), model.transform(X))


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("name", ["digits", "wine", "breast cancer", "wide"])
def test_truncated_it_is_pca_of_that_size(tmp_path, name, whiten):
    X = DATA[name]
    model = linear(10, whiten=whiten).fit(X)
    for k in (1, 3, 9, 10):
        short, pca = model.truncate(k), PCA(k, whiten=whiten, svd_solver="full").fit(X)
        assert_read_like(short, pca, X)
        short.save(tmp_path / "model")
        assert_read_like(load(tmp_path / "model"), pca, X)
        assert_read_like(pickle.loads(pickle.dumps(short)), pca, X)
    assert model.n_components_ == 10


@pytest.mark.parametrize(("start", "tolerance"), [("pca", 1e-5), ("random", 5e-3)])
def test_sparse_rows_and_dataframes_are_read_like_dense_ones(start, tolerance):
    pd = pytest.importorskip("pandas")
    X = sparse.random_array((300, 20), density=0.3, rng=np.random.default_rng(0), format="csr")
    parameters = {"start": start, "random_state": 0}
    dense = linear(4, **parameters).fit(X.toarray())
    for kind in (X, pd.DataFrame(X.toarray()).rename(columns=str), X.toarray().astype(np.float32)):
        model = linear(4, **parameters).fit(kind)
        for name in ARRAYS:
            np.testing.assert_allclose(getattr(model, name), getattr(dense, name), atol=tolerance, err_msg=name)
        np.testing.assert_allclose(model.score_samples(kind), dense.score_samples(X.toarray()), atol=tolerance)


@pytest.mark.parametrize("scale", ["auto", "standard"])
@pytest.mark.parametrize("start", ["pca", "random"])
def test_float32_rows_have_attributes_in_float32(start, scale, tmp_path):
    rows = load_wine().data.astype(np.float32)
    model, pca = linear(3, scale=scale, start=start, random_state=0).fit(rows), PCA(3, svd_solver="full").fit(rows)
    model.save(tmp_path / "model")
    exact = linear(3, scale=scale, start=start, random_state=0).fit(rows.astype(np.float64))
    for found in (model, load(tmp_path / "model"), pickle.loads(pickle.dumps(model)), model.truncate(2)):
        for name in (*ARRAYS, "noise_variance_"):
            assert getattr(found, name).dtype == getattr(pca, name).dtype == np.float32, name
            assert getattr(exact, name).dtype == np.float64, name
        for name in ("get_covariance", "get_precision"):
            assert getattr(found, name)().dtype == getattr(pca, name)().dtype == np.float32, name
        for X in (rows, rows.astype(np.float64)):
            assert found.score_samples(X).dtype == pca.score_samples(X).dtype == X.dtype
    for name in (*ARRAYS, "noise_variance_"):  # computed in float64
        np.testing.assert_array_equal(getattr(model, name), getattr(exact, name).astype(np.float32), err_msg=name)
    assert model.score(rows) == pytest.approx(exact.score(rows), rel=1e-6)
    assert Autoencoder(2, max_epochs=1, random_state=0).fit(rows).mean_.dtype == np.float64


def test_what_is_read_cannot_change_the_model():
    model = linear(3).fit(WINE)
    before = model.transform(WINE)
    model.components_[:] = 0
    model.explained_variance_[:] = 0
    np.testing.assert_array_equal(model.transform(WINE), before)
    assert (model.explained_variance_ > 0).all()


# Networks that are not PCA.

NOT_PCA = {
    "not linear": Autoencoder(3, max_epochs=2, random_state=0),
    "ordered": Autoencoder(3, max_epochs=2, ordered=True, random_state=0),
    "from a random start": Autoencoder(3, max_epochs=2, start="random", random_state=0),
    "denoising": Autoencoder(3, max_epochs=2, activation="identity", noise="gaussian", random_state=0),
    "cross-entropy": Autoencoder(3, max_epochs=2, activation="identity", loss="bce", random_state=0),
}


def unit_rows():
    return (WINE - WINE.min(axis=0)) / np.ptp(WINE, axis=0)


@pytest.mark.parametrize("kind", NOT_PCA)
def test_what_has_no_meaning_says_so(kind):
    model = clone(NOT_PCA[kind]).fit(unit_rows())
    has = {"mean_"} | ({"explained_variance_ratio_"} if kind == "ordered" else set())
    for name in NAMES:
        assert hasattr(model, name) == (name in has), name
        if name not in has:
            reason = "ordered=True" if name == "explained_variance_ratio_" else "only a linear network"
            with pytest.raises(AttributeError, match=rf"'Autoencoder' object has no attribute '{name}': .*{reason}"):
                getattr(model, name)
    assert model.n_components_ == 3


@pytest.mark.parametrize("loss", ["mse", "bce"])
@pytest.mark.parametrize("seed", range(3))
def test_shares_of_ordered_codes_add_up_to_what_the_network_explains(seed, loss):
    model = Autoencoder(5, ordered=True, loss=loss, max_epochs=5, random_state=seed).fit(unit_rows())
    shares = model.explained_variance_ratio_
    assert shares.shape == (5,)
    assert shares.sum() == pytest.approx(1 - model.validation_error_ / model.validation_variance_, abs=1e-6)
    short = model.truncate(2)
    np.testing.assert_array_equal(short.explained_variance_ratio_, shares[:2])
    expected = 1 - short.validation_error_ / short.validation_variance_
    assert short.explained_variance_ratio_.sum() == pytest.approx(expected, abs=1e-6)


def test_an_ordered_linear_network_is_pca():
    model, pca = linear(4, ordered=True).fit(WINE), PCA(4, svd_solver="full").fit(WINE)
    assert_read_like(model, pca, WINE)


def test_a_target_makes_it_something_else():
    model = linear(3, max_epochs=2, random_state=0).fit(WINE, target=WINE[:, ::-1].copy())
    with pytest.raises(AttributeError, match="no target"):
        model.components_  # noqa: B018


@pytest.mark.parametrize("parameters", [{}, {"activation": "identity", "noise": "gaussian"}, {"ordered": True}])
def test_only_codes_of_linear_networks_can_be_whitened(parameters):
    with pytest.raises(ParameterError, match=r"The 'whiten' parameter of Autoencoder must be .*linear"):
        Autoencoder(3, whiten=True, **parameters).fit(WINE)


@pytest.mark.parametrize("name", [*sorted(set(NAMES) - {"mean_"}), "n_components_"])
def test_what_is_not_fitted_says_so(name):
    model = linear(3)
    with pytest.raises(NotFittedError):
        getattr(model, name)
    assert not hasattr(model, name)
    assert hasattr(Autoencoder, name)
