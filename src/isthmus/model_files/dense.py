"""What the model file of an Autoencoder holds, and how the estimator is made from it again."""

from itertools import pairwise
from typing import Any

import numpy as np
import torch

from isthmus.model_files.settings import (
    Expected,
    check_one_of,
    check_series,
    checked,
    common_contents,
    common_tensors,
    is_count,
    is_number,
    model_with_parameters,
    require,
    restore_common,
    with_nan,
    without_nan,
)
from isthmus.networks import ACTIVATIONS, DenseAutoencoder
from isthmus.pca.axes import PrincipalAxes

_ERRORS_BY_SIZE = ("pca", "start", "model")
_MAX_LAYERS = 1000


def contents(model: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Tensors and the section "fitted" of the settings."""
    tensors, fitted = common_contents(model)
    is_linear = model._variances is not None
    tensors["pca.axes"] = model._axes.axes.astype(precision(model.module_))
    tensors["pca.spread"] = model._axes.spread
    if is_linear:
        tensors["linear.variances"] = model._variances
    fitted |= {
        "code_size": model.code_size_,
        "encoder_layers": list(model.encoder_layers_),
        "decoder_layers": list(model.decoder_layers_),
        "activation": model.activation,
        "linear_paths": model.module_.encoder.linear is not None,
        "stacks": model.module_.encoder.stack is not None,
        "prefixes": list(model.module_.prefixes),
        "takes_over": list(model.module_.first_sizes),
        "precision": precision(model.module_),
        "n_axes": len(model._axes.axes),
        "linear": is_linear,
        "errors_by_size": without_nan(model._errors_by_size),
        "pca_error": model.pca_error_,
    }
    return tensors, fitted


def expected_tensors(settings: dict[str, Any], model_class: Any) -> Expected:
    """Check the settings, and name the tensors that must come with them, without allocating any."""
    return checked(_expected_tensors, settings, model_class)


def precision(network: DenseAutoencoder) -> str:
    """The type of the weights, by NumPy's name."""
    return str(network.dtype).removeprefix("torch.")


def restore(tensors: dict[str, np.ndarray], settings: dict[str, Any], model_class: Any) -> Any:
    """The fitted estimator; its network is on the CPU."""
    model = model_with_parameters(settings, model_class)
    fitted = settings["fitted"]
    restore_common(model, _network(fitted, torch.device("meta")), tensors, fitted)
    model.code_size_, model.pca_error_ = fitted["code_size"], fitted["pca_error"]
    model.encoder_layers_ = tuple(fitted["encoder_layers"])
    model.decoder_layers_ = tuple(fitted["decoder_layers"])
    model._axes = PrincipalAxes(tensors["pca.axes"].astype(np.float64), tensors["pca.spread"])
    model._variances = tensors.get("linear.variances")
    model._errors_by_size = {name: np.array(values) for name, values in with_nan(fitted["errors_by_size"]).items()}
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
    network.first_sizes = tuple(fitted["takes_over"])
    return network.double() if fitted["precision"] == "float64" else network


def _expected_tensors(fitted: dict[str, Any]) -> Expected:
    _check_fitted(fitted)
    expected = common_tensors(_network(fitted, torch.device("meta")), fitted["n_features_in"])
    expected["pca.axes"] = (fitted["precision"], (fitted["n_axes"], fitted["n_features_in"]))
    expected["pca.spread"] = ("float64", (fitted["n_axes"],))
    if fitted["linear"]:
        expected["linear.variances"] = ("float64", (fitted["code_size"],))
    return expected


def _check_fitted(fitted: dict[str, Any]) -> None:
    """Refuse whatever ``contents`` would not have written."""
    for name in ("code_size", "n_axes"):
        require(is_count(fitted[name], 1), name)
    for name in ("encoder_layers", "decoder_layers"):
        widths = fitted[name]
        require(isinstance(widths, list) and len(widths) <= _MAX_LAYERS, name)
        require(all(is_count(width, 1) for width in widths), name)
    check_one_of(fitted, "activation", tuple(ACTIVATIONS))
    check_one_of(fitted, "precision", ("float32", "float64"))
    for name in ("linear_paths", "stacks", "linear"):
        require(isinstance(fitted[name], bool), name)
    require(fitted["linear_paths"] or fitted["stacks"], "stacks")
    require(not fitted["linear"] or (fitted["linear_paths"] and not fitted["stacks"]), "linear")
    require(fitted["n_axes"] <= fitted["code_size"], "n_axes")
    prefixes = fitted["prefixes"]
    require(isinstance(prefixes, list) and all(is_count(size, 1) for size in prefixes), "prefixes")
    require(all(a < b for a, b in pairwise([*prefixes, fitted["code_size"]])), "prefixes")
    takes_over = fitted["takes_over"]
    require(isinstance(takes_over, list) and len(takes_over) == len(prefixes) + 1, "takes_over")
    require(takes_over[0] == 1 and all(is_count(size, 1) for size in takes_over), "takes_over")
    sizes = (0, *prefixes, fitted["code_size"])
    require(all(a < b <= c for a, b, c in zip(sizes, takes_over, sizes[1:], strict=False)), "takes_over")
    require(is_number(fitted["pca_error"]), "pca_error")
    by_size = fitted["errors_by_size"]
    require(isinstance(by_size, dict) and "pca" in by_size and set(by_size) <= {*_ERRORS_BY_SIZE}, "errors_by_size")
    for series in by_size.values():
        check_series(series, fitted["code_size"] + 1, "errors_by_size")
