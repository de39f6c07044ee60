"""What the convolutional estimator promises of images of any size."""

import math

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

import isthmus
from isthmus import ConvAutoencoder, InputError, ParameterError
from isthmus.fitting.convolutional import image_batch_size
from isthmus.networks import ConvolutionalAutoencoder

IMAGES = load_digits().images
FIT = {"filters": (6, 4), "max_epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def model() -> ConvAutoencoder:
    return ConvAutoencoder(**FIT).fit(IMAGES[:300])


def uniform(*shape: int, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(0).uniform(size=shape).astype(dtype)


# The network.


def test_the_default_is_the_reference_network():
    model = ConvAutoencoder(max_epochs=1).fit(IMAGES[:40])
    network, reference = model.module_.convolutional, ConvolutionalAutoencoder()
    assert sum(parameter.numel() for parameter in model.module_.parameters()) == 112_257
    assert network.settings == reference.settings
    for name in ("encoder", "decoder", "last"):
        assert str(getattr(network, name)) == str(getattr(reference, name))


def test_the_network_is_the_one_that_was_asked_for():
    model = ConvAutoencoder(
        (3, 4), decoder_filters=(5, 2, 6), kernel_size=5, pooling=(False, True), patch=2, activation="silu",
        batch_norm=False, max_epochs=1,
    ).fit(uniform(9, 8, 8, 3))  # fmt: skip
    network = model.module_.convolutional
    shapes = [tuple(layer.convolution.weight.shape) for layer in (*network.encoder, *network.decoder)]
    assert shapes == [(3, 12, 5, 5), (4, 3, 5, 5), (5, 4, 5, 5), (2, 5, 5, 5), (6, 2, 5, 5)]
    assert network.last.weight.shape == (12, 6, 5, 5)
    assert network.upsampling == (True, False, False)
    assert model.transform(uniform(9, 8, 8, 3)).shape == (9, 2, 2, 4)
    one = ConvAutoencoder(7, max_epochs=1).fit(IMAGES[:9]).module_.convolutional
    assert one.filters == one.decoder_filters == (7, 7)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (9, 1), (8, 8), (37, 41), (700, 530)])
def test_any_size_comes_back(model, size):
    images = 16 * uniform(1, *size, dtype=np.float32)
    reconstructed = model.reconstruct(images)
    assert reconstructed.shape == images.shape
    with torch.no_grad():
        unit = (torch.from_numpy(images)[:, None] - model.module_.shift) / model.module_.scale
        plain = model.module_.convolutional(unit.float()) * model.module_.scale + model.module_.shift
    np.testing.assert_allclose(reconstructed, plain[:, 0].numpy(), atol=2e-4)
    error = model.reconstruction_error(images)
    np.testing.assert_allclose(error, np.mean((reconstructed - images) ** 2, axis=(1, 2)), rtol=1e-5)


def test_memory_does_not_grow_with_the_image(model):
    """No layer ever sees more than a tile and what it reads around it."""
    seen = []
    hook = model.module_.convolutional.encoder[0].register_forward_hook(
        lambda module, inputs, out: seen.append(inputs[0].shape[-2:].numel())
    )
    model.reconstruct(uniform(1, 700, 900, dtype=np.float32))
    hook.remove()
    assert seen == [] or max(seen) <= 272**2  # the copy for inference has the hook, too
    assert seen


def test_arrays_are_computed_in_batches():
    """2,000 images with 64 filters would take 1 GB in the first layer alone."""
    model = ConvAutoencoder((64,), max_epochs=1, random_state=0).fit(uniform(9, 28, 28, dtype=np.float32))
    rows = []
    model.module_.convolutional.encoder[0].register_forward_hook(lambda m, inputs, out: rows.append(len(inputs[0])))
    model.reconstruct(uniform(100, 28, 28, dtype=np.float32))
    assert max(rows) < 30
    assert sum(rows) == 100


# Codes.


def test_codes_are_small_images_and_make_the_image_again(model):
    codes = model.transform(IMAGES[:5])
    assert codes.shape == (5, 2, 2, 4)
    assert model.code_size_ == 16
    np.testing.assert_array_equal(model.inverse_transform(codes), model.reconstruct(IMAGES[:5]))
    other = IMAGES[:5, :7, :5]
    np.testing.assert_array_equal(
        model.inverse_transform(model.transform(other), image_size=(7, 5)), model.reconstruct(other)
    )
    assert model.inverse_transform(model.transform(uniform(1, 9, 12))).shape == (1, 12, 12)
    with pytest.raises(ParameterError, match=r"image_size=\(9, 9\) has codes of shape \(3, 3, 4\), and X \(2, 2, 4\)"):
        model.inverse_transform(codes, image_size=(9, 9))
    with pytest.raises(InputError, match=r"the shape \(n_images, h, w, 4\). Got \(5, 2, 2, 3\)"):
        model.inverse_transform(codes[..., :3])


def test_codes_of_flat_rows_are_flat_rows(model):
    rows = IMAGES[:5].reshape(5, 64)
    flat = model.transform(rows)
    np.testing.assert_allclose(flat.reshape(5, 2, 2, 4), model.transform(IMAGES[:5]), atol=1e-5)
    np.testing.assert_allclose(model.inverse_transform(flat), model.reconstruct(rows), atol=1e-5)
    np.testing.assert_allclose(model.reconstruct(rows), model.reconstruct(IMAGES[:5]).reshape(5, 64), atol=1e-4)
    assert list(model.get_feature_names_out())[:2] == ["convautoencoder0", "convautoencoder1"]
    assert len(model.get_feature_names_out()) == flat.shape[1]


@pytest.mark.parametrize("options", [{"skips": True}, {"start": "identity"}, {"start": "affine"}])
def test_a_code_that_does_not_suffice_is_not_decoded(options):
    model = ConvAutoencoder(**FIT, **options).fit(IMAGES[:50])
    with pytest.raises(ParameterError, match=r"code is all that it takes, and this one has .*; use reconstruct"):
        model.inverse_transform(model.transform(IMAGES[:2]))


# Training.


def test_the_errors_are_those_of_the_held_out_images():
    model = ConvAutoencoder((8, 8), max_epochs=4, validation_fraction=0.25, random_state=5).fit(IMAGES[:400])
    held = np.sort(np.random.RandomState(5).permutation(400)[:100])
    train = np.setdiff1d(np.arange(400), held)
    assert model.best_epoch_ > 0
    assert model.validation_error_ == min(model.history_["validation_error"])
    assert model.validation_error_ == pytest.approx(model.reconstruction_error(IMAGES[held]).mean(), rel=1e-4)
    assert model.mean_ == pytest.approx(IMAGES[train].mean())
    assert model.validation_variance_ == pytest.approx(np.mean((IMAGES[held] - model.mean_) ** 2), rel=1e-5)
    assert model.scale_ == pytest.approx(IMAGES[train].std())
    score = 1 - model.reconstruction_error(IMAGES[held]).mean() / model.validation_variance_
    assert model.score(IMAGES[held]) == pytest.approx(score, rel=1e-4)


@pytest.mark.parametrize("loss", ["mse", "bce"])
@pytest.mark.parametrize(
    "options", [{}, {"skips": True}, *({"start": s, "noise": ("gaussian", 0.5)} for s in ("identity", "affine"))]
)
def test_every_loss_and_network_learns(loss, options):
    images = IMAGES[:300] / 16
    model = ConvAutoencoder(**{**FIT, "max_epochs": 6}, loss=loss, **options).fit(images)
    assert model.loss_ == loss
    assert model.validation_error_ < model.start_error_
    reconstructed = model.reconstruct(images)
    assert loss == "mse" or (reconstructed.min() >= 0 and reconstructed.max() <= 1)


@pytest.mark.parametrize("start", ["identity", "affine"])
def test_starts_from_the_image_leave_images_alone(start):
    model = ConvAutoencoder(**FIT, start=start).fit(IMAGES[:50] / 16)
    assert model.loss_ == "mse"
    assert model.start_error_ == 0
    assert model.best_epoch_ == 0
    np.testing.assert_array_equal(model.reconstruct(IMAGES[:5] / 16), (IMAGES[:5] / 16).astype(np.float32))


@pytest.mark.parametrize("shape", [(6, 4, 9), (6, 6, 6, 1), (5, 6, 6), (6, 36)], ids=str)
@pytest.mark.parametrize("code_size", [None, 2])
def test_a_target_of_another_shape_is_refused_where_it_is_not_the_same(shape, code_size):
    images = np.random.default_rng(0).random((6, 6, 6))
    model = ConvAutoencoder((2,), code_size=code_size, max_epochs=1, random_state=0).fit(images)
    target = np.resize(images, shape)
    for measure in (model.score, model.reconstruction_error):
        if shape[0] == 6 and math.prod(shape[1:]) == 36 and shape[1:] != (4, 9):
            np.testing.assert_array_equal(measure(images, target=target), measure(images))
        else:
            with pytest.raises(InputError, match=r"target has (. )?images of"):
                measure(images, target=target)


def test_a_target_is_what_is_reconstructed():
    dirty = IMAGES[:400] * np.random.default_rng(0).uniform(0.2, 1, IMAGES[:400].shape)
    fit = {"filters": (8, 8), "skips": True, "start": "identity", "max_epochs": 8, "random_state": 0}
    cleaner = ConvAutoencoder(**fit).fit(dirty, target=IMAGES[:400])
    cleaned = cleaner.reconstruction_error(dirty, target=IMAGES[:400]).mean()
    assert cleaned < 0.8 * np.mean((dirty - IMAGES[:400]) ** 2)
    assert cleaner.score(dirty, target=IMAGES[:400]) > 0.8
    with pytest.raises(InputError, match="target has 3 images of 8 × 8 × 1, and X 400 of 8 × 8 × 1"):
        ConvAutoencoder(**fit).fit(dirty, target=IMAGES[:3])
    with pytest.raises(InputError, match="target has 400 images of 4 × 8 × 1"):
        ConvAutoencoder(**fit).fit(dirty, target=IMAGES[:400, :4])


def test_batch_norms_are_those_of_the_best_epoch():
    """Statistics that went on after it would make another network of the same weights."""
    model = ConvAutoencoder((8, 8), max_epochs=4, random_state=1)

    def derail(history):
        if history.n_epochs == 2:
            model.module_.convolutional.encoder[0].norm.running_mean.fill_(1e4)

    model.fit(IMAGES[:200], on_epoch=derail)
    assert model.best_epoch_ == 2
    held = np.sort(np.random.RandomState(1).permutation(200)[:20])
    assert model.reconstruction_error(IMAGES[held]).mean() == pytest.approx(model.validation_error_, rel=1e-4)
    assert not model.module_.training


def test_ctrl_c_keeps_the_best_epoch_in_evaluation_mode():
    model = ConvAutoencoder(**FIT)

    def press_ctrl_c(history):
        raise KeyboardInterrupt

    with pytest.warns(ConvergenceWarning, match="interrupted after 1 epoch;"):
        model.fit(IMAGES[:100], on_epoch=press_ctrl_c)
    assert not model.module_.training


def test_a_diverging_loss_keeps_the_last_good_weights():
    model = ConvAutoencoder(**FIT, learning_rate=1e30, batch_norm=False)
    with pytest.warns(ConvergenceWarning, match="became NaN or infinite in epoch 1"):
        model.fit(IMAGES[:100])
    assert np.isfinite(model.reconstruct(IMAGES[:3])).all()


def test_equal_seeds_give_equal_files_and_touch_no_global_state(tmp_path):
    before = torch.get_rng_state(), torch.get_num_threads()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        ConvAutoencoder((4, 3), max_epochs=2, noise="masking", random_state=seed).fit(IMAGES[:60]).save(tmp_path / name)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.get_num_threads() == before[1]


def test_parts_are_learned_one_after_the_other():
    model = ConvAutoencoder((8, 8), random_state=0)
    errors = [model.partial_fit(part).reconstruction_error(IMAGES).mean() for part in np.array_split(IMAGES, 6)]
    assert errors[-1] < 0.7 * errors[0]
    assert model.n_epochs_ == 6
    with pytest.raises(InputError, match="images of 4 × 4 × 1, and training began with 8 × 8 × 1"):
        model.partial_fit(IMAGES[:5, :4, :4])


def test_one_pixel_is_an_image():
    """Without pooling a batch of one such image has no spread for the batch norm."""
    for n in (2, 33):
        model = ConvAutoencoder((3,), pooling=False, max_epochs=2, validation_fraction=0).fit(uniform(n, 1, 1))
        assert np.isfinite(model.reconstruct(uniform(5, 1, 1))).all()


@pytest.mark.parametrize("images", [np.ones((9, 5, 5)), np.zeros((9, 5, 5)), 1e30 * uniform(9, 5, 5), uniform(2, 3, 3)])
@pytest.mark.parametrize("options", [{}, {"scale": "standard"}, {"start": "identity"}])
def test_degenerate_images_give_finite_numbers(images, options):
    model = ConvAutoencoder(**FIT, **options).fit(images)
    assert np.isfinite(model.transform(images)).all()
    assert np.isfinite(model.reconstruct(images)).all()
    assert np.isfinite(model.validation_error_)


# What goes in and comes out.


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.uint16, np.int64, bool])
def test_any_number_type_stays_in_its_units(dtype):
    images = (IMAGES[:60] * (15 if dtype == np.uint8 else 1)).astype(dtype)
    model = ConvAutoencoder((8, 8), max_epochs=4, random_state=0).fit(images)
    assert model.loss_ == ("bce" if dtype is bool else "mse")
    small = dtype in (np.float32, np.uint8, np.uint16, bool)
    for values in (images, torch.from_numpy(images), images.tolist() if dtype == np.int64 else images):
        reconstructed = model.reconstruct(values)
        assert reconstructed.dtype == (np.float32 if small else np.float64)
        assert reconstructed.mean() == pytest.approx(images.mean(), rel=0.3)


def test_a_channel_axis_is_kept_and_channels_have_their_own_scale():
    images = uniform(40, 6, 5, 3) * [1, 10, 100] + [0, 5, -9]
    model = ConvAutoencoder((8, 8), scale="standard", max_epochs=2, random_state=0).fit(images)
    train = np.setdiff1d(np.arange(40), np.random.RandomState(0).permutation(40)[:4])
    np.testing.assert_allclose(model.mean_, images[train].mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(model.scale_, images[train].std(axis=(0, 1, 2)))
    assert model.reconstruct(images[:2, :3]).shape == (2, 3, 5, 3)
    assert model.inverse_transform(model.transform(images)).shape == images.shape
    errors = model.reconstruction_error(images)
    np.testing.assert_allclose(
        errors, np.mean(((model.reconstruct(images) - images) / model.scale_) ** 2, axis=(1, 2, 3)), rtol=1e-4
    )
    with pytest.raises(InputError, match="X has images of 6 × 5 × 2, but ConvAutoencoder is expecting 3 channels"):
        model.reconstruct(images[..., :2])
    one = ConvAutoencoder(**FIT).fit(images[..., :1])
    assert one.reconstruct(images[..., :1]).shape == (40, 6, 5, 1)
    assert one.reconstruct(images[..., 0]).shape == (40, 6, 5)


def test_rows_are_images_of_one_row_unless_a_shape_is_given():
    signals = np.sin(np.linspace(0, 9, 20) + uniform(60, 1) * 6)
    model = ConvAutoencoder(**FIT).fit(signals)
    assert model.image_shape_ == (1, 20, 1)
    np.testing.assert_allclose(model.reconstruct(signals), model.reconstruct(signals[:, None])[:, 0], atol=1e-5)
    assert model.reconstruct(signals[:, None, :13]).shape == (60, 1, 13)
    rows = uniform(20, 30)
    assert ConvAutoencoder(**FIT, image_shape=(5, 2, 3)).fit(rows).image_shape_ == (5, 2, 3)
    assert ConvAutoencoder(**FIT, image_shape=[5, 6]).fit(rows).image_shape_ == (5, 6, 1)


def test_dataframes_of_flat_rows_come_out_as_they_went_in():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(IMAGES[:50].reshape(50, 64), columns=[f"pixel {i}" for i in range(64)], index=range(50, 100))
    model = ConvAutoencoder(**FIT, image_shape=(8, 8)).set_output(transform="pandas").fit(frame)
    assert list(model.feature_names_in_) == list(frame.columns)
    codes, reconstructed = model.transform(frame), model.reconstruct(frame)
    assert isinstance(codes, pd.DataFrame)
    assert list(reconstructed.columns) == list(frame.columns)
    assert list(reconstructed.index) == list(codes.index) == list(frame.index)
    pd.testing.assert_frame_equal(model.inverse_transform(codes), reconstructed, atol=1e-5)


def test_images_are_never_changed():
    images = uniform(20, 8, 8, dtype=np.float32)
    before = images.copy()
    ConvAutoencoder(**FIT, start="identity").fit(images).reconstruct(images)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filters", 0), ("filters", ()), ("filters", (3, 0)), ("filters", "64"), ("filters", None), ("filters", 2.0),
        ("decoder_filters", (3,)), ("decoder_filters", (3, 0)), ("kernel_size", 4), ("kernel_size", 0),
        ("kernel_size", (3, 3)), ("pooling", (True,)), ("pooling", 1), ("pooling", (1, 0)), ("patch", 0),
        ("activation", "swish"), ("batch_norm", "yes"), ("skips", 3), ("start", "pca"),
        ("start", "zero"), ("image_shape", (8,)), ("image_shape", 64), ("image_shape", (8, 9)), ("loss", "mae"),
        ("noise", "dirt"), ("scale", None), ("max_epochs", 0), ("batch_size", "all"), ("patience", 0),
        ("validation_fraction", 1), ("device", "tpu9"), ("code_size", 0), ("code_size", 1.0), ("code_size", "8"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_in_a_sentence(name, value):
    with pytest.raises(ParameterError, match=rf"The '{name}' parameter of ConvAutoencoder must be .* Got .* instead\."):
        ConvAutoencoder(**{name: value}).fit(IMAGES[:9])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"skips": True, "decoder_filters": (3, 5)}, "'decoder_filters' .* the mirror of filters"),
        ({"patch": 1000}, "'pooling' .* stands for 1024 rows of an image at most"),
        ({"skips": True, "code_size": 2}, "'skips' .* must be False with code_size"),
        ({"start": "identity", "code_size": 2}, "'start' .* must be one of 'auto', 'random', 'pca'"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(options, sentence):
    with pytest.raises(ParameterError, match=sentence):
        ConvAutoencoder((4, 3), **options).fit(IMAGES[:9])


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (np.ones((3, 0, 5)), "without pixels"),
        (np.full((3, 2, 2), np.nan), r"missing value \(NaN\)"),
        (np.ones((1, 4, 4)), "minimum of 2 is required"),
        (np.ones((2, 2, 2, 2, 2)), "dim 5"),
    ],
)
def test_what_are_no_images_is_refused(images, sentence):
    with pytest.raises(ValueError, match=sentence):
        ConvAutoencoder(**FIT).fit(images)


def test_cross_entropy_refuses_what_is_no_share():
    with pytest.raises(InputError, match=r"loss='bce' needs values in .*, but channel 1 ranges from 0 to 7"):
        ConvAutoencoder(**FIT, loss="bce").fit(np.stack([np.eye(4), 7 * np.eye(4)], axis=-1)[None].repeat(5, axis=0))


# Networks trained elsewhere.


@pytest.mark.parametrize("output", ["linear", "sigmoid"])
@pytest.mark.parametrize("skips", [False, True])
def test_a_network_trained_elsewhere_becomes_an_estimator(output, skips, tmp_path):
    torch.manual_seed(0)
    network = ConvolutionalAutoencoder((6, 4, 4), pooling=(True, False, True), patch=2, skips=skips, output=output)
    images = torch.from_numpy(IMAGES[:40] / 16).float()[:, None]
    network(images)  # batch norms have seen something
    model = ConvAutoencoder.from_network(network, IMAGES[:40] / 16)
    expected = network.eval()(images)[:, 0].detach().numpy()
    np.testing.assert_allclose(model.reconstruct(IMAGES[:40] / 16), expected, atol=1e-5)
    assert model.validation_error_ == pytest.approx(np.mean((expected - IMAGES[:40] / 16) ** 2), rel=1e-4)
    assert (model.n_epochs_, model.n_samples_) == (0, 40)
    model.save(tmp_path / "m.safetensors")
    loaded = isthmus.load(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(loaded.reconstruct(IMAGES[:9] / 16), model.reconstruct(IMAGES[:9] / 16))
    before = loaded.validation_error_
    assert loaded.partial_fit(IMAGES[:40] / 16).validation_error_ < before


def test_a_network_for_other_channels_is_refused():
    with pytest.raises(InputError, match="X has 1 channel, but the network takes 3"):
        ConvAutoencoder.from_network(ConvolutionalAutoencoder((2,), channels=3), IMAGES[:5] / 16)


def test_large_images_are_trained_on_a_few_at_a_time():
    model = ConvAutoencoder((1,), max_epochs=1).fit(uniform(40, 4, 4))
    assert image_batch_size(20_000, model.module_) == 128
    large = ConvAutoencoder((64, 2), max_epochs=1, validation_fraction=0).fit(uniform(2, 512, 256, dtype=np.float32))
    assert image_batch_size(20_000, large.module_) == 2


def test_channels_first_are_refused_and_many_channels_are_taken_when_confirmed():
    last = uniform(12, 8, 8, 3)
    first = np.moveaxis(last, -1, 1)
    model = ConvAutoencoder(2, max_epochs=1, random_state=0)
    with_code = clone(model).set_params(code_size=2)
    for images in (first, first.astype(np.float32), torch.from_numpy(first.copy()), first[:, :1]):
        for fit in (model.fit, model.partial_fit, lambda X: isthmus.tune(np.concatenate([X, X]), with_code)):
            with pytest.raises(InputError, match=r"\(n_images, [13], 8, 8\), where channels seem to come first"):
                fit(images)
    with pytest.raises(InputError, match=r"target has images of 3 × 8 × 8.* np.moveaxis\(target, 1, -1\)"):
        model.fit(last, target=first)
    expected = model.fit(last).reconstruct(last)
    for method in (model.transform, model.reconstruct, model.score, model.reconstruction_error, model.partial_fit):
        with pytest.raises(InputError, match=r"X has images of 3 × 8 × 8, but.* 3 channels; channels come last"):
            method(first)
    np.testing.assert_array_equal(model.reconstruct(np.moveaxis(first, 1, -1)), expected)
    hyperspectral = ConvAutoencoder(2, image_shape=(3, 8, 8), max_epochs=1).fit(first)
    assert hyperspectral.reconstruct(first).shape == first.shape
    assert ConvAutoencoder(2, max_epochs=1).fit(uniform(12, 8, 8, 7)).image_shape_ == (8, 8, 7)
