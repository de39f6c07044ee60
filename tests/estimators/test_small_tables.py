"""Tables of few rows: on rows that no fit has seen they do not end above PCA, and what can be gained is gained."""

import numpy as np
import pytest
from benchmarks.rows.unseen import ratio, split, synthetic
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from isthmus import Autoencoder, ConvAutoencoder
from isthmus.rows.splits import fold_rows

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")

TABLES = dict(synthetic(120))
DIGITS = load_digits().data


def pca_errors(train: np.ndarray, X: np.ndarray, k: int) -> np.ndarray:
    pca = PCA(k, svd_solver="full").fit(train)
    return np.mean((pca.inverse_transform(pca.transform(X)) - X) ** 2, axis=1)


@pytest.mark.parametrize(
    ("name", "k"), [("noise", 1), ("outliers", 3), ("categories", 1), ("categories", 3), ("heavy-tails", 1)]
)
def test_where_little_is_to_be_gained_unseen_rows_are_no_worse_than_by_pca(name, k):
    """Keeping the epoch that is best on a tenth of the rows ends from 1.02 to 2 times as high as PCA here.

    Of heavy tails one split in five ends above PCA, by a tenth on average.
    """
    ratios = [ratio(*split(TABLES[name], seed, "standard"), k, seed) for seed in range(3)]
    assert np.median(ratios) < 1.005
    assert np.exp(np.mean(np.log(ratios))) < 1.03


@pytest.mark.parametrize(("name", "k", "most"), [("curve", 2, 0.1), ("sheet", 3, 0.5), ("lognormal", 4, 0.5)])
def test_what_can_be_gained_over_pca_is_gained(name, k, most):
    assert ratio(*split(TABLES[name], 0, "standard"), k, 0) < most


def test_each_row_is_held_out_once_and_the_network_is_made_from_all_rows():
    X = DIGITS[:300]
    model = Autoencoder(4, max_epochs=15, random_state=0).fit(X)
    splits = fold_rows(300, "auto", np.random.RandomState(0), repeats=True)
    assert sorted(np.concatenate([held for _, held in splits])) == list(range(300))
    assert all(set(held).isdisjoint(train) and len(held) + len(train) == 300 for train, held in splits)
    by_pca = np.concatenate([pca_errors(X[train], X[held], 4) for train, held in splits])
    assert model.pca_error_ == pytest.approx(by_pca.mean(), rel=1e-5)
    assert model.start_error_ == model.pca_error_
    assert model.validation_error_ == model.history_["validation_error"][model.best_epoch_] < model.start_error_
    about_mean = [np.square(X[held] - X[train].mean(axis=0)).ravel() for train, held in splits]
    assert model.validation_variance_ == pytest.approx(np.concatenate(about_mean).mean(), rel=1e-5)
    assert model.held_out_
    assert model.n_samples_ == 300
    np.testing.assert_allclose(model.mean_, X.mean(axis=0), atol=1e-12)
    # Rows that the network was trained on are better than those that were held out.
    assert model.reconstruction_error(X).mean() < model.validation_error_


@pytest.mark.parametrize(
    ("n_rows", "parameters", "n_samples"),
    [
        (1001, {}, 901),
        (200, {"start": "random"}, 180),
        (200, {"validation_fraction": 0.25}, 150),
        (200, {"validation_fraction": 0}, 200),
        (4, {}, 4),
    ],
)
def test_large_tables_and_shares_that_are_given_hold_out_once(n_rows, parameters, n_samples):
    assert Autoencoder(2, max_epochs=8, random_state=0, **parameters).fit(DIGITS[:n_rows]).n_samples_ == n_samples


def test_an_improvement_that_may_be_chance_is_none():
    """With a share that is given, too: the lowest error is below the start's, and the start is kept."""
    X = TABLES["noise"]
    model = Autoencoder(1, validation_fraction=0.2, max_epochs=60, random_state=1).fit(X)
    assert min(model.history_["validation_error"]) < model.start_error_
    assert model.best_epoch_ == 0
    np.testing.assert_allclose(model.reconstruction_error(X), pca_errors(X, X, 1), rtol=1e-3)


@pytest.mark.parametrize("name", ["noise", "categories"])
def test_ordered_codes_are_no_worse_than_pca_with_any_number_of_them(name):
    train, test = train_test_split(TABLES[name], random_state=0)
    model = Autoencoder(3, ordered=True, random_state=0).fit(train)
    for k in (1, 2, 3):
        error = model.truncate(k).reconstruction_error(test).mean()
        assert error < 1.02 * pca_errors(train, test, k).mean()


@pytest.mark.slow
def test_ordered_codes_of_few_rows_gain_with_every_number_of_them():
    train, test = train_test_split(DIGITS[:500], random_state=0)
    model = Autoencoder(6, ordered=True, max_epochs=30, random_state=0).fit(train)
    assert model.n_samples_ == len(train)
    assert model.errors_by_size["model"][6] == pytest.approx(model.validation_error_, rel=1e-6)
    for k in (1, 3, 6):
        short = model.truncate(k)
        assert short.validation_error_ <= short.start_error_ * (1 + 1e-6)
        assert short.reconstruction_error(test).mean() < pca_errors(train, test, k).mean()


def test_cross_entropy_that_ends_above_pca_gives_way_to_squared_error():
    X = DIGITS[:100] / 16
    fit = {"code_size": 2, "max_epochs": 1, "learning_rate": 1e-4, "random_state": 0}
    asked = Autoencoder(**fit, loss="bce").fit(X)
    assert asked.pca_error_ < asked.validation_error_ < 1.1 * asked.pca_error_
    chosen = Autoencoder(**fit).fit(X)
    assert chosen.loss_ == "mse"
    assert chosen.validation_error_ <= chosen.pca_error_


def test_codes_of_few_images_start_at_pca_of_all_of_them():
    images = DIGITS[:120].reshape(-1, 8, 8)
    model = ConvAutoencoder((4,), code_size=3, max_epochs=2, random_state=0).fit(images)
    splits = fold_rows(120, "auto", np.random.RandomState(0), repeats=True)
    by_pca = np.concatenate([pca_errors(DIGITS[:120][train], DIGITS[:120][held], 3) for train, held in splits])
    assert model.pca_error_ == pytest.approx(by_pca.mean(), rel=1e-5)
    assert model.n_samples_ == 120
    assert model.validation_error_ <= model.start_error_
