"""The written-out step of dense networks does what automatic differentiation and torch's optimiser do."""

import copy

import numpy as np
import pytest
import torch

from isthmus import Autoencoder
from isthmus.networks import ACTIVATIONS, ConvolutionalAutoencoder, DenseAutoencoder, ImageAutoencoder, start_at_random
from isthmus.training.autograd_step import AutogradStep
from isthmus.training.dense_step import DenseStep
from isthmus.training.losses import Loss

N_FEATURES, CODE_SIZE = 7, 3


def network_of(layers=(6, 5), *, activation="tanh", linear_paths=True, output="linear", prefixes=()):
    """A network of float64 whose weights are all other than zero."""
    network = DenseAutoencoder(
        N_FEATURES,
        CODE_SIZE,
        layers,
        layers[::-1],
        activation,
        linear_paths=linear_paths,
        output=output,
        prefixes=prefixes,
    ).double()
    generator = torch.Generator().manual_seed(0)
    start_at_random(network, generator)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
    network.spread.copy_(torch.tensor([2.0, 1.0, 0.5]))
    return network


def loss_of(name):
    columns = torch.arange(N_FEATURES, dtype=torch.float64)
    return Loss(name, 0.3 + 0.01 * columns, 0.2 + 0.01 * columns)


def batches(n, *, other=False):
    generator = torch.Generator().manual_seed(1)
    for _ in range(n):
        seen = torch.randn((11, N_FEATURES), generator=generator, dtype=torch.float64)
        yield seen, seen + 0.1 if other else seen


@pytest.mark.parametrize("name", ["mse", "bce"])
@pytest.mark.parametrize("linear_paths", [True, False])
@pytest.mark.parametrize("layers", [(), (4,), (6, 5, 4)])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_gradients_are_those_of_automatic_differentiation(activation, layers, linear_paths, name):
    output = "linear" if name == "mse" else "sigmoid"
    network = network_of(layers, activation=activation, linear_paths=linear_paths, output=output)
    loss = loss_of(name)
    ((seen, targets),) = batches(1, other=True)
    result = network.output_of(seen)
    expected = torch.autograd.grad(loss(result, targets), list(network.parameters()))
    with DenseStep(network, loss, 0.1) as step:
        error = step.differentiate(seen, targets)
        gradients = step.gradients
    assert error == pytest.approx(float(loss.squared_error(result.detach(), targets)), rel=1e-12)
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        assert gradient.abs().max() > 0
        torch.testing.assert_close(gradients[parameter], gradient, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("name", ["mse", "bce"])
def test_steps_lead_to_the_same_weights(name):
    output = "linear" if name == "mse" else "sigmoid"
    written, plain = network_of(output=output), network_of(output=output)
    before = copy.deepcopy(written.state_dict())
    first = DenseStep(written, loss_of(name), 0.1)
    second = AutogradStep(plain, loss_of(name), 0.1, torch.Generator())
    for epoch in range(3):  # contexts end and begin again, and weights may be set in between
        with first, second:
            for seen, targets in batches(4):
                errors = [float(step(seen, targets, 0.01 / (1 + epoch), 0.5)) for step in (first, second)]
                assert errors[0] == pytest.approx(errors[1], rel=1e-9)
        for network in (written, plain):
            with torch.no_grad():
                network.encoder.linear.weight.mul_(0.9)
    for (key, value), other in zip(written.state_dict().items(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(value, other, rtol=1e-7, atol=1e-9)
        assert ("weight" not in key and "bias" not in key) or not torch.equal(value, before[key])


def test_the_network_has_the_weights_of_the_last_step_even_after_an_error():
    network = network_of()
    before = network.decoder.linear.weight.detach().clone()
    step = DenseStep(network, loss_of("mse"), 0.1)
    ((seen, targets),) = batches(1)

    def one_step_and_an_error():
        with step:
            step(seen, targets, 0.01, 0.5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one_step_and_an_error()
    assert not torch.equal(network.decoder.linear.weight, before)


def test_it_is_for_dense_networks_without_order():
    assert DenseStep.fits(network_of())
    assert not DenseStep.fits(network_of(prefixes=(1, 2)))
    assert not DenseStep.fits(ImageAutoencoder((4, 4, 1), ConvolutionalAutoencoder()))


def test_an_estimator_trains_with_it_as_with_automatic_differentiation(monkeypatch):
    rng = np.random.default_rng(0)
    X = np.tanh(rng.normal(size=(300, 3)) @ rng.normal(size=(3, 9)))
    model = Autoencoder(2, max_epochs=5, random_state=0)
    written = model.fit(X).history_
    monkeypatch.setattr(DenseStep, "fits", lambda network: False)
    plain = model.fit(X).history_
    assert np.allclose(written["validation_error"], plain["validation_error"], rtol=1e-4)
    assert len(set(written["validation_error"])) > 3
