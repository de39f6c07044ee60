"""Every parameter reaches the command line, the report's command, model files, info and the search."""

import json
import shlex

import numpy as np
import pytest
from test_declarations import ESTIMATORS, every_parameter

import isthmus
from isthmus import Autoencoder, AutoencoderSearch, ConvAutoencoder
from isthmus.cli import main
from isthmus.errors import ParameterError
from isthmus.parameters import Option, validate
from isthmus.parameters.texts import noise
from isthmus.parameters.training import TRAINING
from isthmus.report.reproduce import fit_command, python_code

X = np.random.default_rng(0).normal(size=(40, 5))
SMALL = {"code_size": 2, "encoder_layers": 1, "max_epochs": 1, "random_state": 0}
# A value other than the default and that of SMALL.
CHANGED = {
    "code_size": 0.5,
    "encoder_layers": (5,),
    "decoder_layers": (),
    "activation": "tanh",
    "loss": "mse",
    "start": "random",
    "noise": ("masking", 0.3),
    "scale": "global",
    "ordered": True,
    "whiten": True,
    "max_epochs": 2,
    "batch_size": 16,
    "learning_rate": 0.01,
    "weight_decay": np.float32(0.3),
    "validation_fraction": 0.2,
    "patience": None,
    "device": "cpu",
    "backend": "torch",
    "random_state": 7,
}
of_tables = pytest.mark.parametrize("parameter", list(Autoencoder.parameter_table), ids=lambda p: p.name)


def shown(path, capsys) -> dict[str, object]:
    """Return what ``isthmus info --json`` says of the parameters."""
    capsys.readouterr()
    assert main(["info", str(path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    return {name.replace(" ", "_"): value for name, value in (facts | facts["training"]).items()}


def fitted_value(model, name: str) -> object:
    value = getattr(model, f"{name}_", None) if name != "scale" else None
    return json.loads(json.dumps(getattr(model, name) if value is None else value, default=lambda x: x.item()))


@of_tables
def test_every_parameter_has_an_option_or_a_reason(parameter, capsys):
    assert main(["fit", "--help"]) == 0
    words = capsys.readouterr().out.replace(",", " ").split()
    if isinstance(parameter.option, Option):
        assert set(parameter.option.flags) <= set(words)
    else:
        assert parameter.option.endswith(".")


@pytest.mark.filterwarnings("ignore::UserWarning")  # an epoch may be too few to be better than PCA
@of_tables
def test_the_command_of_the_report_gives_the_same_parameters(parameter, tmp_path, capsys):
    if isinstance(parameter.option, str):
        pytest.skip(parameter.option)
    linear = {"activation": "identity"} if parameter.name == "whiten" else {}
    model = Autoencoder(**{**SMALL, **linear, parameter.name: CHANGED[parameter.name]}).fit(X)
    model.save(tmp_path / "python")
    np.save(tmp_path / "table.npy", X)
    words = shlex.split(fit_command(model).text)
    assert parameter.option.flags[0] in words
    places = {"TABLE": str(tmp_path / "table.npy"), "MODEL": str(tmp_path / "typed")}
    assert main([*(places.get(word, word) for word in words[1:]), "--quiet"]) == 0
    typed = isthmus.load(tmp_path / "typed")
    assert typed.get_params() == model.get_params()
    np.testing.assert_array_equal(typed.transform(X), isthmus.load(tmp_path / "python").transform(X))
    assert eval(python_code(model).removesuffix(".fit(X)")).get_params() == model.get_params()
    for path in (tmp_path / "python", tmp_path / "typed"):
        assert shown(path, capsys)[parameter.name] == fitted_value(model, parameter.name)


def test_a_model_of_images_shows_its_parameters_and_says_why_there_is_no_command(tmp_path, capsys):
    images = np.random.default_rng(0).random((9, 8, 8))
    model = ConvAutoencoder((3, 2), code_size=2, kernel_size=5, pooling=(True, False), max_epochs=1, random_state=0)
    model.fit(images)
    model.save(tmp_path / "model")
    command = fit_command(model)
    assert command.text is None
    assert command.missing == ("Models of images are fitted in Python.",)
    facts = shown(tmp_path / "model", capsys)
    resolved = {"decoder_filters": [2, 3], "batch_norm": False}
    for parameter in ConvAutoencoder.parameter_table:
        assert facts[parameter.name] == resolved.get(parameter.name, fitted_value(model, parameter.name))


@every_parameter
def test_every_parameter_is_searched_or_says_why_not(estimator, parameter):
    if isinstance(parameter.search, str):
        assert parameter.search.endswith(".")
        search = AutoencoderSearch(estimator(code_size=2), space={parameter.name: "0:1"}, n_trials=1)
        with pytest.raises(ParameterError, match=f"has no '{parameter.name}'"):
            search.fit(X)
        return
    for name, values in parameter.search.items():
        if name == parameter.name:  # others describe the layers
            tried = values if isinstance(values, list) else [float(end) for end in values.split(":")]
            if name == "noise":
                tried = [None if text == "none" else noise("", text) for text in tried]
            for value in tried:
                validate(estimator(**{name: int(value) if name == "filters" else value}))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_training_is_declared_once_for_all_estimators(estimator):
    names = [parameter.name for parameter in estimator.parameter_table]
    expected = [name for name in TRAINING if name != "backend" or estimator is Autoencoder]  # images need torch
    assert names[-len(expected) :] == expected
