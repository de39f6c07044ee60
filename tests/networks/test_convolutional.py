"""The convolutional network is what its page says, and computing it faster changes neither values nor gradients."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_network import TOLERANCE, architectures, images, largest_difference, plain_output, trained_network
from torch import nn

from isthmus.networks import ConvolutionalAutoencoder, start_convolutional
from isthmus.networks.upsampling import UpsamplingConvolution, transposed_kernel

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def reference() -> ConvolutionalAutoencoder:
    return trained_network()


def n_parameters(**kwargs) -> int:
    return sum(parameter.numel() for parameter in ConvolutionalAutoencoder.on(CPU, **kwargs).parameters())


def test_reference_network_layer_by_layer(reference):
    seen = []
    hooks = [
        module.register_forward_hook(lambda module, inputs, out: seen.append((module, inputs[0].shape, out.shape)))
        for module in reference.modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.LeakyReLU)
    ]
    with torch.no_grad():
        reference(images(2, 1, 20, 28))
    for hook in hooks:
        hook.remove()
    kinds = [(type(module), tuple(before[1:]), tuple(after[1:])) for module, before, after in seen]
    full, half, quarter = (64, 20, 28), (64, 10, 14), (64, 5, 7)
    assert kinds == [
        (nn.Conv2d, (1, 20, 28), full), (nn.BatchNorm2d, full, full), (nn.LeakyReLU, full, full),
        (nn.Conv2d, half, half), (nn.BatchNorm2d, half, half), (nn.LeakyReLU, half, half),
        (UpsamplingConvolution, quarter, half), (nn.BatchNorm2d, half, half), (nn.LeakyReLU, half, half),
        (UpsamplingConvolution, half, full), (nn.BatchNorm2d, full, full), (nn.LeakyReLU, full, full),
        (nn.Conv2d, full, (1, 20, 28)),
    ]  # fmt: skip
    convolutions = [module for module, *_ in seen if isinstance(module, nn.Conv2d)]
    assert [tuple(c.weight.shape) for c in convolutions] == [(64, 1, 3, 3), *[(64, 64, 3, 3)] * 3, (1, 64, 3, 3)]
    assert all(c.padding == (1, 1) and c.padding_mode == "zeros" and c.stride == (1, 1) for c in convolutions)
    assert [c.bias is None for c in convolutions] == [True] * 4 + [False]


def test_reference_network_has_112257_parameters():
    assert n_parameters() == 112_257 == 576 + 3 * 36_864 + 4 * 128 + 577
    assert n_parameters(skips=True) == 112_257
    assert n_parameters(batch_norm=False) == 112_001


def test_code_is_a_quarter_of_the_image_and_decodes_to_it(reference):
    x = images(2, 1, 9, 14)
    with torch.no_grad():
        code = reference.encode(x)
        assert code.shape == (2, 64, 3, 4)
        assert torch.equal(reference.decode(code, 9, 14), reference(x))


@pytest.mark.parametrize("options", [{"skips": True}, {"start": "identity"}, {"start": "affine"}])
def test_code_alone_is_refused_where_it_does_not_suffice(options):
    network = trained_network((2,), **options)
    with pytest.raises(ValueError, match="its code alone"):
        network.decode(network.encode(images(1, 1, 4, 4)), 4, 4)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("size", [(1, 1), (1, 70), (70, 1), (2, 3), (28, 28), (37, 53), (64, 64), (69, 70), (70, 67)])
def test_reference_network_is_its_definition(dtype, size):
    network, x = trained_network(dtype=dtype), images(1, 1, *size, dtype=dtype)
    with torch.no_grad():
        assert largest_difference(network(x), plain_output(network, x)) < TOLERANCE[dtype]


def test_every_size_to_70_is_the_definition():
    network = trained_network((2, 3), skips=True)
    with torch.no_grad():
        for height in range(1, 71):
            x = images(1, 1, height, 70, seed=height)
            for width in range(1 + height % 3, 71, 3):
                part = x[..., :width]
                assert largest_difference(network(part), plain_output(network, part)) < 1e-5, (height, width)


@settings(max_examples=60, deadline=None)
@given(architectures, st.integers(1, 40), st.integers(1, 40), st.booleans(), st.integers(0, 9))
def test_every_architecture_is_its_definition(options, height, width, training, seed):
    """In training mode too: the batch norms see the output of the true layers, since the one convolution equals two."""
    network = trained_network(**options, seed=seed, dtype=torch.float64).train(training)
    x = images(2, options["channels"], height, width, seed=seed, dtype=torch.float64)
    with torch.no_grad():
        assert largest_difference(network(x), plain_output(network, x)) < 1e-9


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (6, 5)])
def test_repetition_and_convolution_are_one_transposed_convolution(dtype, kernel_size, size):
    layer = UpsamplingConvolution(3, 4, kernel_size, bias=True, fused=True).to(dtype)
    generator = torch.Generator().manual_seed(kernel_size)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -0.2, 0.2, generator=generator)
    plain = copy.deepcopy(layer)
    plain.fused = False
    x, to_plain = (images(2, 3, *size, dtype=dtype).requires_grad_() for _ in range(2))
    out, expected = layer(x), plain(to_plain)
    assert largest_difference(out, expected) < TOLERANCE[dtype]
    weights = images(*out.shape, seed=1, dtype=dtype) - 0.5
    (out * weights).sum().backward()
    (expected * weights).sum().backward()
    pairs = [(x, to_plain), *zip(layer.parameters(), plain.parameters(), strict=True)]
    for ours, theirs in pairs:
        assert largest_difference(ours.grad, theirs.grad) < TOLERANCE[dtype] * max(1, float(theirs.grad.abs().max()))


def test_transposed_kernel_of_three_taps_by_hand():
    kernel = torch.tensor([[1.0, 2, 4], [0, 0, 0], [0, 0, 0]])[None, None]
    assert transposed_kernel(kernel)[0, 0].tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [4, 6, 3, 1], [4, 6, 3, 1]]


def test_gradients_of_the_fused_kernel_by_finite_differences():
    layer = UpsamplingConvolution(2, 2, 3, bias=False, fused=True).double()
    x = images(1, 2, 3, 2, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(layer, (x,))
    assert torch.autograd.gradcheck(
        lambda weight: torch.func.functional_call(layer, {"weight": weight}, (x.detach(),)), (layer.weight,)
    )


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("channels_last", [False, True])
def test_training_step_of_the_fused_network_is_that_of_the_plain_one(channels_last, dtype):
    """Outputs, gradients and the batch norms' running statistics, in training mode."""
    plain, fused = (trained_network((6, 5), skips=True, fused=fused, dtype=dtype).train() for fused in (False, True))
    if channels_last:
        fused = fused.to(memory_format=torch.channels_last)
    x = images(3, 1, 18, 23, dtype=dtype)
    for network in (plain, fused):
        (network(x) - x).square().mean().backward()
    for theirs, ours in zip(plain.parameters(), fused.parameters(), strict=True):
        assert largest_difference(ours.grad, theirs.grad) < TOLERANCE[dtype]
    for expected, found in zip(plain.buffers(), fused.buffers(), strict=True):
        torch.testing.assert_close(found, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_start_is_reproducible_and_leaves_the_global_random_state_alone():
    before = torch.random.get_rng_state()
    networks = []
    for seed in (1, 1, 2):
        network = ConvolutionalAutoencoder.on(CPU, (3, 2))
        start_convolutional(network, torch.Generator().manual_seed(seed))
        networks.append(network.state_dict())
    assert torch.equal(before, torch.random.get_rng_state())
    first, same, other = networks
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["last.weight"], other["last.weight"])
    assert first["encoder.0.norm.running_var"].tolist() == [1.0] * 3


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("start", ["identity", "affine"])
def test_starts_from_the_image_leave_images_alone_exactly(start, training, dtype):
    network = ConvolutionalAutoencoder.on(CPU, (3, 2), start=start, channels=3, patch=2)
    start_convolutional(network, torch.Generator().manual_seed(0))
    x = images(2, 3, 7, 5, dtype=dtype) / 3
    assert torch.equal(network.train(training)(x), x)


@pytest.mark.parametrize("start", ["identity", "affine"])
def test_starts_from_the_image_learn(start):
    network = ConvolutionalAutoencoder.on(CPU, (4,), start=start)
    start_convolutional(network, torch.Generator().manual_seed(0))
    x = images(2, 1, 8, 8)
    network(x).square().mean().backward()
    assert float(network.last.weight.grad.abs().amax((1, 2, 3)).min()) > 0


def test_a_factor_of_light_takes_no_convolution_to_learn():
    network = ConvolutionalAutoencoder.on(CPU, (4,), start="affine")
    start_convolutional(network, torch.Generator().manual_seed(0))
    x = images(2, 1, 9, 8)
    with torch.no_grad():
        network.last.bias.copy_(torch.tensor([0.25, -0.5]))
        torch.testing.assert_close(network(x), 0.5 * x + 0.25)


def test_identity_start_of_shares_keeps_every_grey_level():
    network = ConvolutionalAutoencoder.on(CPU, (2, 2), start="identity", output="sigmoid")
    start_convolutional(network, torch.Generator().manual_seed(0))
    levels = torch.arange(256).reshape(1, 1, 16, 16)
    with torch.no_grad():
        assert torch.equal((network(levels / 255) * 255).round(), levels)


def test_sigmoid_output_is_the_sigmoid_of_what_the_loss_sees():
    network, x = trained_network((3,), output="sigmoid"), images(1, 1, 5, 6)
    with torch.no_grad():
        assert torch.equal(network(x), network.output_of(x).sigmoid())
        assert torch.equal(network.decode(network.encode(x), 5, 6), network(x))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kernel_size": 4}, "kernel_size must be odd, got 4"),
        ({"decoder_filters": (3,)}, r"decoder_filters must have at least 2 layers, got \(3,\)"),
        ({"decoder_filters": (3, 4), "skips": True}, "the decoder must mirror the encoder"),
        ({"pooling": (True,)}, r"pooling must have one bool for each of 2 layers, got \(True,\)"),
    ],
)
def test_impossible_architectures_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        ConvolutionalAutoencoder(**options)


def test_layers_may_pool_one_by_one():
    network = trained_network((2, 3, 4), pooling=(False, True, False))
    x = images(1, 1, 7, 6)
    with torch.no_grad():
        assert network.encode(x).shape == (1, 4, 4, 3)
        assert largest_difference(network(x), plain_output(network, x)) < 1e-5
