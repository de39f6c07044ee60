"""Errors and scores have one definition, in the units of training; those in the data's units are on request."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder, ConvAutoencoder, compare, load, tune
from isthmus.cli.info import comparison
from isthmus.report import report
from isthmus.rows.splits import set_aside

WINE = load_wine().data  # columns whose deviations range from 0.1 to 300
TRAIN, TEST = train_test_split(WINE, random_state=0)
SCALES = ("auto", "standard", "global", "none")

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")


def share_of_pca(k: int, train: np.ndarray, X: np.ndarray, *, standardise: bool) -> float:
    """The share of the variance about the training mean that PCA keeps."""
    scaler = StandardScaler(with_std=standardise).fit(train)
    pca = PCA(k, svd_solver="full").fit(scaler.transform(train))
    u = scaler.transform(X)
    return float(1 - np.square(pca.inverse_transform(pca.transform(u)) - u).sum() / np.square(u).sum())


@pytest.mark.parametrize("scale", SCALES)
def test_explained_shares_add_up_to_the_score_of_the_training_rows(scale):
    model = Autoencoder(2, activation="identity", scale=scale).fit(TRAIN)
    standardise = scale == "standard"
    for X in (TRAIN, TEST):
        assert model.score(X) == pytest.approx(share_of_pca(2, TRAIN, X, standardise=standardise), rel=1e-9)
    assert model.score(TRAIN) == pytest.approx(model.explained_variance_ratio_.sum(), rel=1e-9)
    assert model.score(TRAIN) == pytest.approx(1 - model.validation_error_ / model.validation_variance_, rel=1e-9)
    table = model.rate_distortion(TEST)
    assert table["explained_variance_ratio"][-1] == pytest.approx(model.score(TEST), rel=1e-9)
    assert table["error"][-1] == pytest.approx(model.reconstruction_error(TEST).mean(), rel=1e-9)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("ordered", [False, True])
def test_the_error_of_held_out_rows_is_the_validation_error(scale, ordered):
    X = load_digits().data[:400] * np.linspace(1, 100, 64)
    fit = {"max_epochs": 8, "validation_fraction": 0.25, "random_state": 0}
    model = Autoencoder(2, scale=scale, ordered=ordered, **fit).fit(X)
    assert model.best_epoch_ > 0  # otherwise the model is made anew from all rows
    _, held_out = set_aside(len(X), 0.25, np.random.RandomState(0))
    assert model.reconstruction_error(X[held_out]).mean() == pytest.approx(model.validation_error_, rel=1e-4)
    share = 1 - model.validation_error_ / model.validation_variance_
    assert model.score(X[held_out]) == pytest.approx(share, rel=1e-4)


def test_the_error_of_held_out_images_is_the_validation_error():
    images = np.random.default_rng(0).uniform(size=(60, 6, 5, 3)) * [1, 10, 100] + [0, 5, -9]
    for parameters in ({}, {"code_size": 3, "start": "random"}):
        model = ConvAutoencoder((8, 8), scale="standard", max_epochs=4, random_state=0, **parameters).fit(images)
        _, held_out = set_aside(60, 0.1, np.random.RandomState(0))
        assert model.reconstruction_error(images[held_out]).mean() == pytest.approx(model.validation_error_, rel=1e-3)
        share = 1 - model.validation_error_ / model.validation_variance_
        assert model.score(images[held_out]) == pytest.approx(share, rel=1e-3)


@pytest.mark.parametrize("scale", SCALES)
def test_errors_and_scores_in_the_units_of_the_data_are_those_of_the_reconstructions(scale):
    model = Autoencoder(2, scale=scale, max_epochs=5, random_state=0).fit(TRAIN)
    squares = np.square(model.reconstruct(TEST) - TEST)
    np.testing.assert_allclose(model.reconstruction_error(TEST, in_data_units=True), squares.mean(axis=1))
    score = 1 - squares.sum() / np.square(TEST - model.mean_).sum()
    assert model.score(TEST, in_data_units=True) == pytest.approx(score, rel=1e-9)
    if scale != "standard":
        assert model.score(TEST) == pytest.approx(score, rel=1e-9)


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_report_and_info_and_file_have_the_score_of_the_model(activation, tmp_path):
    pytest.importorskip("matplotlib")
    model = Autoencoder(2, scale="standard", activation=activation, max_epochs=5, random_state=0).fit(TRAIN)
    page = report(model, TEST).html
    lost = re.search(r'<data value="([^"]+)" id="given-lost"', page)
    assert lost is not None
    assert 1 - float(lost[1]) == pytest.approx(model.score(TEST), rel=1e-9)
    model.save(tmp_path / "m")
    assert load(tmp_path / "m").score(TEST) == model.score(TEST)
    if activation == "identity":  # its errors are those of the training rows
        assert comparison(model).startswith(f"{100 * (1 - model.score(TRAIN)):.3g} % of the variance is lost")


def test_a_comparison_has_the_scores_of_its_models():
    estimator = Autoencoder(activation="identity", scale="standard")
    found = compare(WINE, estimator=estimator, code_sizes=[2])
    score = found.models["isthmus"][2].score(WINE[found.test_index])
    assert found.by_size("isthmus", "variance_explained")[2] == pytest.approx(score, rel=1e-9)


def test_a_search_has_the_score_of_its_network():
    pytest.importorskip("optuna")
    search = tune(WINE, Autoencoder(2, scale="standard", max_epochs=3), n_trials=1, folds=1, space={"layers": 1})
    X, best = WINE[search.test_index_], search.best_estimator_
    assert search.score(X) == best.score(X)
    assert search.score(X, in_data_units=True) == best.score(X, in_data_units=True) != best.score(X)
    np.testing.assert_array_equal(
        search.reconstruction_error(X, in_data_units=True), best.reconstruction_error(X, in_data_units=True)
    )
    # Its test figures are in units of all rows of the search, those of the model without the rows that it held out.
    assert search.test_.tuned == pytest.approx(best.score(X), rel=0.05)


def test_the_page_about_searches_compares_scales_in_the_units_of_the_data():
    page = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text(encoding="utf-8")
    code = next(block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "in_data_units" in block)
    code = re.sub(r"^(GridSearchCV.*)$", r"search = \1", code, flags=re.MULTILINE).replace("Autoencoder(8)", "network")
    names = {"network": Autoencoder(2, activation="identity"), "X": WINE}
    exec("from sklearn.model_selection import GridSearchCV\n" + code, names)
    search = names["search"]
    assert search.best_params_ == {"scale": "auto"}  # no linear network has a smaller error in the data's units
    raw, standard = search.cv_results_["mean_test_score"]
    assert raw > 0.99 > standard


def test_a_float32_model_scores_with_sums_in_float64():
    rows = np.repeat(TRAIN.astype(np.float32), 50, axis=0)
    model = Autoencoder(2, activation="identity", scale="standard").fit(rows)
    assert model.score(rows) == pytest.approx(share_of_pca(2, TRAIN, TRAIN, standardise=True), rel=1e-5)
