"""``partial_fit``: linear networks are PCA of all rows so far, and errors are of the rows that they name."""

import copy
import pickle
import re

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits, load_iris, load_wine, make_low_rank_matrix
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder, ConvAutoencoder, InputError, ParameterError, load
from isthmus.report import report

IRIS, WINE = load_iris().data, load_wine().data
DIGITS = load_digits().data
ARRAYS = (
    "components_", "explained_variance_", "explained_variance_ratio_", "singular_values_", "noise_variance_", "mean_"
)  # fmt: skip


def parts(X, *cuts):
    return np.split(X, cuts)


def in_parts(model, rows):
    for part in rows:
        model.partial_fit(part)
    return model


def linear(k, **parameters):
    return Autoencoder(k, activation="identity", **parameters)


def assert_pca(model, pca, X, Z=None, *, names=ARRAYS, rtol=1e-7):
    """The attributes and codes of a model are those of PCA; Z are the rows as PCA saw them."""
    for name in names:
        if Z is None or name != "mean_":  # with scale="standard" PCA saw other units
            expected = np.asarray(getattr(pca, name))
            atol = rtol * np.abs(expected).max()
            np.testing.assert_allclose(getattr(model, name), expected, rtol=rtol, atol=atol, err_msg=name)
    codes = pca.transform(X if Z is None else Z)
    np.testing.assert_allclose(model.transform(X), codes, rtol=0, atol=rtol * np.abs(codes).max())


# Linear networks: incremental PCA.

CUTS = {"thirds": (60, 120), "a small first part": (3, 4, 100), "row by row at the end": tuple(range(170, 178))}


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("scale", ["auto", "standard", "none"])
@pytest.mark.parametrize("cuts", CUTS)
def test_a_linear_network_in_parts_is_pca_of_all_rows(cuts, scale, whiten):
    model = in_parts(linear(5, scale=scale, whiten=whiten), parts(WINE, *CUTS[cuts]))
    Z = StandardScaler().fit_transform(WINE) if scale == "standard" else None
    pca = PCA(5, whiten=whiten, svd_solver="full").fit(WINE if Z is None else Z)
    assert_pca(model, pca, WINE, Z)
    assert model.n_samples_seen_ == model.n_samples_ == 178
    whole = linear(5, scale=scale, whiten=whiten).fit(WINE)
    for name in ("validation_error_", "start_error_", "pca_error_", "validation_variance_", "scale_", "mean_"):
        np.testing.assert_allclose(getattr(model, name), getattr(whole, name), rtol=1e-8, err_msg=name)
    assert model.score(WINE) == pytest.approx(model.explained_variance_ratio_.sum(), rel=1e-9)
    np.testing.assert_allclose(model.get_covariance(), whole.get_covariance(), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(model.truncate(2).transform(WINE), whole.truncate(2).transform(WINE), atol=1e-6)
    assert (model.n_epochs_, model.held_out_, model.scored_rows) == (0, False, "training rows")


@pytest.mark.parametrize("start", ["pca", "random"])
def test_sparse_parts_and_columns_that_begin_to_vary_are_pca_too(start):
    X = sparse.random_array((90, 20), density=0.3, rng=np.random.default_rng(0), format="lil")
    X[:40, 7] = 0
    X = X.tocsr()
    model = in_parts(linear(4, scale="standard", start=start), [X[:30], X[30:31], X[31:]])
    Z = StandardScaler().fit_transform(X.toarray())
    assert_pca(model, PCA(4, svd_solver="full").fit(Z), X, Z)


def test_equal_first_rows_are_no_hindrance():
    model = in_parts(linear(2), [np.ones((4, 4)), np.ones((1, 4)), IRIS])
    X = np.vstack([np.ones((5, 4)), IRIS])
    assert_pca(model, PCA(2, svd_solver="full").fit(X), X)


def test_large_means_do_not_cancel():
    """A column far from zero, a constant one, and one that jumps between parts; sums of squares would lose them all."""
    rng = np.random.default_rng(0)
    X = np.c_[1e9 + rng.normal(size=90), np.full(90, 1577134800018226901.0), rng.normal(size=90), rng.normal(size=90)]
    X[45:, 2] += 1e6
    model = in_parts(linear(2), parts(X, 30, 31, 60))
    np.testing.assert_allclose(model.mean_, X.mean(axis=0), rtol=1e-12)
    assert model.mean_[1] == X[0, 1]
    centred = X - [X[:, 0].mean(), X[0, 1], X[:, 2].mean(), X[:, 3].mean()]
    pca = PCA(2, svd_solver="full").fit(centred)
    np.testing.assert_allclose(model.explained_variance_, pca.explained_variance_, rtol=1e-7)
    np.testing.assert_allclose(model.components_, pca.components_, atol=1e-7)


def test_the_first_part_decides_the_code_size():
    model = in_parts(linear(0.9), parts(DIGITS, 300))
    k = PCA(0.9, svd_solver="full").fit(DIGITS[:300]).n_components_
    assert model.code_size_ == k
    assert_pca(model, PCA(k, svd_solver="full").fit(DIGITS), DIGITS)


def test_a_fit_goes_on_as_incremental_pca():
    """Of rows that ``fit`` saw the axes are known, as IncrementalPCA keeps them; sums over columns stay exact."""
    model = linear(3).fit(WINE[:90]).partial_fit(WINE[90:130]).partial_fit(WINE[130:])
    pca = IncrementalPCA(3)
    for part in parts(WINE, 90, 130):
        pca.partial_fit(part)
    np.testing.assert_allclose(model.mean_, pca.mean_, rtol=1e-12)
    # What the axes leave out of the later parts is kept here, and cut there.
    exact = PCA(3, svd_solver="full").fit(WINE)
    for name in ("explained_variance_", "explained_variance_ratio_", "singular_values_"):
        ours, theirs = (np.abs(getattr(found, name) / getattr(exact, name) - 1).max() for found in (model, pca))
        assert ours <= theirs < 0.02, name
    assert model.noise_variance_ == pytest.approx(exact.noise_variance_, rel=0.02)
    all_axes = linear(13).fit(WINE[:90]).partial_fit(WINE[90:])
    assert_pca(all_axes, PCA(13, svd_solver="full").fit(WINE), WINE)


def test_wide_rows_are_incremental_pca():
    X = make_low_rank_matrix(120, 1500, effective_rank=10, random_state=0) * 100
    model, pca = linear(6), IncrementalPCA(6)
    for part in parts(X, 40, 80):
        model.partial_fit(part)
        pca.partial_fit(part.copy())
    assert_pca(model, pca, X, names=("components_", "explained_variance_", "singular_values_", "mean_"))
    assert len(model.fitted_.factor) == 6
    assert model.explained_variance_ratio_.sum() == pytest.approx(pca.explained_variance_ratio_.sum(), rel=1e-9)


def test_many_columns_are_exact():
    X = np.random.default_rng(0).normal(size=(400, 300)) * np.geomspace(5, 0.5, 300) + 3
    model = in_parts(linear(4), parts(X, 100, 390))
    assert_pca(model, PCA(4, svd_solver="full").fit(X), X)


@pytest.mark.parametrize("kept", ["file", "pickle", "copy"])
def test_what_was_kept_goes_on_exactly(kept, tmp_path):
    model = in_parts(linear(3, scale="standard"), parts(WINE, 30)[:1])
    if kept == "file":
        model.save(tmp_path / "m")
        model = load(tmp_path / "m")
    else:
        model = pickle.loads(pickle.dumps(model)) if kept == "pickle" else copy.deepcopy(model)
    assert model.n_samples_seen_ == 30
    model.partial_fit(WINE[30:])
    Z = StandardScaler().fit_transform(WINE)
    assert_pca(model, PCA(3, svd_solver="full").fit(Z), WINE, Z)


def test_float32_parts_give_float32_attributes(tmp_path):
    rows = WINE.astype(np.float32)
    model = in_parts(linear(3), parts(rows, 60))
    model.save(tmp_path / "m")
    for found in (model, load(tmp_path / "m")):
        assert {getattr(found, name).dtype.name for name in ARRAYS} == {"float32"}
    assert model.partial_fit(WINE).components_.dtype == np.float64


def test_rows_with_a_target_are_trained_on():
    model = linear(3, random_state=0).partial_fit(WINE)
    model.partial_fit(WINE, target=WINE[:, ::-1].copy())
    assert not hasattr(model, "components_")
    assert model.n_epochs_ == 1
    assert model.n_samples_seen_ == 2 * 178
    assert model.partial_fit(WINE).n_epochs_ == 2


@pytest.mark.parametrize("parameters", [{"activation": "relu"}, {"activation": "identity", "noise": "gaussian"}])
def test_only_linear_networks_are_whitened_in_parts(parameters):
    with pytest.raises(ParameterError, match="whiten"):
        Autoencoder(3, whiten=True, **parameters).partial_fit(WINE)


class AsIncrementalPCA(BaseEstimator):
    """``partial_fit`` of a linear network by the names of ``IncrementalPCA``."""

    def __init__(self, n_components=None, *, whiten=False, copy=True, batch_size=None):
        self.n_components, self.whiten, self.copy, self.batch_size = n_components, whiten, copy, batch_size

    def fit(self, X, y=None):
        self.__dict__.pop("model_", None)
        step = self.batch_size or 5 * X.shape[1]
        X = X.tocsr() if sparse.issparse(X) else X
        for start in range(0, X.shape[0], step):
            self.partial_fit(X[start : start + step])
        return self

    def partial_fit(self, X, y=None):
        if not hasattr(self, "model_"):
            self.model_ = linear(self.n_components or min(X.shape), whiten=self.whiten)
        self.model_.partial_fit(X)
        return self

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X)

    def __getattr__(self, name):
        if name in ("model_", "n_components"):
            raise AttributeError(name)
        return getattr(self.model_, name)


# What the suite asks beyond PCA's numbers: codes beyond the rank are allowed here, sparse parts too, and parameters
# are read once.
OTHER_RULES = (
    "validation",
    "set_params",
    "feature_names_out",
    "float_division",
    "sparse",
)


def suite():
    from sklearn.decomposition.tests import test_incremental_pca as tests

    return [name for name in dir(tests) if name.startswith("test_") and not any(rule in name for rule in OTHER_RULES)]


@pytest.mark.parametrize("name", suite())
def test_scikit_learns_tests_of_incremental_pca_pass(name, monkeypatch):
    from sklearn.decomposition.tests import test_incremental_pca as tests

    monkeypatch.setattr(tests, "IncrementalPCA", AsIncrementalPCA)
    test = getattr(tests, name)
    arguments = {"global_random_seed": 42} if "global_random_seed" in test.__code__.co_varnames else {}
    test(**arguments)


# Other networks.


@pytest.mark.parametrize("scale", ["auto", "standard"])
def test_the_score_refers_to_the_mean_of_all_rows_so_far(scale):
    """Iris is sorted by species, so that the mean of the first part is far from that of all."""
    model, pca = Autoencoder(1, scale=scale, random_state=0), IncrementalPCA(1)
    for i, part in enumerate(np.array_split(IRIS, 3)):
        model.partial_fit(part)
        pca.partial_fit(part.copy())
        seen = IRIS[: 50 * (i + 1)]
        np.testing.assert_allclose(model.mean_, pca.mean_, rtol=1e-12)
        unit = IRIS[:50].std(axis=0) if scale == "standard" else np.ones(4)  # that of the first part
        error = np.square((model.reconstruct(IRIS) - IRIS) / unit).sum()
        assert model.score(IRIS) == pytest.approx(1 - error / np.square((IRIS - pca.mean_) / unit).sum(), rel=1e-9)
        statistics = model.fitted_.columns.statistics
        np.testing.assert_allclose(statistics.deviation, seen.std(axis=0), rtol=1e-12)
        np.testing.assert_array_equal(statistics.minimum, seen.min(axis=0))
        np.testing.assert_array_equal(statistics.maximum, seen.max(axis=0))
        assert model.n_samples_seen_ == model.n_samples_ == len(seen)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("fitted", [False, True])
def test_errors_are_those_of_the_last_part(ordered, fitted, tmp_path):
    model, pca = Autoencoder(2, ordered=ordered, max_epochs=3, random_state=0), IncrementalPCA(2)
    rows = np.array_split(IRIS, 3)
    if fitted:
        model.fit(rows[0])
        before = len(model.history_["epoch"])
    else:
        model.partial_fit(rows[0])
        before = 2
    for part in rows[1:]:
        expected = model.reconstruction_error(part).mean()
        model.partial_fit(part)
        assert model.start_error_ == pytest.approx(expected, rel=1e-4)
        assert model.validation_error_ == pytest.approx(model.reconstruction_error(part).mean(), rel=1e-4)
        assert model.history_["validation_error"][-1] == model.validation_error_
        assert model.validation_variance_ == pytest.approx(np.mean((part - model.mean_) ** 2), rel=1e-6)
        assert (model.held_out_, model.scored_rows) == (False, "rows of the last part")
    assert len(model.history_["epoch"]) == before + 2
    if not fitted:
        for part in rows:
            pca.partial_fit(part.copy())
        expected = np.mean((pca.inverse_transform(pca.transform(rows[-1])) - rows[-1]) ** 2)
        assert model.pca_error_ == pytest.approx(expected, rel=1e-6)
        assert model.errors_by_size["pca"][-1] == model.pca_error_
    if ordered:
        assert model.errors_by_size["start"][-1] == pytest.approx(model.start_error_, rel=1e-6)
        assert model.rate_distortion(rows[-1])["error"][-1] == pytest.approx(model.validation_error_, rel=1e-4)
    model.save(tmp_path / "m")
    loaded = load(tmp_path / "m")
    for name in vars(model):
        if name.endswith("_") and name not in ("fitted_", "module_"):
            np.testing.assert_equal(getattr(loaded, name), getattr(model, name), err_msg=name)
    assert loaded.scored_rows == model.scored_rows
    assert loaded.score(IRIS) == model.score(IRIS)
    assert loaded.partial_fit(rows[0]).n_samples_seen_ == model.n_samples_seen_ + 50


@pytest.mark.parametrize("code_size", [None, 4])
def test_images_in_parts_have_running_means(code_size, tmp_path):
    images = np.random.default_rng(0).uniform(size=(60, 6, 5, 3)) * [1, 10, 100] + [0, 5, -9]
    images[30:] += 50
    model = ConvAutoencoder((4, 4), code_size=code_size, scale="standard", random_state=0)
    in_parts(model, parts(images, 30))
    pixels = images.reshape(-1, 3) if code_size is None else images.reshape(60, -1)
    np.testing.assert_allclose(model.mean_, pixels.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(model.fitted_.columns.statistics.deviation, pixels.std(axis=0), rtol=1e-9)
    first = images[:30].reshape(-1, pixels.shape[1])
    np.testing.assert_allclose(model.scale_, first.std(axis=0), rtol=1e-9)
    model.save(tmp_path / "m")
    loaded = load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.scale_, model.scale_)
    assert loaded.score(images) == model.score(images)
    assert loaded.partial_fit(images[:10]).n_samples_seen_ == 70


@pytest.mark.parametrize("loss", ["auto", "bce"])
@pytest.mark.parametrize("estimator", [Autoencoder(8, random_state=0), ConvAutoencoder((4, 4), random_state=0)])
def test_parts_that_leave_the_range_of_the_loss_are_refused(estimator, loss):
    model = copy.deepcopy(estimator).set_params(loss=loss)
    rows = DIGITS / 16
    rows = rows if isinstance(model, Autoencoder) else rows.reshape(-1, 8, 8)
    model.partial_fit(rows[:200])
    assert model.loss_ == "bce"
    before, fitted = model.transform(rows), model.fitted_
    for wrong in (rows[200:250] * 16, rows[200:250] - 0.5):
        with pytest.raises(InputError, match=r"loss='bce'.* needs values in \[0, 1\], but .* ranges from"):
            model.partial_fit(wrong)
    with pytest.raises(InputError, match="at most 1e\\+140 can be handled"):
        model.partial_fit(np.full_like(rows[:5], 1e200))
    assert model.fitted_ is fitted
    np.testing.assert_array_equal(model.transform(rows), before)
    assert model.partial_fit(rows[200:]).n_epochs_ == 2


def test_a_part_on_which_training_diverges_leaves_the_weights_as_they_were():
    model = Autoencoder(2, learning_rate=1e30, random_state=0)
    with pytest.warns(ConvergenceWarning, match="became NaN or infinite"):
        model.partial_fit(IRIS)
    assert np.isfinite(model.reconstruct(IRIS)).all()
    assert model.score(IRIS) == pytest.approx(PCA(2).fit(IRIS).explained_variance_ratio_.sum(), rel=1e-5)
    assert model.n_epochs_ == 0


def test_info_and_report_name_the_rows(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    from isthmus.cli import main

    model = in_parts(Autoencoder(2, random_state=0), np.array_split(IRIS, 3))
    model.save(tmp_path / "m")
    assert main(["info", str(tmp_path / "m")]) == 0
    shown = capsys.readouterr().out
    assert "Mean squared error of the rows of the last part" in shown
    assert re.search(r"rows seen, in parts +150", shown)
    share = 100 * model.pca_error_ / model.validation_variance_
    assert re.search(rf"PCA, 2 codes .* {share:.3g} %", shown)
    for found in (model, load(tmp_path / "m")):
        page = report(found, IRIS).html
        words = re.sub(r"<[^>]+>|\s+", " ", page)
        assert "held out from training" not in words
        assert "On the rows of the last part that it was trained on, it keeps" in words
        assert "There is no curve to show, since the error of each epoch is of other rows." in words
        assert "incremental PCA of all parts" in words
    report(in_parts(linear(2), np.array_split(IRIS, 3)), IRIS)
    few = Autoencoder(1, max_epochs=1, random_state=0).fit(IRIS[:4])
    few.save(tmp_path / "few")  # too few rows to hold any out
    assert load(tmp_path / "few").held_out_ is few.held_out_ is False
