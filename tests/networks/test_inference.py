"""Folded, channels-last and tiled networks compute what the plain network computes."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_network import TOLERANCE, architectures, images, largest_difference, plain_output, trained_network
from torch import nn

from isthmus.networks import ConvolutionalAutoencoder, apply_tiled, fold_batch_norm, for_inference, halo
from isthmus.networks.convolutional import ConvolutionalLayer


def layers_of(network: nn.Module) -> list[ConvolutionalLayer]:
    return [module for module in network.modules() if isinstance(module, ConvolutionalLayer)]


@pytest.fixture(scope="module")
def reference() -> ConvolutionalAutoencoder:
    return trained_network()


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("size", [(1, 1), (1, 41), (30, 2), (45, 70), (66, 67)])
def test_every_form_of_the_reference_network_is_the_plain_one(dtype, size):
    network, x = trained_network(dtype=dtype), images(1, 1, *size, dtype=dtype)
    expected = plain_output(network, x).detach()
    fast = for_inference(network)
    with torch.no_grad():
        for form in (fold_batch_norm(network), copy.deepcopy(network).to(memory_format=torch.channels_last), fast):
            assert largest_difference(form(x), expected) < TOLERANCE[dtype]
        for tile in (1, 16, 40):
            if tile > 1 or x.numel() < 100:
                assert largest_difference(apply_tiled(fast, x[0], tile), expected[0]) < TOLERANCE[dtype]


@pytest.mark.parametrize("size", [(258, 540), (420, 540)])
def test_every_form_at_the_sizes_of_scanned_pages(reference, size):
    x, fast = images(1, 1, *size), for_inference(reference)
    with torch.no_grad():
        expected = plain_output(reference, x)
        assert largest_difference(reference(x), expected) < 1e-5
        assert largest_difference(fast(x), expected) < 1e-5
        assert largest_difference(apply_tiled(fast, x[0], 200), expected[0]) < 1e-5


@pytest.mark.parametrize("offset", [0, pytest.param(4, marks=pytest.mark.slow)])
def test_every_size_to_70_folded_and_tiled(offset):
    """Each height with a quarter of the widths, and each width with a quarter of the heights."""
    network = trained_network((2, 2), seed=offset)
    fast = for_inference(network)
    with torch.no_grad():
        for height in range(1, 71):
            x = images(1, 1, height, 70, seed=height)
            for width in range(1 + (height + offset) % 8, 71, 8):
                part = x[..., :width]
                expected = network(part)
                assert largest_difference(fast(part), expected) < 1e-5, (height, width)
                assert largest_difference(apply_tiled(fast, part[0], 48), expected[0]) < 1e-5, (height, width)


@settings(max_examples=60, deadline=None)
@given(architectures, st.integers(1, 45), st.integers(1, 45), st.integers(1, 20), st.integers(0, 9))
def test_every_architecture_folded_and_tiled(options, height, width, tile, seed):
    network = trained_network(**options, seed=seed, dtype=torch.float64)
    x = images(1, options["channels"], height, width, seed=seed, dtype=torch.float64)
    fast = for_inference(network)
    with torch.no_grad():
        expected = plain_output(network, x)
        assert largest_difference(fast(x), expected) < 1e-9
        assert largest_difference(apply_tiled(fast, x[0], tile), expected[0]) < 1e-9


@pytest.mark.parametrize(
    ("decoder_filters", "upsampling"),
    [((5, 4, 2), (True, False, True)), ((3, 2), (True, True)), ((2, 3, 4, 5), (True, True, False, False))],
)
def test_decoders_of_another_shape_equal_their_definition_folded_and_tiled(decoder_filters, upsampling):
    options = {"decoder_filters": decoder_filters, "pooling": (True, False, True), "dtype": torch.float64}
    network, x = trained_network((2, 3, 4), **options), images(1, 1, 45, 38, dtype=torch.float64)
    assert network.upsampling == upsampling
    fast = for_inference(network)
    with torch.no_grad():
        expected = plain_output(network, x)
        assert largest_difference(fast(x), expected) < 1e-12
        assert largest_difference(apply_tiled(fast, x[0], 8), expected[0]) < 1e-12


def test_halo_of_the_reference_network_is_7():
    assert halo(trained_network()) == 7
    assert halo(trained_network((2, 2), pooling=False)) == 5
    assert halo(trained_network((2,), kernel_size=5)) == 6
    assert halo(trained_network((2, 2, 2))) == 15
    assert halo(trained_network((2, 2), kernel_size=1)) == 0
    assert halo(trained_network((2, 2), patch=2)) == 14


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.booleans(), min_size=1, max_size=3).map(tuple),
    st.sampled_from([3, 5]),
    st.sampled_from([1, 2]),
    st.booleans(),
    st.booleans(),
)
def test_halo_is_the_last_pixel_that_matters(pooling, kernel_size, patch, skips, end):
    """Changing pixels farther from the tile changes nothing in it; the row at the halo's own distance does."""
    network = trained_network(
        (2,) * len(pooling), kernel_size=kernel_size, pooling=pooling, patch=patch, skips=skips, activation="silu",
        dtype=torch.float64,
    )  # fmt: skip
    distance, size = halo(network), 256
    rows = torch.arange(size)
    first, last = 96, 96 + 4 * network.grid - 1

    def changed(nearest: int) -> float:
        """The largest change in the tile when every row from this distance on is another, in several images.

        In one alone a pooling can take other pixels than the one at the halo's distance.
        """
        return max(changed_in(nearest, image) for image in range(8))

    def changed_in(nearest: int, image: int) -> float:
        outside = rows - last >= nearest if end else first - rows >= nearest
        same, *others = (images(1, 1, size, 8, seed=3 * image + i, dtype=torch.float64) for i in range(3))
        with torch.no_grad():
            before, after = (network(torch.where(outside[:, None], other, same)) for other in others)
        return largest_difference(before[..., first : last + 1, :], after[..., first : last + 1, :])

    assert changed(distance + 1) == 0
    assert changed(distance) > 0


@pytest.mark.parametrize("pooling", [False, True])
def test_tiles_with_less_halo_differ(monkeypatch, pooling):
    """One pixel less, where every pixel is on the grid; one step of the grid less, where poolings need it."""
    network = trained_network((4, 4), pooling=pooling, activation="silu", dtype=torch.float64)
    x = images(1, 1, 40, 40, dtype=torch.float64)
    needed = -(-halo(network) // network.grid) * network.grid
    with torch.no_grad():
        expected = network(x)[0]
    assert largest_difference(apply_tiled(network, x[0], 16), expected) < 1e-12
    monkeypatch.setattr("isthmus.networks.inference.halo", lambda _: needed - network.grid)
    assert largest_difference(apply_tiled(network, x[0], 16), expected) > 1e-8


def test_memory_does_not_grow_with_the_image(reference):
    """No layer ever sees more than a tile and its halo, rounded up to the grid."""
    seen = []
    hook = reference.encoder[0].register_forward_hook(lambda module, inputs, out: seen.append(inputs[0].shape))
    apply_tiled(reference, images(1, 90, 150), 30)
    hook.remove()
    assert max(max(shape[-2:]) for shape in seen) == 32 + 2 * 8
    assert {shape[:2] for shape in seen} == {(1, 1)}


def test_folded_network_is_one_built_without_batch_norm():
    network = trained_network((3, 2))
    built = ConvolutionalAutoencoder.on(torch.device("cpu"), (3, 2), batch_norm=False)
    built.load_state_dict(fold_batch_norm(network).state_dict())
    with torch.no_grad():
        x = images(1, 1, 11, 12)
        assert largest_difference(built(x), network(x)) < 1e-5


def test_folding_leaves_the_network_as_it_was():
    network = trained_network((3, 2), activation="silu").train()  # which only the copy computes in place
    before = copy.deepcopy(network.state_dict())
    for_inference(network)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(getattr(layer.activation, "inplace", False) for layer in layers_of(network))


def test_layers_of_the_fast_form_keep_channels_last():
    fast, seen = for_inference(trained_network((8, 8))), []
    for layer in layers_of(fast):
        layer.register_forward_hook(
            lambda module, inputs, out: seen.append(out.is_contiguous(memory_format=torch.channels_last))
        )
    fast(images(1, 1, 16, 16))
    assert seen == [True] * 4


def test_batch_norm_folds_in_evaluation_mode_alone():
    """In training mode the batch's own mean and variance count, so that form is another function."""
    network = trained_network((3, 2))
    x = images(2, 1, 12, 12)
    with torch.no_grad():
        assert largest_difference(fold_batch_norm(network)(x), network.train()(x)) > 1e-3


def test_tiles_are_refused_in_training_mode():
    image = images(1, 9, 9)
    with pytest.raises(ValueError, match="must be in evaluation mode"):
        apply_tiled(trained_network((2,)).train(), image)
    network = trained_network((2,), batch_norm=False).train()
    with torch.no_grad():
        assert largest_difference(apply_tiled(network, image, 4), network(image[None])[0]) < 1e-5
    with pytest.raises(ValueError, match="tile must be at least 1, got 0"):
        apply_tiled(network, image, 0)


def test_no_batch_norm_is_left_in_the_fast_form(reference):
    assert not any(isinstance(module, nn.BatchNorm2d) for module in for_inference(reference).modules())
