"""What the dense autoencoder promises."""

import itertools
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder, InputError, ParameterError, WorseThanPCAWarning
from isthmus.dense.widths import layer_widths

DATA = {
    "digits": load_digits().data,
    "wine": StandardScaler().fit_transform(load_wine().data),
    "breast cancer": StandardScaler().fit_transform(load_breast_cancer().data),
}
rng = np.random.default_rng(0)

# A few epochs from a random start, or on a few rows, do not reach PCA; where that is the claim, the warning is tested.
pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")


def pca_error(train, rows, k):
    pca = PCA(k).fit(train)
    return np.mean((pca.inverse_transform(pca.transform(rows)) - rows) ** 2)


# Linear is PCA, and every network starts there.


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("k", [1, 5])
def test_the_linear_network_is_pca(name, k):
    X = DATA[name]
    model, pca = Autoencoder(k, activation="identity").fit(X), PCA(k).fit(X)
    assert model.n_epochs_ == model.best_epoch_ == 0
    np.testing.assert_allclose(model.transform(X), pca.transform(X), atol=1e-9 * np.abs(X).max())
    np.testing.assert_allclose(
        model.reconstruct(X), pca.inverse_transform(pca.transform(X)), atol=1e-9 * np.abs(X).max()
    )
    np.testing.assert_allclose(model.mean_, pca.mean_, atol=1e-12)


@given(
    shape=st.sampled_from([(40, 6), (6, 40), (30, 30), (12, 1)]),
    k=st.integers(1, 6),
    offset=st.sampled_from([0.0, -3.0, 1e6]),
    size=st.sampled_from([1e-6, 1.0, 1e6]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_the_linear_network_is_pca_whatever_the_units(shape, k, offset, size, seed):
    X = size * (np.random.default_rng(seed).normal(size=shape) + offset)
    k = min(k, *shape)
    model, pca = Autoencoder(k, activation="identity", scale="none").fit(X), PCA(k).fit(X)
    # What float64 holds of numbers so far from zero.
    tolerance = 1e-9 * np.abs(X).max()
    np.testing.assert_allclose(model.reconstruct(X), pca.inverse_transform(pca.transform(X)), atol=tolerance)


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_training_starts_at_pca_and_never_ends_above_it(name, seed):
    X = DATA[name]
    for k in (1, 2, X.shape[1] // 4, X.shape[1] // 2):
        model = Autoencoder(k, max_epochs=10, random_state=seed).fit(X)
        assert model.start_error_ == pytest.approx(model.pca_error_, rel=1e-4)
        assert model.validation_error_ <= model.start_error_
        assert model.history_["validation_error"][0] == model.start_error_
        assert model.history_["validation_error"][model.best_epoch_] == model.validation_error_


def test_the_errors_are_those_of_the_held_out_rows():
    """PCA of the same training rows, done by hand, has the error that the model reports for it."""
    X = DATA["digits"][:400]
    model = Autoencoder(3, max_epochs=10, validation_fraction=0.25, random_state=5).fit(X)
    assert model.best_epoch_ > 0
    held = np.sort(np.random.RandomState(5).permutation(len(X))[: round(0.25 * len(X))])
    train = np.setdiff1d(np.arange(len(X)), held)
    assert model.pca_error_ == pytest.approx(pca_error(X[train], X[held], 3), rel=1e-5)
    assert model.validation_error_ == pytest.approx(model.reconstruction_error(X[held]).mean(), rel=1e-5)
    assert model.validation_variance_ == pytest.approx(np.mean((X[held] - X[train].mean(axis=0)) ** 2), rel=1e-5)
    np.testing.assert_allclose(model.mean_, X[train].mean(axis=0), atol=1e-12)


def test_cross_entropy_starts_within_a_few_percent_of_pca_and_ends_below():
    X = DATA["digits"] / 16
    model = Autoencoder(8, max_epochs=10, random_state=0).fit(X)
    assert model.loss_ == "bce"
    assert model.start_error_ == pytest.approx(model.pca_error_, rel=0.1)
    assert model.validation_error_ < 0.8 * model.pca_error_
    rows = model.reconstruct(X)
    assert rows.min() >= 0
    assert rows.max() <= 1


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("more", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_it_beats_pca_and_the_random_start_on_rows_it_never_saw(name, more):
    """On average over splits: with few rows and few codes the two starts can come out even."""
    X = DATA[name]
    k = X.shape[1] // 4
    shares = []
    for seed in range((1 if name == "digits" else 3) + 2 * more):
        order = np.random.default_rng(seed).permutation(len(X))
        train, test = X[order[: len(X) * 3 // 4]], X[order[len(X) * 3 // 4 :]]
        fit = {"max_epochs": 40, "random_state": seed}
        models = [Autoencoder(k, start=start, **fit).fit(train) for start in ("pca", "random")]
        ours, from_random = (model.reconstruction_error(test).mean() for model in models)
        shares.append([ours / pca_error(train, test, k), ours / from_random])
    over_pca, over_random = np.exp(np.mean(np.log(shares), axis=0))
    assert over_pca < 1
    assert over_random < 1


@pytest.mark.parametrize("code_size", [2, 0.5])
def test_where_nothing_is_better_than_the_start_it_is_pca_of_all_rows(code_size):
    X = DATA["wine"]
    model = Autoencoder(code_size, learning_rate=1.0, max_epochs=2, random_state=0).fit(X)  # steps that only do harm
    assert model.best_epoch_ == 0
    assert model.n_samples_ == len(X)
    pca = PCA(model.code_size_).fit(X)
    np.testing.assert_allclose(model.reconstruct(X), pca.inverse_transform(pca.transform(X)), atol=1e-5)
    np.testing.assert_allclose(model.mean_, pca.mean_, atol=1e-12)
    assert model.validation_error_ == model.pca_error_


def test_a_network_that_ends_above_pca_says_so():
    with pytest.warns(WorseThanPCAWarning, match=r"mean squared error is .*, and that of PCA with as many codes"):
        model = Autoencoder(8, start="random", max_epochs=1, random_state=0).fit(DATA["digits"])
    assert model.validation_error_ > model.pca_error_


def test_numbers_without_squares_are_refused_with_their_column():
    for row in range(5):  # one of them is held out
        X = np.ones((5, 3))
        X[row, 1] = -1e200
        with pytest.raises(InputError, match=r"column 2 has values up to 1e\+200"):
            Autoencoder(1, random_state=0).fit(X)
        with pytest.raises(InputError, match=r"column 2 has values up to 1e\+200"):
            Autoencoder(1).partial_fit(np.ones((5, 3))).partial_fit(X)


# The four hyperparameters.


def test_a_share_means_as_many_codes_as_pca_needs():
    for name, X in DATA.items():
        for share in (0.5, 0.9, 0.95, 0.99):
            model = Autoencoder(share, validation_fraction=0, max_epochs=1).fit(X)
            assert model.code_size_ == PCA(share).fit(X).n_components_, name


def test_layers_taper_geometrically_but_never_below_64_nodes():
    assert layer_widths(2, 784, 32) == (270, 93)
    assert layer_widths(3, 20, 4) == (64, 64, 64)
    assert layer_widths(1, 10_000, 1) == (100,)
    assert layer_widths(0, 784, 32) == ()
    assert layer_widths((3, 999), 20, 4) == (3, 999)


@pytest.mark.parametrize(
    ("encoder", "decoder", "expected"),
    [
        (2, None, ((64, 64), (64, 64))),
        (0, None, ((), ())),
        ((9, 5), None, ((9, 5), (5, 9))),
        ((9, 5), 1, ((9, 5), (64,))),
        (1, (3, 4, 100), ((64,), (3, 4, 100))),
        ((200,), (300,), ((200,), (300,))),
    ],
)
@pytest.mark.parametrize("start", ["pca", "random"])
def test_the_network_has_the_layers_that_were_asked_for(encoder, decoder, expected, start):
    model = Autoencoder(2, encoder_layers=encoder, decoder_layers=decoder, start=start, max_epochs=1).fit(DATA["wine"])
    assert (model.encoder_layers_, model.decoder_layers_) == expected
    for half, widths, ends in (
        (model.module_.encoder, expected[0], (13, 2)),
        (model.module_.decoder, expected[1], (2, 13)),
    ):
        layers = [layer for layer in half.stack if isinstance(layer, torch.nn.Linear)]
        assert [layers[0].in_features, *(layer.out_features for layer in layers)] == [ends[0], *widths, ends[1]]
        assert (half.linear is None) == (start == "random")


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "silu"])
@pytest.mark.parametrize("loss", ["mse", "bce"])
@pytest.mark.parametrize("start", ["pca", "random"])
def test_every_activation_loss_and_start_learns(activation, loss, start):
    X = DATA["digits"][:400] / 16
    fit = {"max_epochs": 30, "learning_rate": 0.01, "random_state": 0}
    model = Autoencoder(4, activation=activation, loss=loss, start=start, **fit).fit(X)
    assert model.validation_error_ < model.start_error_
    assert model.loss_ == loss
    assert np.isfinite(model.transform(X)).all()


def test_the_loss_follows_the_range_of_the_data():
    unit, other = DATA["digits"][:200] / 16, DATA["wine"][:50]
    fit = {"max_epochs": 10, "random_state": 0}
    assert Autoencoder(2, **fit).fit(unit).loss_ == "bce"
    assert Autoencoder(2, **fit).fit(other).loss_ == "mse"
    assert Autoencoder(2, **fit, loss="mse").fit(unit).loss_ == "mse"
    assert Autoencoder(2, **fit, scale="standard").fit(unit).loss_ == "mse"
    assert Autoencoder(2, **fit, activation="identity").fit(unit).loss_ == "mse"


def test_cross_entropy_is_not_chosen_where_it_starts_far_from_pca():
    X = load_breast_cancer().data
    X = (X - X.min(axis=0)) / np.ptp(X, axis=0)
    fit = {"code_size": 15, "max_epochs": 5, "random_state": 0}
    asked = Autoencoder(**fit, loss="bce").fit(X)
    assert asked.start_error_ > 1.1 * asked.pca_error_
    chosen = Autoencoder(**fit).fit(X)
    assert chosen.loss_ == "mse"
    assert chosen.validation_error_ <= chosen.pca_error_ < asked.validation_error_
    assert Autoencoder(**fit).partial_fit(X).loss_ == "mse"
    assert Autoencoder(**fit, start="random").fit(X).loss_ == "bce"


def test_cross_entropy_refuses_what_is_no_share_and_names_the_column():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"fine": [0.0, 1, 0.5], "age": [3.0, 40, 5]})
    with pytest.raises(InputError, match=r"column 'age' ranges from 3 to 40"):
        Autoencoder(1, loss="bce").fit(frame)


# The scale of the data.


def test_scales_are_what_they_say():
    X, unit = DATA["digits"] * 3 + 100, DATA["digits"] / 16
    fit = {"code_size": 2, "validation_fraction": 0, "max_epochs": 1}
    rms = np.sqrt(np.mean((X - X.mean(axis=0)) ** 2))
    np.testing.assert_allclose(Autoencoder(**fit).fit(X).scale_, rms)
    np.testing.assert_allclose(Autoencoder(**fit, scale="global").fit(unit).scale_, rms / 48)
    np.testing.assert_array_equal(Autoencoder(**fit).fit(unit).scale_, 1)
    np.testing.assert_array_equal(Autoencoder(**fit, scale="none").fit(X).scale_, 1)
    deviations = X.std(axis=0)
    np.testing.assert_allclose(
        Autoencoder(**fit, scale="standard").fit(X).scale_, np.where(deviations > 0, deviations, 1)
    )


def test_the_units_of_the_data_change_nothing_but_the_units():
    X = DATA["wine"]
    plain = Autoencoder(3, max_epochs=5, random_state=0).fit(X)
    scaled = Autoencoder(3, max_epochs=5, random_state=0).fit(1024 * X)
    np.testing.assert_allclose(scaled.transform(1024 * X), 1024 * plain.transform(X), rtol=1e-3, atol=1e-2)
    assert scaled.validation_error_ == pytest.approx(1024**2 * plain.validation_error_, rel=1e-3)
    assert scaled.score(1024 * X) == pytest.approx(plain.score(X), rel=1e-3)


def test_score_is_the_share_of_variance_explained():
    X = DATA["wine"]
    model = Autoencoder(3, max_epochs=3, random_state=0).fit(X)
    expected = 1 - np.mean((model.reconstruct(X) - X) ** 2) / np.mean((X - model.mean_) ** 2)
    assert model.score(X) == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(model.reconstruction_error(X), np.mean((model.reconstruct(X) - X) ** 2, axis=1))


# Odd data.


SIZES_AND_SCALES = {*itertools.product((1, 5, 60, 0.9), ("auto", "standard"))}
SOME = {(1, "standard"), (5, "auto"), (60, "standard"), (0.9, "auto")}


@pytest.mark.parametrize("pairs", [SOME, pytest.param(SIZES_AND_SCALES - SOME, marks=pytest.mark.slow)])
@pytest.mark.parametrize("start", ["pca", "random"])
@pytest.mark.parametrize("activation", ["relu", "identity"])
@pytest.mark.parametrize(
    "X",
    [
        np.ones((20, 4)),
        np.zeros((20, 4)),
        np.c_[np.ones(30), rng.normal(size=(30, 2)), np.full(30, 1e9)],
        rng.normal(size=(30, 1)),
        rng.normal(size=(3, 50)),
        rng.normal(size=(2, 3)),
        np.repeat(rng.normal(size=(1, 5)), 20, axis=0),
        rng.normal(size=(40, 2)) @ rng.normal(size=(2, 8)),
        rng.integers(0, 2, size=(30, 6)).astype(float),
        1e30 * rng.normal(size=(30, 3)),
        1e-30 * rng.normal(size=(30, 3)),
    ],
    ids=[
        "ones",
        "zeros",
        "constants",
        "one column",
        "wide",
        "two rows",
        "one row",
        "rank two",
        "binary",
        "huge",
        "tiny",
    ],
)
@pytest.mark.filterwarnings("ignore::isthmus.UnusedCodesWarning")
def test_degenerate_data_gives_finite_codes(X, start, activation, pairs):
    for k, scale in sorted(pairs):
        model = Autoencoder(k, start=start, activation=activation, scale=scale, max_epochs=2, random_state=0).fit(X)
        codes = model.transform(X)
        assert codes.shape == (len(X), k if k >= 1 else model.code_size_)
        assert np.isfinite(codes).all()
        assert np.isfinite(model.reconstruct(X)).all()
        assert np.isfinite(model.validation_error_)


@pytest.mark.filterwarnings("ignore::isthmus.UnusedCodesWarning")
def test_codes_beyond_the_rank_are_zero_at_the_start():
    X = rng.normal(size=(40, 2)) @ rng.normal(size=(2, 8))
    model = Autoencoder(5, activation="identity").fit(X)
    np.testing.assert_allclose(model.transform(X)[:, 2:], 0, atol=1e-6)
    assert model.score(X) == pytest.approx(1)


@pytest.mark.parametrize("shape", [(400, 30), (40, 300)])
@pytest.mark.parametrize("code_size", [3, 0.5])
def test_sparse_rows_are_like_dense_ones(shape, code_size):
    X = sparse.random_array(shape, density=0.1, rng=np.random.default_rng(0), format="csr")
    model = Autoencoder(code_size, activation="identity").fit(X)
    dense = Autoencoder(code_size, activation="identity").fit(X.toarray())
    np.testing.assert_allclose(np.abs(model.transform(X)), np.abs(dense.transform(X.toarray())), atol=1e-5)
    trained = Autoencoder(code_size, max_epochs=3, random_state=0, loss="mse").fit(X)
    assert trained.validation_error_ <= trained.start_error_
    np.testing.assert_allclose(trained.transform(X), trained.transform(X.toarray()), atol=1e-9)


def test_only_a_batch_of_sparse_rows_is_ever_dense():
    """20,000 columns by 3,000 rows would take 480 MB; everything here stays well below."""
    import tracemalloc

    X = sparse.random_array((3000, 20_000), density=1e-3, rng=np.random.default_rng(0), format="csr")
    tracemalloc.start()
    try:
        model = Autoencoder(2, encoder_layers=(8,), max_epochs=1, loss="mse", random_state=0).fit(X)
        model.transform(X)
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, bool])
def test_tensors_and_arrays_of_any_number_type_are_taken(dtype):
    X = (DATA["digits"][:60] > 8).astype(dtype)
    model = Autoencoder(3, max_epochs=1, random_state=0).fit(torch.from_numpy(X))
    codes = model.transform(torch.from_numpy(X))
    assert codes.dtype == (np.float32 if dtype == np.float32 else np.float64)
    np.testing.assert_array_equal(codes, model.transform(X))


def test_the_module_works_on_its_own():
    X = DATA["wine"]
    model = Autoencoder(3, max_epochs=2, random_state=0).fit(X)
    with torch.no_grad():
        x = torch.tensor(X, dtype=torch.float32)
        np.testing.assert_allclose(model.module_.encode(x), model.transform(X), atol=1e-4)
        np.testing.assert_allclose(model.module_(x), model.reconstruct(X), atol=1e-4)


# Wrong parameters.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code_size", 0), ("code_size", 1.0), ("code_size", 0.0), ("code_size", True), ("code_size", "2"),
        ("encoder_layers", -1), ("encoder_layers", (3, 0)), ("encoder_layers", None), ("encoder_layers", "2"),
        ("decoder_layers", (2.5,)), ("activation", "swish"), ("loss", "mae"), ("start", "kmeans"), ("scale", None),
        ("noise", "dirt"), ("noise", ("masking", 1.0)), ("noise", ("gaussian", 0)), ("noise", ("masking", 0.1, 2)),
        ("noise", 3), ("noise", ()), ("max_epochs", 0), ("batch_size", 0), ("batch_size", "all"),
        ("learning_rate", 0), ("learning_rate", float("nan")), ("weight_decay", -1), ("validation_fraction", 1),
        ("patience", 0), ("device", "tpu9"), ("verbose", "yes"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_in_a_sentence(name, value):
    with pytest.raises(ParameterError, match=rf"The '{name}' parameter of Autoencoder must be .* Got .* instead\."):
        Autoencoder(**{name: value}).fit(DATA["wine"])


# Training.


NOISY_FIT = {"code_size": 12, "max_epochs": 30, "random_state": 0}


@pytest.fixture(scope="module")
def without_noise():
    return Autoencoder(**NOISY_FIT).fit(DATA["digits"])


@pytest.mark.parametrize("noise", ["gaussian", "masking", "salt_and_pepper", ("gaussian", 0.5), ("masking", 0.5)])
def test_noise_teaches_to_undo_noise(noise, without_noise):
    X = DATA["digits"]
    generator = np.random.default_rng(0)
    kind, strength = noise if isinstance(noise, tuple) else (noise, 0.3)
    spread = np.sqrt(np.mean((X - X.mean(axis=0)) ** 2))
    where = generator.random(X.shape) < strength
    dirty = {
        "gaussian": X + strength * spread * generator.normal(size=X.shape),
        "masking": np.where(where, X.mean(axis=0), X),
        "salt_and_pepper": np.where(where, np.where(generator.random(X.shape) < 0.5, X.min(axis=0), X.max(axis=0)), X),
    }[kind]
    model = Autoencoder(**NOISY_FIT, noise=(kind, strength)).fit(X)
    ours, other = (each.reconstruction_error(dirty, target=X).mean() for each in (model, without_noise))
    assert ours < other


def test_a_target_is_what_is_reconstructed():
    X = DATA["digits"]
    dirty = X + np.random.default_rng(0).normal(size=X.shape) * 3
    clean = Autoencoder(12, max_epochs=30, random_state=0).fit(dirty, target=X)
    blind = Autoencoder(12, max_epochs=30, random_state=0).fit(dirty)
    assert clean.reconstruction_error(dirty, target=X).mean() < 0.8 * blind.reconstruction_error(dirty, target=X).mean()
    assert clean.score(dirty, target=X) > blind.score(dirty, target=X)
    with pytest.raises(InputError, match="target has 3 rows"):
        Autoencoder(2).fit(dirty, target=X[:3])


def test_without_held_out_rows_every_epoch_is_run_on_every_row():
    X = DATA["wine"]
    model = Autoencoder(3, validation_fraction=0, max_epochs=25, patience=1, random_state=0).fit(X)
    assert model.n_epochs_ == model.best_epoch_ == 25
    np.testing.assert_allclose(model.mean_, X.mean(axis=0), atol=1e-12)
    assert model.validation_error_ == pytest.approx(model.reconstruction_error(X).mean(), rel=1e-5)


def test_patience_ends_training_and_the_best_epoch_is_kept():
    X = DATA["digits"][:400]
    fit = {"max_epochs": 500, "patience": 5, "learning_rate": 0.01, "validation_fraction": 0.25, "random_state": 0}
    model = Autoencoder(3, **fit).fit(X)
    assert model.n_epochs_ < 500
    assert model.n_epochs_ == model.best_epoch_ + 5
    held = np.sort(np.random.RandomState(0).permutation(400)[:100])
    assert model.reconstruction_error(X[held]).mean() == pytest.approx(model.validation_error_, rel=1e-4)


def test_a_diverging_loss_ends_in_a_warning_and_the_last_good_weights():
    X = DATA["wine"]
    model = Autoencoder(3, learning_rate=1e30, max_epochs=5, random_state=0)
    with pytest.warns(ConvergenceWarning, match="became NaN or infinite in epoch 1; the weights of epoch 0"):
        model.fit(X)
    assert model.validation_error_ == model.start_error_ == pytest.approx(model.pca_error_, rel=1e-4)
    assert np.isfinite(model.transform(X)).all()


def test_ctrl_c_ends_training_and_keeps_the_best_epoch():
    X = DATA["digits"]
    model = Autoencoder(4, max_epochs=1000, patience=None, random_state=0)
    seen = []

    def press_ctrl_c(history):
        seen.append(history.n_epochs)
        if history.n_epochs == 3:
            raise KeyboardInterrupt

    with pytest.warns(ConvergenceWarning, match="interrupted after 3 epochs"):
        model.fit(X, on_epoch=press_ctrl_c)
    assert seen == [1, 2, 3]
    assert model.n_epochs_ == 3
    assert model.validation_error_ == min(model.history_["validation_error"]) < model.start_error_


def test_parts_are_learned_one_after_the_other():
    X = DATA["digits"]
    model = Autoencoder(8, random_state=0)
    before = None
    for _ in range(3):
        for part in np.array_split(X, 4):
            model.partial_fit(part)
        after = model.reconstruction_error(X).mean()
        assert before is None or after < before
        before = after
    assert model.n_epochs_ == 12
    assert after < pca_error(X, X, 8)


def test_a_fitted_model_goes_on_learning():
    X = DATA["digits"]
    model = Autoencoder(8, max_epochs=2, random_state=0).fit(X)
    before = model.reconstruction_error(X).mean()
    for _ in range(3):
        model.partial_fit(X)
    assert model.reconstruction_error(X).mean() < before
    assert len(model.history_["epoch"]) == 6


def test_equal_seeds_give_equal_models_and_other_seeds_others():
    X = DATA["wine"]
    a, b, c = (Autoencoder(2, max_epochs=3, noise="gaussian", random_state=s).fit(X).transform(X) for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize("seed", [None, 0, np.random.RandomState(3)])
def test_fit_touches_no_global_state(seed):
    np.random.seed(7)  # noqa: NPY002 — the global state is what is watched
    torch.manual_seed(7)
    filters = list(warnings.filters)
    before = np.random.get_state()[1].copy(), torch.get_rng_state(), torch.get_num_threads()  # noqa: NPY002
    model = Autoencoder(2, max_epochs=2, noise="masking", random_state=seed).fit(DATA["wine"])
    model.partial_fit(DATA["wine"]).transform(DATA["wine"])
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[1])
    assert torch.get_num_threads() == before[2]
    assert warnings.filters == filters


def test_the_input_is_never_changed():
    for X in (DATA["wine"].copy(), sparse.csr_matrix(DATA["wine"])):
        before = X.copy()
        Autoencoder(2, max_epochs=2, scale="standard").fit(X).reconstruct(X)
        assert (abs(X - before)).max() == 0


def test_verbose_shows_a_bar_on_a_terminal_only(capsys):
    Autoencoder(2, max_epochs=2, verbose=True).fit(DATA["wine"])
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
