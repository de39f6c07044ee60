"""The search space: how users write it, and the networks that it gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import Autoencoder, ConvAutoencoder, ParameterError
from isthmus.tuning.domains import Choices, Range, read_domain
from isthmus.tuning.space import SearchSpace, own_values


def space(given=None, estimator=None, *, n_features=30, code_size=4, unit_interval=False):
    estimator = Autoencoder(code_size) if estimator is None else estimator
    return SearchSpace.of(
        estimator, given or {}, own_values(estimator, n_features, code_size, "mse"), unit_interval=unit_interval
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1:4", Range(1, 4)), ((1, 4), Range(1, 4)), ("0.001:0.1", Range(0.001, 0.1)), ("3:3", 3), ("8", 8), (8, 8),
        ("relu,gelu", Choices(("relu", "gelu"))), (["relu", "gelu"], Choices(("relu", "gelu"))), (["relu"], "relu"),
        ("gaussian:0.1", "gaussian:0.1"), ("none, masking:0.2", Choices(("none", "masking:0.2"))), ("relu", "relu"),
        ("3,5", Choices((3, 5))), ("true", True),
    ],
)  # fmt: skip
def test_ranges_choices_and_values_are_read(written, read):
    found = read_domain("layers", written)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize("written", ["4:1", (4, 1), "1:inf", ",", "relu,relu", [], [[1, 2]]])
def test_what_cannot_be_searched_is_refused(written):
    with pytest.raises(ParameterError, match="'nodes'"):
        read_domain("nodes", written)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"leyers": 2}, "has no 'leyers'; it has activation, batch_size"),
        ({"layers": "1:2.5"}, "'layers' of the space must be whole numbers of at least 0"),
        ({"nodes": 0}, "'nodes' of the space must be whole numbers of at least 1"),
        ({"taper": "0:1"}, "'taper' of the space must be numbers above 0 and up to 1"),
        ({"activation": "relu,swish"}, "'activation' parameter of Autoencoder must be one of"),
        ({"learning_rate": "0:1"}, "'learning_rate' parameter of Autoencoder must be"),
        ({"noise": "masking:2"}, "'noise' parameter of Autoencoder must be"),
        ({"encoder_layers": (8,), "nodes": 8}, "both 'encoder_layers' and 'nodes'"),
        ({"scale": "none"}, "has no 'scale'"),
    ],
)
def test_an_impossible_space_is_refused_with_a_sentence(given, said):
    with pytest.raises(ParameterError, match=said):
        space(given)


@settings(deadline=None)
@given(n_features=st.integers(1, 3000), code_size=st.integers(1, 64), layers=st.integers(0, 6))
def test_the_estimator_itself_is_in_its_default_space(n_features, code_size, layers):
    estimator = Autoencoder(code_size, encoder_layers=layers, learning_rate=0.1, activation="sigmoid")
    own = own_values(estimator, n_features, code_size, "mse")
    found = SearchSpace.of(estimator, {}, own, unit_interval=False)
    values, own_layers = found.nearest(own)
    assert own_layers
    assert all(value in found.domains[name] for name, value in values.items())
    parameters = found.parameters(values, own_layers=own_layers)
    assert "encoder_layers" not in parameters
    assert (parameters["learning_rate"], parameters["activation"], parameters["noise"]) == (0.1, "sigmoid", None)


def test_layers_nodes_and_taper_are_widths():
    found = space()
    chosen = {"layers": 3, "nodes": 100, "taper": 0.5, "noise": "gaussian:0.1"}
    assert found.parameters(chosen)["encoder_layers"] == (100, 50, 25)
    assert found.parameters(chosen)["noise"] == ("gaussian", 0.1)
    convolutional = space(estimator=ConvAutoencoder(code_size=4))
    chosen = convolutional.parameters({"layers": 3, "filters": 8, "poolings": 2})
    assert (chosen["filters"], chosen["pooling"]) == ((8, 8, 8), (True, True, False))
    assert convolutional.parameters({"layers": 1, "filters": 8, "poolings": 2})["pooling"] == (True,)


@pytest.mark.parametrize(
    ("estimator", "poolings"),
    [
        (ConvAutoencoder(code_size=4), Range(1, 3)),
        (ConvAutoencoder(code_size=4, pooling=False), Range(0, 3)),
        (ConvAutoencoder((8, 8, 8), code_size=4, pooling=(True, False, False)), Range(1, 3)),
        (ConvAutoencoder((8, 8), code_size=4, decoder_filters=(8, 8, 8)), None),
    ],
)
def test_images_are_halved_as_often_as_the_estimator_s_or_otherwise(estimator, poolings):
    found = space(estimator=estimator)
    assert found.domains.get("poolings") == poolings
    own = own_values(estimator, 64, 4, "mse")
    values, own_layers = found.nearest(own)
    assert own_layers
    assert "pooling" not in found.parameters(values, own_layers=True)


def test_the_portfolio_keeps_to_the_space():
    found = space({"layers": "1:2", "nodes": "8:32", "noise": "none", "activation": "relu,tanh"})
    first, _ = found.nearest(own_values(Autoencoder(4), 30, 4, "mse"))
    tried = found.portfolio(first)
    assert tried
    assert first not in tried
    for values in tried:
        assert set(values) == set(found.domains)
        assert all(value in found.domains[name] for name, value in values.items())
    assert len({tuple(values.values()) for values in tried}) == len(tried)
    fixed = space({"max_epochs": 7, "layers": 1, "nodes": 9, "taper": 1, "activation": "relu", "learning_rate": 0.01})
    assert fixed.parameters({"weight_decay": 0.1, "noise": "none"})["max_epochs"] == 7
    assert space(estimator=ConvAutoencoder(code_size=4)).portfolio({}) == []


def test_a_default_that_the_user_rules_out_gives_way_to_the_nearest():
    estimator = Autoencoder(4)
    own = own_values(estimator, 30, 4, "mse")
    found = SearchSpace.of(estimator, {"layers": "3:4", "activation": "tanh,elu"}, own, unit_interval=False)
    values, own_layers = found.nearest(own)
    assert (values["layers"], values["activation"], own_layers) == (3, "tanh", False)


def test_a_default_without_a_number_is_the_lower_end_of_a_range():
    estimator = Autoencoder(4, batch_size="auto")
    values, _ = space({"batch_size": "16:64"}, estimator).nearest(own_values(estimator, 30, 4, "mse"))
    assert values["batch_size"] == 16


def test_a_fixed_number_of_layers_keeps_the_estimator_s_own_if_it_has_as_many():
    estimator = Autoencoder(4, encoder_layers=(9, 5))
    found = space({"layers": 2}, estimator)
    values, own_layers = found.nearest(own_values(estimator, 30, 4, "mse"))
    assert own_layers
    assert "encoder_layers" not in found.parameters(values, own_layers=True)


def test_losses_are_searched_where_the_data_allows_for_them():
    assert space(unit_interval=True).domains["loss"] == Choices(("mse", "bce"))
    assert space().fixed["loss"] == "mse"
    assert "loss" not in space(estimator=Autoencoder(4, loss="bce"), unit_interval=True).domains


def test_a_stored_space_is_the_same_space_again():
    for asked in ({"layers": 2}, {"encoder_layers": (9, 8)}, {"noise": "none", "batch_size": [16, 32]}):
        found = space(asked, unit_interval=True)
        assert space(found.to_json()) == found
