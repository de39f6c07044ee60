"""What the model file of a ConvAutoencoder holds, and how the estimator is made from it again."""

import math
from typing import Any

import numpy as np
import torch

from isthmus.model_files.settings import (
    Expected,
    check_one_of,
    checked,
    common_contents,
    common_tensors,
    is_count,
    is_number,
    model_with_parameters,
    require,
    restore_common,
)
from isthmus.networks import (
    ACTIVATIONS,
    FROM_THE_IMAGE,
    MAX_GRID,
    ConvolutionalAutoencoder,
    ImageAutoencoder,
    ImageCodeAutoencoder,
    with_channels_last,
)

_LAYOUTS = ("rows", "images", "channels")
_SETTINGS = (
    "filters",
    "decoder_filters",
    "kernel_size",
    "pooling",
    "activation",
    "batch_norm",
    "patch",
    "skips",
    "start",
)
_MAX_LAYERS = 1000
_MAX_PIXELS = 2**26  # of an image that was trained on, channels included: no tensor tells them


def contents(model: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Tensors and the section "fitted" of the settings."""
    tensors, fitted = common_contents(model)
    module = model.module_
    has_codes = isinstance(module, ImageCodeAutoencoder)
    fitted |= {
        "image_shape": list(model.image_shape_),
        "layout": model._layout,
        "code_size": module.code_size if has_codes else None,
        "middle": module.middle if has_codes else None,
        "linear_paths": has_codes and module.encoder.linear is not None,
        "pca_error": model.pca_error_ if has_codes else None,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in model._settings.items()},
    }
    return tensors, fitted


def expected_tensors(settings: dict[str, Any], model_class: Any) -> Expected:
    """Check the settings, and name the tensors that must come with them, without allocating any."""
    return checked(_expected_tensors, settings, model_class)


def restore(tensors: dict[str, np.ndarray], settings: dict[str, Any], model_class: Any) -> Any:
    """The fitted estimator; its network is on the CPU."""
    model = model_with_parameters(settings, model_class)
    fitted = settings["fitted"]
    model.image_shape_, model._layout = tuple(fitted["image_shape"]), fitted["layout"]
    restore_common(model, _network(fitted), tensors, fitted)
    with_channels_last(model.module_)
    model.code_size_ = model.module_.code_size
    if fitted["pca_error"] is not None:
        model.pca_error_ = fitted["pca_error"]
    return model


def _network(fitted: dict[str, Any]) -> ImageAutoencoder | ImageCodeAutoencoder:
    """Laid out without memory."""
    meta, shape = torch.device("meta"), tuple(fitted["image_shape"])
    settings = {name: fitted[name] for name in _SETTINGS} | {
        "output": "sigmoid" if fitted["loss"] == "bce" else "linear"
    }
    if fitted["code_size"] is None:
        return ImageAutoencoder(shape, ConvolutionalAutoencoder.on(meta, channels=shape[2], **settings))
    settings |= {"middle": fitted["middle"], "linear_paths": fitted["linear_paths"]}
    return ImageCodeAutoencoder.on(meta, shape, fitted["code_size"], **settings)


def _expected_tensors(fitted: dict[str, Any]) -> Expected:
    _check_fitted(fitted)
    shape = fitted["image_shape"]
    return common_tensors(_network(fitted), shape[2] if fitted["code_size"] is None else math.prod(shape))


def _check_fitted(fitted: dict[str, Any]) -> None:
    """Refuse whatever ``contents`` would not have written."""
    shape = fitted["image_shape"]
    require(isinstance(shape, list) and len(shape) == 3 and all(is_count(side, 1) for side in shape), "image_shape")
    require(math.prod(shape) == fitted["n_features_in"] <= _MAX_PIXELS, "image_shape")
    for name in ("filters", "decoder_filters"):
        filters = fitted[name]
        require(isinstance(filters, list) and 1 <= len(filters) <= _MAX_LAYERS, name)
        require(all(is_count(width, 1) for width in filters), name)
    for name in ("kernel_size", "patch"):
        require(is_count(fitted[name], 1), name)
    pooling = fitted["pooling"]
    require(isinstance(pooling, list) and len(pooling) == len(fitted["filters"]), "pooling")
    for pools in pooling:
        require(isinstance(pools, bool), "pooling")
    require(fitted["patch"] * 2 ** sum(pooling) <= MAX_GRID, "pooling")
    for name in ("batch_norm", "skips", "linear_paths"):
        require(isinstance(fitted[name], bool), name)
    check_one_of(fitted, "activation", tuple(ACTIVATIONS))
    check_one_of(fitted, "start", ("random", *FROM_THE_IMAGE))
    check_one_of(fitted, "layout", _LAYOUTS)
    if fitted["code_size"] is None:
        require(fitted["pca_error"] is None, "pca_error")
        require(fitted["middle"] is None and not fitted["linear_paths"], "code_size")
    else:
        for name in ("code_size", "middle"):
            require(is_count(fitted[name], 1), name)
        require(is_number(fitted["pca_error"]), "pca_error")
        require(not fitted["skips"], "skips")
        require(fitted["start"] == "random", "start")
