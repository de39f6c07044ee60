"""What the model file of an Autoencoder holds, and how the estimator is made from it again."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from isthmus.errors import ModelFileError, ParameterError
from isthmus.networks import ACTIVATIONS, DenseAutoencoder
from isthmus.principal_axes import PrincipalAxes
from isthmus.scaling import ColumnStatistics, scale_of

Expected = dict[str, tuple[str, tuple[int, ...]]]

_STATISTICS = ("mean", "deviation", "minimum", "maximum")
_ERRORS = ("start_error", "validation_error", "pca_error", "validation_variance")
_ERRORS_BY_SIZE = ("pca", "start", "model")
_MAX_LAYERS = 1000


def contents(model: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Tensors and the section "fitted" of the settings."""
    tensors = {f"network.{name}": value.cpu().numpy() for name, value in model.module_.state_dict().items()}
    tensors |= {f"statistics.{name}": getattr(model._statistics, name) for name in _STATISTICS}
    is_linear = model._variances is not None
    tensors["pca.axes"] = model._axes.axes.astype(precision(model.module_))
    tensors["pca.spread"] = model._axes.spread
    if is_linear:
        tensors["linear.variances"] = model._variances
    fitted = {
        "code_size": model.code_size_,
        "encoder_layers": list(model.encoder_layers_),
        "decoder_layers": list(model.decoder_layers_),
        "activation": model.activation,
        "loss": model.loss_,
        "linear_paths": model.module_.encoder.linear is not None,
        "stacks": model.module_.encoder.stack is not None,
        "prefixes": list(model.module_.prefixes),
        "takes_over": list(model.module_.takes_over),
        "precision": precision(model.module_),
        "n_samples": model.n_samples_,
        "n_axes": len(model._axes.axes),
        "linear": is_linear,
        "n_epochs": model.n_epochs_,
        "best_epoch": model.best_epoch_,
        "history": _without_nan(model.history_),
        "errors_by_size": _without_nan(model._errors_by_size),
        **{name: getattr(model, name + "_") for name in _ERRORS},
    }
    return tensors, fitted


def expected_tensors(settings: dict[str, Any], model_class: Any) -> Expected:
    """Check the settings, and name the tensors that must come with them, without allocating any."""
    try:
        _model_with_parameters(settings, model_class)
        fitted = settings["fitted"]
        _check_fitted(fitted)
        network = _network(fitted, torch.device("meta"))
    except ModelFileError:
        raise
    except ParameterError as error:
        raise ModelFileError(f"the settings cannot be right: {error}".rstrip(".")) from None
    except (LookupError, TypeError, ValueError, RuntimeError, OverflowError):
        raise ModelFileError(f"the settings are not those of an {model_class.__name__}") from None
    expected = {
        f"network.{name}": (str(value.dtype).removeprefix("torch."), tuple(value.shape))
        for name, value in network.state_dict().items()
    }
    expected |= {f"statistics.{name}": ("float64", (fitted["n_features_in"],)) for name in _STATISTICS}
    expected["pca.axes"] = (fitted["precision"], (fitted["n_axes"], fitted["n_features_in"]))
    expected["pca.spread"] = ("float64", (fitted["n_axes"],))
    if fitted["linear"]:
        expected["linear.variances"] = ("float64", (fitted["code_size"],))
    return expected


def precision(network: DenseAutoencoder) -> str:
    """The type of the weights, by NumPy's name."""
    return str(network.spread.dtype).removeprefix("torch.")


def restore(tensors: dict[str, np.ndarray], settings: dict[str, Any], model_class: Any) -> Any:
    """The fitted estimator; its network is on the CPU."""
    model = _model_with_parameters(settings, model_class)
    fitted = settings["fitted"]
    network = _network(fitted, torch.device("meta"))
    weights = {
        name.removeprefix("network."): torch.from_numpy(value)
        for name, value in tensors.items()
        if name.startswith("network.")
    }
    network.load_state_dict(weights, assign=True)
    model.module_ = network
    model._statistics = ColumnStatistics(*(tensors[f"statistics.{name}"] for name in _STATISTICS))
    model.mean_, model.scale_ = model._statistics.mean, scale_of(model.scale, model._statistics)
    model.n_features_in_ = fitted["n_features_in"]
    if fitted["feature_names"] is not None:
        model.feature_names_in_ = np.array(fitted["feature_names"], dtype=object)
    model.code_size_, model.loss_ = fitted["code_size"], fitted["loss"]
    model.encoder_layers_ = tuple(fitted["encoder_layers"])
    model.decoder_layers_ = tuple(fitted["decoder_layers"])
    model.n_epochs_, model.best_epoch_ = fitted["n_epochs"], fitted["best_epoch"]
    model.n_samples_ = fitted["n_samples"]
    model._axes = PrincipalAxes(tensors["pca.axes"].astype(np.float64), tensors["pca.spread"])
    model._variances = tensors.get("linear.variances")
    model.history_ = _with_nan(fitted["history"])
    model._errors_by_size = {name: np.array(values) for name, values in _with_nan(fitted["errors_by_size"]).items()}
    for name in _ERRORS:
        setattr(model, name + "_", fitted[name])
    return model


def _model_with_parameters(settings: dict[str, Any], model_class: Any) -> Any:
    parameters = settings["parameters"]
    if not isinstance(parameters, dict) or set(parameters) != set(model_class().get_params(deep=False)):
        raise ModelFileError(f"the parameters are not those of an {model_class.__name__}")
    model = model_class(**{k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()})
    model._check_parameters()
    return model


def _network(fitted: dict[str, Any], device: torch.device) -> DenseAutoencoder:
    network = DenseAutoencoder.on(
        device,
        fitted["n_features_in"],
        fitted["code_size"],
        fitted["encoder_layers"],
        fitted["decoder_layers"],
        fitted["activation"],
        linear_paths=fitted["linear_paths"],
        stacks=fitted["stacks"],
        prefixes=fitted["prefixes"],
        output="sigmoid" if fitted["loss"] == "bce" else "linear",
    )
    network.takes_over = tuple(fitted["takes_over"])
    return network.double() if fitted["precision"] == "float64" else network


def _check_fitted(fitted: Any) -> None:
    """Refuse whatever ``contents`` would not have written."""
    _require(isinstance(fitted, dict), "fitted")
    for name in ("n_features_in", "code_size", "n_samples", "n_axes"):
        _require(_is_count(fitted[name], 1), name)
    for name in ("n_epochs", "best_epoch"):
        _require(_is_count(fitted[name], 0), name)
    for name in ("encoder_layers", "decoder_layers"):
        widths = fitted[name]
        _require(isinstance(widths, list) and len(widths) <= _MAX_LAYERS, name)
        _require(all(_is_count(width, 1) for width in widths), name)
    for name, choices in (
        ("activation", tuple(ACTIVATIONS)),
        ("loss", ("mse", "bce")),
        ("precision", ("float32", "float64")),
    ):
        _require(isinstance(fitted[name], str) and fitted[name] in choices, name)
    for name in ("linear_paths", "stacks", "linear"):
        _require(isinstance(fitted[name], bool), name)
    _require(fitted["linear_paths"] or fitted["stacks"], "stacks")
    _require(not fitted["linear"] or (fitted["linear_paths"] and not fitted["stacks"]), "linear")
    _require(fitted["n_axes"] <= fitted["code_size"], "n_axes")
    prefixes = fitted["prefixes"]
    _require(isinstance(prefixes, list) and all(_is_count(size, 1) for size in prefixes), "prefixes")
    _require(all(a < b for a, b in pairwise([*prefixes, fitted["code_size"]])), "prefixes")
    takes_over = fitted["takes_over"]
    _require(isinstance(takes_over, list) and len(takes_over) == len(prefixes) + 1, "takes_over")
    _require(takes_over[0] == 1 and all(_is_count(size, 1) for size in takes_over), "takes_over")
    sizes = (0, *prefixes, fitted["code_size"])
    _require(all(a < b <= c for a, b, c in zip(sizes, takes_over, sizes[1:], strict=False)), "takes_over")
    names = fitted["feature_names"]
    if names is not None:
        _require(isinstance(names, list) and len(names) == fitted["n_features_in"], "feature_names")
        _require(all(isinstance(name, str) for name in names), "feature_names")
    for name in _ERRORS:
        _require(_is_number(fitted[name]), name)
    history, n_entries = fitted["history"], fitted["n_epochs"] + 1
    _require(isinstance(history, dict) and set(history) == {"epoch", "training_error", "validation_error"}, "history")
    for series in history.values():
        _check_series(series, n_entries, "history")
    by_size = fitted["errors_by_size"]
    _require(isinstance(by_size, dict) and "pca" in by_size and set(by_size) <= {*_ERRORS_BY_SIZE}, "errors_by_size")
    for series in by_size.values():
        _check_series(series, fitted["code_size"] + 1, "errors_by_size")
    _require(fitted["best_epoch"] <= fitted["n_epochs"], "best_epoch")


def _without_nan(table: dict[str, Any]) -> dict[str, list[Any]]:
    """Columns as JSON has them, with null for NaN."""
    return {name: [None if math.isnan(value) else value for value in column] for name, column in table.items()}


def _with_nan(table: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: [math.nan if value is None else value for value in column] for name, column in table.items()}


def _check_series(series: Any, length: int, name: str) -> None:
    _require(isinstance(series, list) and len(series) == length, name)
    _require(all(value is None or _is_number(value) for value in series), name)


def _require(holds: bool, name: str) -> None:
    if not holds:
        raise ModelFileError(f"the setting {name!r} has a value that it cannot have")


def _is_count(value: object, minimum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value < 2**40


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
