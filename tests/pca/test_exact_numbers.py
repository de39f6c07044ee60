"""Large constants, tiny values and low ranks give what PCA in float64 gives."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder, InputError, ParameterError, UnusedCodesWarning, compare, load
from isthmus.fitting.truncation import smallest_size
from isthmus.rows.scaling import column_statistics

IRIS = load_iris().data
NANOSECONDS = 1577134800018226901.0  # a date
EXTREMES = {
    "a large constant": np.full(150, NANOSECONDS),
    "a large odd constant": np.full(150, 1e16 + 2),
    "hours in nanoseconds": NANOSECONDS + 3.6e12 * np.random.default_rng(0).integers(0, 1000, 150),
    "a small spread": 1e8 + 1e-3 * np.random.default_rng(0).normal(size=150),
}
LINEAR = {"pca": {"activation": "identity"}, "random": {"activation": "identity", "start": "random"}}
KINDS = {"dense": np.asarray, "sparse": sparse.csr_array}


def standardised_pca(X, k):
    """Reconstructions of StandardScaler and PCA."""
    scaler = StandardScaler().fit(X)
    Z = scaler.transform(X)
    pca = PCA(k, svd_solver="full").fit(Z)
    return scaler.inverse_transform(pca.inverse_transform(pca.transform(Z)))


# Large constants and small spreads.


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e16 + 2, NANOSECONDS, -1e139])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_mean_of_a_constant_column_is_its_value(value, kind, dtype):
    value = dtype(np.clip(value, -1e38, 1e38))
    X = np.c_[IRIS.astype(dtype), np.full(150, value)]
    statistics = column_statistics(KINDS[kind](X))
    assert statistics.mean[4] == value
    assert statistics.deviation[4] == 0


def test_statistics_of_a_small_spread_about_a_large_mean_are_exact():
    X = np.c_[EXTREMES["a small spread"], EXTREMES["hours in nanoseconds"]]
    exact = (X.astype(np.longdouble) - X[0]).astype(np.longdouble)
    statistics = column_statistics(X)
    np.testing.assert_allclose(statistics.deviation, exact.std(axis=0).astype(float), rtol=1e-12)
    off = np.abs(statistics.mean - X[0] - exact.mean(axis=0).astype(float))
    assert (off <= np.maximum(np.spacing(X[0]), 1e-8 * statistics.deviation)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", LINEAR)
@pytest.mark.parametrize("name", EXTREMES)
def test_standardised_columns_beside_an_extreme_one_are_those_of_pca(name, start, kind):
    X = np.c_[IRIS, EXTREMES[name]]
    model = Autoencoder(2, scale="standard", random_state=0, **LINEAR[start]).fit(KINDS[kind](X))
    difference = (model.reconstruct(KINDS[kind](X)) - standardised_pca(X, 2)) / StandardScaler().fit(X).scale_
    assert np.abs(difference).max() < (0.02 if start == "random" else 5e-3)  # StandardScaler rounds, too


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", ["auto", "none"])
@pytest.mark.parametrize("name", ["a large constant", "a large odd constant"])
def test_a_large_constant_changes_nothing_in_the_data_s_units(name, scale, kind):
    X, pca = np.c_[IRIS, EXTREMES[name]], PCA(2).fit(IRIS)
    expected = pca.inverse_transform(pca.transform(IRIS))
    for parameters in LINEAR.values():
        model = Autoencoder(2, scale=scale, random_state=0, **parameters).fit(KINDS[kind](X))
        rows = model.reconstruct(KINDS[kind](X))
        np.testing.assert_allclose(rows[:, :4], expected, atol=1e-3)
        np.testing.assert_array_equal(rows[:, 4], X[:, 4])


@pytest.mark.parametrize("scale", ["standard", "auto", "none"])
@pytest.mark.parametrize("parameters", [{}, {"noise": "gaussian"}, {"ordered": True}, {"start": "random"}])
@pytest.mark.filterwarnings("ignore::isthmus.WorseThanPCAWarning")
def test_networks_train_as_if_a_large_constant_were_not_there(scale, parameters, tmp_path):
    X = np.c_[IRIS, np.full(150, NANOSECONDS)]
    small = np.c_[IRIS, np.full(150, 1.0)]
    fitted = [Autoencoder(2, scale=scale, max_epochs=3, random_state=0, **parameters).fit(rows) for rows in (X, small)]
    expected = fitted[1].reconstruct(small)[:, :4]
    np.testing.assert_allclose(fitted[0].reconstruct(X)[:, :4], expected, rtol=1e-6)
    fitted[0].save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").reconstruct(X), fitted[0].reconstruct(X))
    assert fitted[0].score(X) == pytest.approx(fitted[1].score(small))


def test_columns_that_are_small_beside_another_are_reconstructed_as_by_pca():
    X = np.c_[IRIS, EXTREMES["hours in nanoseconds"]]
    pca = PCA(2, svd_solver="full").fit(X)
    expected = pca.inverse_transform(pca.transform(X))[:, :4]
    for kind in KINDS.values():
        rows = Autoencoder(2, activation="identity").fit(kind(X)).reconstruct(kind(X))
        np.testing.assert_allclose(rows[:, :4], expected, atol=0.02)


def test_differences_in_the_last_place_do_not_count_like_other_columns():
    X = np.c_[IRIS, NANOSECONDS + 256 * np.random.default_rng(0).integers(0, 3, 150)]
    model = Autoencoder(2, activation="identity", scale="standard").fit(X)
    np.testing.assert_allclose(model.reconstruct(X)[:, :4], standardised_pca(IRIS, 2), rtol=1e-9)


def test_comparisons_ignore_a_large_constant():
    comparisons = [
        compare(np.c_[IRIS, np.full(150, value)], estimator=Autoencoder(max_epochs=1), code_sizes=[2], random_state=0)
        for value in (1.0, NANOSECONDS)
    ]
    np.testing.assert_allclose(comparisons[0].results["error"], comparisons[1].results["error"], rtol=1e-6)


# Tiny values.


@pytest.mark.parametrize("size", [1e-38, 1e-45, 1e-100, 1e-135])
@pytest.mark.parametrize("parameters", [{}, *LINEAR.values(), {"scale": "none"}, {"ordered": True}])
def test_tiny_values_are_like_others(size, parameters):
    models = [Autoencoder(2, loss="auto", max_epochs=2, random_state=0, **parameters) for _ in range(2)]
    models[0].fit(IRIS * size)
    models[1].set_params(loss="mse").fit(IRIS)
    np.testing.assert_allclose(models[0].reconstruct(IRIS * size) / size, models[1].reconstruct(IRIS), rtol=1e-3)
    assert models[0].score(IRIS * size) == pytest.approx(models[1].score(IRIS), abs=1e-4)


@pytest.mark.parametrize("size", [1e-150, 1e-170, 1e-310])
def test_values_whose_squares_underflow_are_standardised_or_refused(size):
    model = Autoencoder(2, activation="identity", scale="standard").fit(IRIS * size)
    np.testing.assert_allclose(model.reconstruct(IRIS * size) / size, standardised_pca(IRIS, 2), rtol=1e-3)
    with pytest.raises(InputError, match=r"at least 1e-140 is needed.* multiply them"):
        Autoencoder(2).fit(IRIS * size)


def test_cross_entropy_refuses_values_that_a_sigmoid_cannot_resolve():
    with pytest.raises(InputError, match="loss='bce' needs values that fill"):
        Autoencoder(2, loss="bce").fit(IRIS * 1e-30)


# Ranks.


@pytest.mark.parametrize(
    ("shape", "start"),
    [((200, 10), "pca"), ((12, 30), "pca"), ((90, 90), "pca"), ((300, 270), "pca"), ((200, 10), "random")],
)
@pytest.mark.parametrize(("mean", "size"), [(0, 1.0), (1000, 1.0), (3, 1e-30)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_whitened_codes_have_unit_variance_up_to_the_rank_and_are_zero_beyond(shape, start, mean, size, dtype):
    rng = np.random.default_rng(0)
    X = ((rng.normal(size=(shape[0], 3)) @ rng.normal(size=(3, shape[1])) + mean) * size).astype(dtype)
    model = Autoencoder(8, whiten=True, scale="global", random_state=0, **LINEAR[start])
    with pytest.warns(UnusedCodesWarning, match="rank of the training rows, which is 3"):
        codes = model.fit(X).transform(X)
    np.testing.assert_allclose(codes[:, :3].std(axis=0, ddof=1), 1, rtol=1e-3)
    assert np.abs(codes[:, 3:]).max() < 1e-4
    if start == "pca":
        scaled = X.astype(np.float64) / size
        pca = PCA(3, whiten=True, svd_solver="full").fit(scaled)
        np.testing.assert_allclose(codes[:, :3], pca.transform(scaled), atol=1e-3)


def test_variances_that_a_covariance_matrix_loses_are_kept():
    X = np.random.default_rng(0).normal(size=(300, 5)) * [1, 1e-3, 1e-6, 1e-9, 1e-11]
    expected = PCA(svd_solver="full").fit(X)
    model = Autoencoder(5, activation="identity").fit(X)
    np.testing.assert_allclose(model.explained_variance_, expected.explained_variance_, rtol=1e-3)
    np.testing.assert_allclose(np.abs(np.diag(model.components_ @ expected.components_.T)), 1, rtol=1e-6)


@pytest.mark.parametrize("parameters", [{}, {"start": "random"}, {"ordered": True}])
def test_only_codes_beyond_the_rank_warn(parameters, recwarn):
    X = np.random.default_rng(0).normal(size=(60, 3)) @ np.random.default_rng(1).normal(size=(3, 7))
    for code_size in (3, 0.9, "mle"):
        Autoencoder(code_size, max_epochs=1, random_state=0, **parameters).fit(X)
    assert [warning for warning in recwarn if warning.category is UnusedCodesWarning] == []
    if parameters != {"start": "random"}:
        with pytest.warns(UnusedCodesWarning, match="code_size=4 is above .* start at zero"):
            Autoencoder(4, max_epochs=1, random_state=0, **parameters).fit(X)


# Numbers of codes that PCA chooses.


@pytest.mark.parametrize(
    "rows", [load_iris().data, load_wine().data, load_breast_cancer().data, load_digits().data[:700]]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_share_on_the_edge_chooses_as_pca_does(rows, kind):
    shares = np.cumsum(PCA().fit(rows).explained_variance_ratio_)
    for share in shares[shares < 1][:12]:
        chosen = Autoencoder(float(share), activation="identity").fit(KINDS[kind](rows)).code_size_
        assert chosen == min(PCA(share).fit(rows).n_components_, rows.shape[1])


def test_a_share_on_the_edge_chooses_as_pca_does_for_wide_rows():
    rows = np.random.default_rng(0).normal(size=(15, 40))
    for share in np.cumsum(PCA().fit(rows).explained_variance_ratio_)[:13]:
        chosen = Autoencoder(float(share), activation="identity").fit(rows).code_size_
        assert chosen == PCA(share).fit(rows).n_components_


@pytest.mark.parametrize("seed", range(3))
def test_an_ordered_code_is_the_smallest_that_explains_more_than_its_share(seed):
    """PCA explains 0.36 of the variance with one component and 0.55 with two; the network about 0.46 with one code."""
    rows, share = StandardScaler().fit_transform(load_wine().data), 0.42
    assert PCA(share).fit(rows).n_components_ == 2
    model = Autoencoder(share, ordered=True, scale="standard", max_epochs=20, random_state=seed).fit(rows)
    explained = 1 - model.errors_by_size["model"] / model.validation_variance_
    assert explained[-1] > share >= explained[-2]
    assert model.code_size_ == len(explained) - 1 == 1


def test_a_share_on_the_edge_takes_one_more_ordered_code():
    model = Autoencoder(6, ordered=True, scale="standard", max_epochs=1, random_state=0).fit(load_wine().data)
    explained = 1 - model.errors_by_size["model"] / model.validation_variance_
    for size in range(1, 6):
        assert smallest_size(model.fitted_, np.nextafter(explained[size], 0)) == size
        assert smallest_size(model.fitted_, explained[size]) == size + 1
    assert smallest_size(model.fitted_, explained[6]) == 6  # all, where none explain more


@pytest.mark.parametrize("standardised", [False, True])
@pytest.mark.parametrize("rows", [load_iris().data, load_wine().data])
def test_mle_chooses_as_pca_does(rows, standardised, tmp_path):
    scaled = StandardScaler().fit_transform(rows) if standardised else rows
    expected = PCA("mle").fit(scaled).n_components_
    for kind in KINDS.values():
        for parameters in ({"activation": "identity"}, {"max_epochs": 1, "validation_fraction": 0}):
            model = Autoencoder("mle", scale="standard" if standardised else "auto", random_state=0, **parameters)
            assert model.fit(kind(rows)).code_size_ == expected
    model.save(tmp_path / "model")
    assert load(tmp_path / "model").code_size == "mle"


def test_mle_says_what_it_needs():
    with pytest.raises(ParameterError, match=r"at least as many rows as columns\. Got 20 rows and 50 columns"):
        Autoencoder("mle").fit(np.random.default_rng(0).normal(size=(20, 50)))
    with pytest.raises(ParameterError, match="variances along two axes are equal"):
        Autoencoder("mle", activation="identity").fit(np.r_[np.eye(4), -np.eye(4)])
