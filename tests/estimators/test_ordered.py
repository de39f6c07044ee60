"""Ordered codes: one fit serves every code size."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

import isthmus
from isthmus import Autoencoder, ParameterError
from isthmus.dense.nested_dropout import NestedDropout
from isthmus.dense.widths import prefix_sizes

DIGITS = load_digits().data / 16
CANCER = StandardScaler().fit_transform(load_breast_cancer().data)


@pytest.fixture(scope="module")
def digits():
    """An ordered model of 12 codes, and rows that it was not fitted on."""
    return Autoencoder(12, ordered=True, max_epochs=30, random_state=0).fit(DIGITS[:1400]), DIGITS[1400:]


def test_one_fit_is_below_pca_at_every_size(digits):
    model, rows = digits
    table = model.rate_distortion(rows)
    assert list(table["code_size"]) == list(range(1, 13))
    assert (table["error"] < table["pca_error"]).all()


@pytest.mark.parametrize("loss", ["bce", "mse"])
@pytest.mark.parametrize("seed", range(3))
def test_every_size_keeps_its_promise_on_the_held_out_rows(loss, seed):
    X = DIGITS[:500] if loss == "bce" else CANCER
    model = Autoencoder(7, ordered=True, loss=loss, max_epochs=15, random_state=seed).fit(X)
    by_size = model.errors_by_size
    assert model.validation_error_ == pytest.approx(by_size["model"][7], rel=1e-6)
    assert model.validation_error_ <= model.start_error_
    assert np.mean(by_size["model"][1:] / by_size["pca"][1:]) < 1
    assert (np.diff(by_size["model"][[1, 2, 4, 7]]) < 0).all()
    assert (by_size["model"][[3, 5, 6]] <= by_size["model"][[2, 4, 4]]).all()  # a code more is never a loss


def test_a_truncated_model_has_the_first_codes_and_the_errors_of_the_table(digits):
    model, rows = digits
    table = model.rate_distortion(rows, sizes=[1, 3, 4, 7, 12])
    codes = model.transform(rows)
    for k, error in zip(table["code_size"], table["error"], strict=True):
        short = model.truncate(k)
        assert short.code_size_ == short.code_size == k
        np.testing.assert_allclose(short.transform(rows), codes[:, :k], atol=1e-6)
        assert short.reconstruction_error(rows).mean() == pytest.approx(error, rel=1e-5)
        decoded = short.inverse_transform(short.transform(rows))
        np.testing.assert_allclose(decoded, short.reconstruct(rows), atol=1e-6)
        assert short.module_.encoder.stack[-1].out_features == k
    assert model.code_size_ == 12  # and the model itself stays as it is


def test_truncation_can_be_repeated_and_saved(digits, tmp_path):
    model, rows = digits
    direct, in_steps = model.truncate(3), model.truncate(9).truncate(3)
    np.testing.assert_array_equal(direct.reconstruct(rows), in_steps.reconstruct(rows))
    direct.save(tmp_path / "m")
    loaded = isthmus.load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.reconstruct(rows), direct.reconstruct(rows))
    model.save(tmp_path / "whole")
    whole = isthmus.load(tmp_path / "whole")
    for name, column in model.rate_distortion(rows).items():
        np.testing.assert_array_equal(whole.rate_distortion(rows)[name], column)
    np.testing.assert_array_equal(whole.truncate(5).reconstruct(rows), model.truncate(5).reconstruct(rows))
    np.testing.assert_array_equal(whole.explained_variance_ratio_, model.explained_variance_ratio_)


def test_the_table_has_pca_of_the_training_rows_and_the_share_of_variance(digits):
    model, rows = digits
    held = np.sort(np.random.RandomState(0).permutation(1400)[:140])
    pca = PCA(12).fit(np.delete(DIGITS[:1400], held, axis=0))
    table = model.rate_distortion(rows, sizes=[2, 12])
    for k, error in zip((2, 12), table["pca_error"], strict=True):
        axes = pca.components_[:k]
        expected = np.mean(((rows - pca.mean_) @ axes.T @ axes + pca.mean_ - rows) ** 2)
        assert error == pytest.approx(expected, rel=1e-5)
    variance = np.mean((rows - model.mean_) ** 2)
    np.testing.assert_allclose(table["explained_variance_ratio"], 1 - table["error"] / variance, rtol=1e-5)
    assert model.truncate(2).pca_error_ == pytest.approx(model.errors_by_size["pca"][2])


def test_each_code_has_the_share_by_which_it_lowers_the_held_out_error(digits):
    model, _ = digits
    ratios = model.explained_variance_ratio_
    assert ratios.shape == (12,)
    assert ratios.sum() == pytest.approx(1 - model.validation_error_ / model.validation_variance_)
    for k in (1, 4, 11):
        short = model.truncate(k)
        assert ratios[:k].sum() == pytest.approx(1 - short.validation_error_ / short.validation_variance_)
    assert (ratios >= 0).all()
    assert ratios[:4].sum() > ratios[4:].sum()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_share_ends_at_the_fewest_codes_that_explain_it(seed):
    for X in (DIGITS, CANCER):
        fit = {"max_epochs": 40, "random_state": seed}
        needed = Autoencoder(0.9, **fit | {"max_epochs": 1}).fit(X).code_size_  # as many as PCA needs
        model = Autoencoder(0.9, ordered=True, **fit).fit(X)
        assert model.code_size_ <= needed - (X is DIGITS)
        assert model.explained_variance_ratio_[:-1].sum() < 0.9
        assert model.explained_variance_ratio_.sum() >= 0.9 or model.code_size_ == needed
        assert model.transform(X).shape == (len(X), model.code_size_)


def test_a_share_that_is_not_reached_ends_with_as_many_codes_as_pca_needs():
    noise = np.random.default_rng(0).normal(size=(60, 40))
    plain = Autoencoder(0.95, max_epochs=2, random_state=0).fit(noise)
    assert Autoencoder(0.95, ordered=True, max_epochs=2, random_state=0).fit(noise).code_size_ == plain.code_size_


@pytest.mark.parametrize("start", ["pca", "random"])
def test_a_linear_network_is_ordered_anyway(start):
    model = Autoencoder(6, activation="identity", start=start, random_state=0).fit(CANCER)
    pca = PCA(3).fit(CANCER)
    short = model.truncate(3)
    np.testing.assert_allclose(short.transform(CANCER), pca.transform(CANCER), atol=1e-2)
    table = model.rate_distortion(CANCER)
    np.testing.assert_allclose(table["error"], table["pca_error"], rtol=1e-4)


@pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")
def test_codes_without_order_cannot_be_cut():
    model = Autoencoder(3, max_epochs=1, random_state=0).fit(CANCER)
    for call in (lambda: model.truncate(2), lambda: model.rate_distortion(CANCER)):
        with pytest.raises(AttributeError, match="its codes have no order; fit it with ordered=True"):
            call()


@pytest.mark.parametrize("size", [0, 13, -1, 2.5, "two", True])
def test_only_sizes_that_there_are_can_be_cut_to(digits, size):
    with pytest.raises(ParameterError, match="from 1 to code_size_=12"):
        digits[0].truncate(size)


@pytest.mark.parametrize("sizes", [[], [0], [13]])
def test_only_sizes_that_there_are_are_in_the_table(digits, sizes):
    with pytest.raises(ParameterError, match="from 1 to code_size_=12"):
        digits[0].rate_distortion(digits[1], sizes)


@pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")
@pytest.mark.parametrize(
    "parameters", [{"start": "random"}, {"noise": "masking"}, {"encoder_layers": 0}, {"loss": "mse"}]
)
def test_order_goes_with_every_other_choice(parameters):
    X = DIGITS[:300]
    epochs = 100 if "start" in parameters else 30  # a random start is slow to begin
    model = Autoencoder(5, ordered=True, max_epochs=epochs, random_state=0, **parameters).fit(X)
    table = model.rate_distortion(X)
    assert table["error"][-1] < table["error"][0] < np.mean((X - X.mean(axis=0)) ** 2)
    model.partial_fit(X)
    assert model.truncate(2).reconstruct(X).shape == X.shape


@pytest.mark.parametrize("code_size", [1, 2, 3])
def test_the_smallest_codes_are_ordered_too(code_size):
    model = Autoencoder(code_size, ordered=True, max_epochs=3, random_state=0).fit(CANCER)
    assert model.truncate(1).code_size_ == 1
    assert model.explained_variance_ratio_.shape == (code_size,)


def test_smaller_sizes_weigh_more_towards_the_end_of_training():
    dropout = NestedDropout((1, 2, 4, 8), 12, np.random.default_rng(0))
    first, middle, last = (np.array(dropout.weights(progress)) for progress in (0, 0.5, 1))
    assert (2 * first > 0).all()
    assert (2 * first < middle).all()
    assert (middle < last).all()
    np.testing.assert_allclose(middle, (first + last) / 2)


@pytest.mark.parametrize("code_size", [1, 2, 3, 5, 12])
def test_decoders_see_all_codes_that_they_take_or_more_than_the_next_smaller_one_takes(code_size):
    prefixes = prefix_sizes(code_size)
    dropout = NestedDropout(prefixes, code_size, np.random.default_rng(0))
    masks = dropout.masks(1001)
    assert [len(mask) for mask in masks] == [*prefixes, *([code_size] if dropout.has_fewer else [])]
    fewer = 0
    for size, mask in zip(prefixes, masks, strict=False):
        kept = mask.sum(axis=0)
        assert set(kept) == set(range(fewer + 1, size + 1))
        assert (kept == size).mean() > 0.4
        fewer = size
    if dropout.has_fewer:  # every other row
        assert masks[-1].shape[1] == 501
        assert set(masks[-1].sum(axis=0)) == set(range(fewer + 1, code_size))
    assert all((np.diff(mask.astype(int), axis=0) <= 0).all() for mask in masks)  # the first ones


def test_decoders_are_there_for_the_powers_of_two():
    assert prefix_sizes(32) == (1, 2, 4, 8, 16)
    assert prefix_sizes(12) == (1, 2, 4, 8)
    assert prefix_sizes(2) == (1,)
    assert prefix_sizes(1) == ()


def test_the_module_of_a_truncated_model_stands_alone(digits):
    model, rows = digits
    short = model.truncate(4)
    x = torch.from_numpy(rows).float()
    with torch.no_grad():
        assert short.module_.encode(x).shape == (len(rows), 4)
        np.testing.assert_allclose(short.module_(x), short.reconstruct(rows), atol=1e-5)
