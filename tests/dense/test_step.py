"""The step that is written out has the gradients of automatic differentiation, and makes the steps of torch's AdamW."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from plain_dense import (
    FUNCTIONS,
    codes_of,
    loss_of,
    loss_value,
    network_of,
    output_of,
    rows_of,
    squared_error,
    tensors_of,
)

from isthmus.dense.nested_dropout import NestedDropout
from isthmus.dense.numpy_operations import NumpyOperations
from isthmus.dense.step import DenseStep
from isthmus.dense.torch_operations import TorchOperations
from isthmus.system.threads import Threads

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}
OPERATIONS = {
    "numpy": NumpyOperations,
    "torch": lambda dtype: TorchOperations("cpu", dtype),
}


def step_of(network, loss, dtype=np.float64, *, kind="numpy", seed=3, n_threads=1, weight_decay=0.1):
    operations = OPERATIONS[kind](dtype)
    rng = np.random.default_rng(seed)
    return DenseStep(operations, network, loss_of(operations, network, loss), weight_decay, rng, n_threads=n_threads)


def gradients_of(step):
    total = sum(step.operations.numpy(gradient) for gradient in step.gradients)
    return step.joined.arrays_of(total)


def differentiate(step, seen, targets=None):
    operations = step.operations
    x = operations.array(seen.copy()).T
    error = step.differentiate(x, x if targets is None else operations.array(targets.copy()).T)
    return float(error), gradients_of(step)


def expected_of(network, loss, seen, targets):
    """The loss's gradients by automatic differentiation, nested dropout included."""
    tensors = tensors_of(network)
    u, t = torch.tensor(seen), torch.tensor(targets)
    z = codes_of(network, tensors, u)
    output = output_of(network, tensors, z)
    total = loss_value(network, loss, output, t)
    if network.prefixes:
        dropout = NestedDropout(network.prefixes, network.code_size, np.random.default_rng(3))
        masks, (*weights, of_fewer) = dropout.masks(len(seen)), dropout.weights(0.5)
        for i, (weight, mask) in enumerate(zip(weights, masks, strict=False)):
            kept = z[:, : len(mask)] * torch.tensor(mask.T)
            total = total + weight * loss_value(network, loss, output_of(network, tensors, kept, i), t)
        if dropout.has_fewer:
            kept = z[::2] * torch.tensor(masks[-1].T)
            total = total + of_fewer * loss_value(network, loss, output_of(network, tensors, kept), t[::2])
    total.backward()
    error = squared_error(network, loss, output.detach(), t)
    return error, {name: tensors[name].grad.numpy() for name in network.weights()}


def assert_equal(found, expected, tolerance):
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        size = np.abs(gradient).max()
        assert size > 0, name
        np.testing.assert_allclose(found[name], gradient, rtol=0, atol=tolerance * max(1.0, size), err_msg=name)


FORMS = ["linear paths", "stacks", "linear", "ordered", "ordered stacks"]
LAYERS = [(), (4,), (6, 5)]


@pytest.mark.parametrize(("kind", "dtype"), [("numpy", np.float64), ("numpy", np.float32), ("torch", np.float32)])
@pytest.mark.parametrize("activation", list(FUNCTIONS))
def test_gradients_are_those_of_automatic_differentiation(activation, dtype, kind):
    for form, loss, layers in product(FORMS, ("mse", "bce"), LAYERS):
        has_order = form.startswith("ordered")
        if form == "linear" and layers:
            continue
        network = network_of(
            layers, activation=activation, linear_paths="stacks" not in form, stacks=form != "linear", dtype=dtype,
            output="linear" if loss == "mse" else "sigmoid", decoder_layers=(*layers, 5) if layers else (),
            code_size=7 if has_order else 3, prefixes=(1, 2, 4) if has_order else (),
        )  # fmt: skip
        seen, targets = rows_of(11, network, dtype=dtype), rows_of(11, network, seed=2, dtype=dtype)
        step = step_of(network, loss, dtype, kind=kind)
        goal = targets if len(layers) == 1 else None
        error, gradients = differentiate(step, seen, goal)
        expected_error, expected = expected_of(network, loss, seen, seen if goal is None else goal)
        assert error == pytest.approx(expected_error, rel=10 * TOLERANCE[dtype])
        assert_equal(gradients, expected, TOLERANCE[dtype])


@given(
    activation=st.sampled_from(sorted(FUNCTIONS.keys() - {"relu", "leaky_relu", "elu"})),
    loss=st.sampled_from(["mse", "bce"]),
    layers=st.lists(st.integers(1, 6), max_size=3),
    linear_paths=st.booleans(),
    code_size=st.integers(1, 4),
    n_rows=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradients_are_finite_differences(*, activation, loss, layers, linear_paths, code_size, n_rows, seed):
    network = network_of(
        layers, activation=activation, linear_paths=linear_paths, code_size=code_size, n_features=5, seed=seed,
        output="linear" if loss == "mse" else "sigmoid",
    )  # fmt: skip
    seen, targets = rows_of(n_rows, network, seed=seed), rows_of(n_rows, network, seed=seed + 1)
    step = step_of(network, loss)
    _, gradients = differentiate(step, seen, targets)
    direction = np.random.default_rng(seed).normal(size=step.joined.size)
    direction = step.joined.arrays_of(direction / np.linalg.norm(direction))

    def loss_at(distance):
        moved = network.updated({name: network.arrays[name] + distance * part for name, part in direction.items()})
        tensors = tensors_of(moved, requires_grad=False)
        output = output_of(moved, tensors, codes_of(moved, tensors, torch.tensor(seen)))
        return float(loss_value(moved, loss, output, torch.tensor(targets)))

    expected = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5
    found = sum(float((gradients[name] * part).sum()) for name, part in direction.items())
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("form", ["linear paths", "ordered"])
@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_gradients_of_parts_of_a_batch_sum_to_the_same(form, loss):
    network = network_of(
        output="linear" if loss == "mse" else "sigmoid", code_size=5, prefixes=(1, 2) if form == "ordered" else ()
    )
    seen, targets = rows_of(12, network), rows_of(12, network, seed=2)
    together = step_of(network, loss, n_threads=3)
    with together.in_threads():
        error, gradients = differentiate(together, seen, targets)
    if form == "ordered":
        expected_error, expected = ordered_by_parts(network, loss, seen, targets)
    else:
        expected_error, expected = expected_of(network, loss, seen, targets)
    assert error == pytest.approx(expected_error, rel=1e-12)
    assert_equal(gradients, expected, 1e-10)


def ordered_by_parts(network, loss, seen, targets):
    """Parts of equal size draw one after the other from one generator, and their means have equal weights."""
    rng, errors = np.random.default_rng(3), []
    totals: dict[str, np.ndarray] = {}
    for part in np.split(np.arange(len(seen)), 3):
        step = step_of(network, loss)
        step._dropout._rng = rng
        error, gradients = differentiate(step, seen[part], targets[part])
        errors.append(error)
        totals = {name: totals.get(name, 0) + gradient / 3 for name, gradient in gradients.items()}
    return np.mean(errors), totals


@pytest.mark.parametrize("kind", list(OPERATIONS))
@pytest.mark.parametrize("n_threads", [1, 2])
def test_steps_are_those_of_torchs_adamw(kind, n_threads):
    """Over several blocks, with a last batch that is smaller, and a learning rate that falls."""
    if kind == "torch" and n_threads > 1:
        return
    network = network_of((200, 150), n_features=30)
    tensors = tensors_of(network)
    reference = torch.optim.AdamW([tensors[name] for name in network.weights()], weight_decay=0.3)
    step = step_of(network, "mse", kind=kind, n_threads=n_threads, weight_decay=0.3)
    with step.in_threads():
        for i in range(6):
            seen = rows_of(11 if i < 5 else 4, network, seed=i)
            x = step.operations.array(seen.copy()).T
            step(x, x, 0.01 / (1 + i), 0.5)
            reference.param_groups[0]["lr"] = 0.01 / (1 + i)
            reference.zero_grad()
            u = torch.tensor(seen)
            loss_value(network, "mse", output_of(network, tensors, codes_of(network, tensors, u)), u).backward()
            reference.step()
    found = step.joined.arrays_of(step.operations.numpy(step.weights))
    for name in network.weights():
        np.testing.assert_allclose(found[name], tensors[name].detach().numpy(), rtol=0, atol=1e-9, err_msg=name)
        assert not np.allclose(found[name], network.arrays[name], atol=1e-3)


def test_moments_of_weights_that_are_never_moved_do_not_become_denormal_numbers():
    operations = NumpyOperations(np.float32)
    weights = operations.filled((3,), 1.0)
    optimiser = operations.adamw(weights, 0.0)
    for i in range(1000):
        optimiser.step([np.array([1.0, 0.0, float(i == 0)], np.float32)], 1e-3, Threads(1))
    means = optimiser._means
    assert means[0] > 1
    assert ((means == 0) | (np.abs(means) > np.finfo(np.float32).tiny)).all()
