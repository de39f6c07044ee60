"""Every parameter of every estimator is declared once, and checked by its declaration."""

import inspect

import numpy as np
import pytest
import torch

from isthmus import Autoencoder, ConvAutoencoder
from isthmus.dense.numpy_operations import NumpyOperations
from isthmus.errors import ParameterError
from isthmus.networks import ACTIVATIONS, ConvolutionalAutoencoder, start_convolutional
from isthmus.parameters import rules, validate
from isthmus.parameters.convolutional import FROM_THE_IMAGE
from isthmus.rows.scaling import column_statistics, scale_of
from isthmus.training.corruption import Noise

ESTIMATORS: list[type[Autoencoder] | type[ConvAutoencoder]] = [Autoencoder, ConvAutoencoder]
EVERY = [(estimator, parameter) for estimator in ESTIMATORS for parameter in estimator.parameter_table]
every_parameter = pytest.mark.parametrize(
    ("estimator", "parameter"), EVERY, ids=[f"{estimator.__name__}-{parameter.name}" for estimator, parameter in EVERY]
)

# Values that are allowed beside the default, and values that are refused; for parameters of both estimators alike.
GOOD: dict[str, list[object]] = {
    "code_size": [1, np.int64(3), 0.5, np.float32(0.5), "mle"],
    "encoder_layers": [0, (), (5,), [5, 3]],
    "decoder_layers": [0, (), (5,), [5, 3]],
    "filters": [1, (5,), [5, 3, 2]],
    "decoder_filters": [3, (5, 4), [5, 3, 2]],
    "kernel_size": [1, np.int64(5)],
    "pooling": [False, np.True_, (True, False), [True, np.False_]],
    "patch": [1, 4],
    "activation": ["identity", "gelu"],
    "batch_norm": [True, False, np.True_],
    "skips": [True, np.True_],
    "start": ["random"],
    "ordered": [True, np.True_],
    "whiten": [True],
    "image_shape": [(8, 8), [8, 8, 3]],
    "loss": ["mse", "bce"],
    "noise": ["masking", ("gaussian", 3), ("salt_and_pepper", np.float32(0.5))],
    "scale": ["standard", "none"],
    "max_epochs": [1, np.int64(3)],
    "batch_size": [1, 64],
    "learning_rate": [1, 1e-9],
    "weight_decay": [0, 3.0],
    "validation_fraction": [0, 0.5],
    "patience": [None, 1],
    "device": ["cpu", "cuda:1", torch.device("cpu")],
    "backend": ["auto", "torch"],
    "random_state": [0, np.int64(7), np.random.RandomState(0), None],
    "verbose": [True],
}
BAD: dict[str, list[object]] = {
    "code_size": [0, 1.0, 0.0, True, "2", float("nan")],
    "encoder_layers": [-1, (3, 0), None, "2", (2.5,), True],
    "decoder_layers": [-1, (2.5,), "2"],
    "filters": [0, (), (3, 0), "64", None, 2.0],
    "decoder_filters": [(3,), (3, 0), "64"],
    "kernel_size": [4, 0, (3, 3), True],
    "pooling": [(True,), 1, (1, 0), "yes"],
    "patch": [0, 1000, 1.0],
    "activation": ["swish", None],
    "batch_norm": ["yes", 1],
    "skips": [3, "auto"],
    "start": ["kmeans", "zero", None],
    "ordered": [1, "auto"],
    "whiten": [1, None],
    "image_shape": [(8,), 64, (8, 0)],
    "loss": ["mae", None],
    "noise": ["dirt", ("masking", 1.0), ("gaussian", 0), ("masking", 0.1, 2), 3, (), ["masking", 0.1]],
    "scale": [None, "minmax"],
    "max_epochs": [0, 1.5, True],
    "batch_size": [0, "all", None],
    "learning_rate": [0, float("nan"), float("inf"), "0.1"],
    "weight_decay": [-1, float("inf")],
    "validation_fraction": [1, -0.1],
    "patience": [0, 1.5],
    "device": ["tpu9", 1.5],
    "backend": ["numpy", None],
    "random_state": [-1, 2**32, "0", 0.5],
    "verbose": ["yes", 1],
}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_names_and_defaults_are_those_of_the_signature(estimator):
    signature = inspect.signature(estimator).parameters
    assert {p.name: p.default for p in estimator.parameter_table} == {p.name: p.default for p in signature.values()}


@every_parameter
def test_a_wrong_value_is_refused_by_name(estimator, parameter):
    for value in BAD[parameter.name]:
        at_fault = "pooling" if parameter.name == "patch" and value == 1000 else parameter.name
        rule = rf"^The '{at_fault}' parameter of {estimator.__name__} must be .* Got .* instead\.$"
        with pytest.raises(ParameterError, match=rule):
            validate(estimator(**{parameter.name: value}))


@every_parameter
def test_good_values_are_accepted(estimator, parameter):
    for value in [parameter.default, *GOOD[parameter.name]]:
        validate(estimator(**{parameter.name: value}))


def test_names_are_those_that_networks_and_training_know():
    assert set(rules.ACTIVATIONS) == set(ACTIVATIONS)
    columns = column_statistics(np.array([[0.0, 0.0], [2.0, 14.0]]))
    divisors = {kind: scale_of(kind, columns).tolist() for kind in rules.SCALES}
    assert divisors == {"auto": [5, 5], "global": [5, 5], "standard": [1, 7], "none": [1, 1]}
    column, rng = np.zeros(3), np.random.default_rng(0)
    for kind, strength in rules.NOISE_STRENGTHS.items():
        noise = Noise(NumpyOperations(), kind, strength, rng, zero=column, low=column, high=column)
        assert noise(np.ones((2, 3), np.float32)).shape == (2, 3)
    image = torch.linspace(0, 1, 16).reshape(1, 1, 4, 4)
    for start in FROM_THE_IMAGE:
        network = ConvolutionalAutoencoder((2,), start=start)
        start_convolutional(network, torch.Generator())
        assert torch.equal(network(image), image), start
