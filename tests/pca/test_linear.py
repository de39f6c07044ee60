"""A linear network of any depth, trained from a random start, is PCA."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.linalg import subspace_angles
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder, load
from isthmus.pca.descent import SquaredError, canonical_axes
from isthmus.pca.factor import linear_rows

DATA = {
    "digits": load_digits().data,
    "wine": StandardScaler().fit_transform(load_wine().data),
    "breast cancer": StandardScaler().fit_transform(load_breast_cancer().data),
    "wide": np.random.default_rng(0).normal(size=(50, 90)) * np.geomspace(1, 0.01, 90) + 3,
}
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")  # Debian: dataset-fashion-mnist
SEEDS = range(5)
TWO_SEEDS = SEEDS[:2]  # where the start matters less than what the test varies


def descended(X, k, depth=1, seed=0, **parameters):
    parameters = {"encoder_layers": depth, "random_state": seed, **parameters}
    return Autoencoder(k, activation="identity", start="random", **parameters).fit(X)


def assert_is_pca(model, X, k):
    """Error, principal angles, components, shares of variance and signs."""
    pca = PCA(k, svd_solver="covariance_eigh").fit(X)
    codes, expected = model.transform(X), pca.transform(X)
    assert model.reconstruction_error(X).mean() <= 1.001 * np.mean((pca.inverse_transform(expected) - X) ** 2)
    assert np.degrees(subspace_angles(model.components_.T, pca.components_.T).max()) < 1
    variances = np.linalg.eigvalsh(np.cov(X.T))[::-1]
    gaps = -np.diff(variances, prepend=np.inf, append=0)
    separated = np.minimum(gaps[:k], gaps[1 : k + 1]) > 0.01 * variances[:k]
    assert separated.any()
    for j in np.flatnonzero(separated):
        assert np.corrcoef(codes[:, j], expected[:, j])[0, 1] > 0.999, f"component {j}, or its sign"
    np.testing.assert_allclose(model.explained_variance_ratio_, pca.explained_variance_ratio_, atol=1e-3)
    np.testing.assert_allclose(model.components_ @ model.components_.T, np.eye(k), atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("name", DATA)
def test_descent_from_any_start_through_any_depth_ends_at_pca(name, depth, seed):
    X = DATA[name]
    k = X.shape[1] // 4
    model = descended(X, k, depth, seed)
    assert model.n_epochs_ > 1
    assert model.start_error_ > 1.5 * model.pca_error_  # so there was something to learn
    assert_is_pca(model, X, k)


@pytest.mark.skipif(
    not FASHION_MNIST.exists() and "CI" not in os.environ, reason="needs Debian's package dataset-fashion-mnist"
)
@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("depth", [1, 3])
def test_descent_ends_at_pca_on_fashion_mnist(depth, seed):
    with gzip.open(FASHION_MNIST) as file:
        file.seek(16)
        X = np.frombuffer(file.read(5000 * 784), np.uint8).reshape(-1, 784) / 255
    model = descended(X, 32, depth, seed)
    assert model.loss_ == "mse"
    assert_is_pca(model, X, 32)


@pytest.mark.parametrize("layers", [(40, 9), (7, 50, 8), (30,)])
@pytest.mark.parametrize("decoder_layers", [None, (12,), 0])
def test_the_widths_and_the_sandwich_do_not_matter(layers, decoder_layers):
    X = DATA["breast cancer"]
    for seed in TWO_SEEDS:
        assert_is_pca(descended(X, 4, layers, seed, decoder_layers=decoder_layers), X, 4)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_the_units_do_not_matter(size, seed):
    X = size * DATA["wine"]
    assert_is_pca(descended(X, 3, seed=seed), X, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_standardised_columns_are_standardised_before_pca(seed):
    X = load_wine().data
    scaler = StandardScaler().fit(X)
    model, pca = descended(X, 3, seed=seed, scale="standard"), PCA(3).fit(scaler.transform(X))
    np.testing.assert_allclose(model.transform(X), pca.transform(scaler.transform(X)), atol=0.01)
    np.testing.assert_allclose(model.explained_variance_ratio_, pca.explained_variance_ratio_, atol=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bottleneck_narrower_than_the_code_is_what_counts(seed):
    X = DATA["wine"]
    model, pca = descended(X, 5, (2,), seed), PCA(2).fit(X)
    assert model.transform(X).shape == (len(X), 5)
    np.testing.assert_array_equal(model.transform(X)[:, 2:], 0)
    np.testing.assert_allclose(model.reconstruct(X), pca.inverse_transform(pca.transform(X)), atol=0.01)
    np.testing.assert_allclose(model.explained_variance_ratio_, [*pca.explained_variance_ratio_, 0, 0, 0], atol=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_code_as_wide_as_the_data_keeps_everything(seed):
    X = DATA["wine"]
    model = descended(X, 13, seed=seed)
    assert model.score(X) > 0.999999
    assert model.explained_variance_ratio_.sum() == pytest.approx(1, abs=1e-6)


# The canonical form.


@pytest.mark.parametrize("depth", [0, 3])
@pytest.mark.parametrize("name", DATA)
def test_codes_are_uncorrelated_and_in_order_however_early_the_descent_ends(name, depth):
    X = DATA[name]
    for seed in TWO_SEEDS:
        model = descended(X, 4, depth, seed, max_epochs=1)
        assert model.n_epochs_ == 1
        covariance = np.cov(model.transform(X).T)
        np.testing.assert_allclose(covariance, np.diag(model.explained_variance_), atol=1e-9 * covariance.max())
        assert (np.diff(model.explained_variance_) <= 0).all()
        assert model.explained_variance_[0] <= PCA(1).fit(X).explained_variance_[0] * (1 + 1e-9)


@pytest.mark.parametrize("shape", [(200, 9), (9, 40)])
def test_the_canonical_form_is_never_a_worse_reconstruction(shape):
    rng = np.random.default_rng(0)
    for _ in SEEDS:
        X = rng.normal(size=shape) @ rng.normal(size=(shape[1], shape[1]))
        X -= X.mean(axis=0)
        rows = linear_rows(X, np.zeros(shape[1]), np.ones(shape[1]))
        decoder = rng.normal(size=(rows.factor.shape[1], 3))
        axes = canonical_axes(rows, decoder)
        in_columns = decoder if rows.basis is None else rows.basis.T @ decoder
        best = X @ np.linalg.pinv(in_columns).T @ in_columns.T  # what no encoder can improve on for this decoder
        ours = X @ axes.axes.T @ axes.axes
        assert np.sum((X - ours) ** 2) <= np.sum((X - best) ** 2) * (1 + 1e-9)
        np.testing.assert_allclose(axes.spread**2, np.var(X @ axes.axes.T, axis=0, ddof=1), rtol=1e-9)


@pytest.mark.parametrize("shape", [(300, 7), (7, 300), (20, 20), (5000, 300), (1, 4), (4, 1)])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_reduced_rows_have_the_inner_products_of_all_rows(shape, kind):
    rng = np.random.default_rng(0)
    X, shift, scale = rng.normal(size=shape), rng.normal(size=shape[1]), rng.uniform(1, 2, size=shape[1])
    rows, expected = linear_rows(kind(X), shift, scale), (X - shift) / scale
    reduced = rows.factor if rows.basis is None else rows.factor @ rows.basis
    assert len(reduced) <= min(shape)
    np.testing.assert_allclose(reduced.T @ reduced, expected.T @ expected, atol=1e-9 * shape[0])
    assert rows.mean_square == pytest.approx(np.mean(expected**2))


# Training.


def test_the_error_by_inner_products_has_autograds_gradients():
    rng = np.random.default_rng(0)
    for _ in SEEDS:
        inputs, targets = rng.normal(size=(2, 30, 7))
        encoder, decoder = (torch.from_numpy(rng.normal(size=shape)).requires_grad_() for shape in ((3, 7), (7, 3)))
        expected = (torch.from_numpy(inputs) @ encoder.T @ decoder.T - torch.from_numpy(targets)).square().sum()
        error, gradients = SquaredError.of(inputs, targets)(encoder.detach().numpy(), decoder.detach().numpy())
        assert error == pytest.approx(expected.item())
        for ours, theirs in zip(gradients, torch.autograd.grad(expected, (encoder, decoder)), strict=True):
            np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_every_epoch_is_better_than_the_one_before(depth):
    X = DATA["digits"]
    for seed in TWO_SEEDS:
        model = descended(X, 8, depth, seed)
        errors = model.history_["validation_error"]
        assert (np.diff(errors) <= 1e-9 * errors[0]).all()
        assert len(errors) == model.n_epochs_ + 1 == model.best_epoch_ + 1
        assert errors[-1] == model.validation_error_ == pytest.approx(model.reconstruction_error(X).mean())
        assert model.start_error_ == errors[0]


@pytest.mark.parametrize("max_epochs", [1, 2])
def test_max_epochs_limits_the_descent(max_epochs):
    model = descended(DATA["digits"], 8, 3, max_epochs=max_epochs)
    assert model.n_epochs_ == max_epochs
    assert model.n_epochs_ < descended(DATA["digits"], 8, 3).n_epochs_  # or it would show nothing


@pytest.mark.parametrize("n_epochs", [1, 2])
def test_ctrl_c_ends_the_descent_and_leaves_a_model_of_that_epoch(n_epochs):
    X = DATA["digits"]
    model = Autoencoder(8, activation="identity", start="random", encoder_layers=3, random_state=0)

    def press_ctrl_c(history):
        if history.n_epochs == n_epochs:
            raise KeyboardInterrupt

    with pytest.warns(ConvergenceWarning, match=f"interrupted after {n_epochs} epoch"):
        model.fit(X, on_epoch=press_ctrl_c)
    assert model.n_epochs_ == model.best_epoch_ == n_epochs
    assert model.pca_error_ < model.validation_error_ < model.start_error_
    assert model.validation_error_ == pytest.approx(model.reconstruction_error(X).mean())
    np.testing.assert_allclose(model.components_ @ model.components_.T, np.eye(8), atol=1e-9)


def test_equal_seeds_give_equal_files_and_other_seeds_others(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        descended(DATA["digits"], 8, 3, seed, max_epochs=5).save(tmp_path / name)
    files = {name: (tmp_path / name).read_bytes() for name in "abc"}
    assert files["a"] == files["b"] != files["c"]
    np.testing.assert_array_equal(
        load(tmp_path / "a").transform(DATA["digits"]), load(tmp_path / "b").transform(DATA["digits"])
    )


def test_the_descent_touches_no_global_state():
    torch.manual_seed(3)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    descended(DATA["wine"], 3)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("shape", [(300, 20), (20, 60)])
def test_sparse_rows_give_what_dense_ones_give(shape):
    X = sparse.random_array(shape, density=0.3, rng=np.random.default_rng(0), format="csr")
    for seed in TWO_SEEDS:
        model, dense = descended(X, 4, seed=seed), descended(X.toarray(), 4, seed=seed)
        np.testing.assert_allclose(model.components_, dense.components_, atol=1e-3)
        np.testing.assert_allclose(model.transform(X), dense.transform(X.toarray()), atol=1e-3)
        assert model.validation_error_ == pytest.approx(dense.validation_error_, rel=1e-6)


# Odd data.


@pytest.mark.parametrize("depth", [0, 1, 3, (1,)])
@pytest.mark.parametrize(
    "X",
    [
        np.full((20, 4), 5.0),
        np.zeros((20, 4)),
        np.arange(30.0)[:, None],
        np.array([[0.0, 1, 5], [3, 1, 2]]),
        np.outer(np.arange(20.0), [1, -2, 3, 0]),
        np.eye(30)[:, :6],
    ],
    ids=["constant", "zeros", "one column", "two rows", "rank one", "sparse"],
)
@pytest.mark.parametrize("k", [1, 3, 9])
@pytest.mark.filterwarnings("ignore::isthmus.UnusedCodesWarning")
def test_odd_data_gives_finite_codes_as_good_as_pcas(X, depth, k):
    for seed in TWO_SEEDS:
        model = descended(X, k, depth, seed, max_epochs=20)
        codes = model.transform(X)
        assert codes.shape == (len(X), k)
        assert np.isfinite(codes).all()
        assert np.isfinite(model.explained_variance_ratio_).all()
        n = min(k, *X.shape, 1 if depth == (1,) else k)
        pca = PCA(n, svd_solver="full").fit(X + 0.0) if X.std() else None
        expected = np.mean((pca.inverse_transform(pca.transform(X)) - X) ** 2) if pca else 0
        assert model.reconstruction_error(X).mean() <= 1.001 * expected + 1e-6 * X.var()
