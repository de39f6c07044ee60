"""What the model file of a ConvAutoencoder holds, and how the estimator is made from it again."""

import math
from typing import Any

import numpy as np
import torch

from isthmus.file_settings import (
    Expected,
    check_one_of,
    checked,
    common_contents,
    common_tensors,
    is_count,
    model_with_parameters,
    require,
    restore_common,
)
from isthmus.networks import ACTIVATIONS, ConvolutionalAutoencoder, ImageAutoencoder, with_channels_last

_LAYOUTS = ("rows", "images", "channels")
_MAX_LAYERS = 1000
_MAX_PIXELS = 2**26  # of an image that was trained on, channels included: no tensor tells them


def contents(model: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Tensors and the section "fitted" of the settings."""
    tensors, fitted = common_contents(model)
    network = model.module_.convolutional
    fitted |= {
        "image_shape": list(model.image_shape_),
        "layout": model._layout,
        "filters": list(network.filters),
        "decoder_filters": list(network.decoder_filters),
        "pooling": list(network.pooling),
        **{name: getattr(network, name) for name in ("kernel_size", "patch", "activation", "start")},
        **{name: getattr(network, name) for name in ("batch_norm", "skips")},
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
    return model


def _network(fitted: dict[str, Any]) -> ImageAutoencoder:
    network = ConvolutionalAutoencoder.on(
        torch.device("meta"),
        fitted["filters"],
        channels=fitted["image_shape"][2],
        output="sigmoid" if fitted["loss"] == "bce" else "linear",
        **{name: fitted[name] for name in ("decoder_filters", "kernel_size", "pooling", "patch")},
        **{name: fitted[name] for name in ("activation", "batch_norm", "skips", "start")},
    )
    return ImageAutoencoder(tuple(fitted["image_shape"]), network)


def _expected_tensors(fitted: dict[str, Any]) -> Expected:
    _check_fitted(fitted)
    return common_tensors(_network(fitted), fitted["image_shape"][2])


def _check_fitted(fitted: dict[str, Any]) -> None:
    """Refuse whatever ``contents`` would not have written."""
    shape = fitted["image_shape"]
    require(isinstance(shape, list) and len(shape) == 3 and all(is_count(side, 1) for side in shape), "image_shape")
    require(math.prod(shape) == fitted["n_features_in"] <= _MAX_PIXELS, "image_shape")
    for name in ("filters", "decoder_filters"):
        filters = fitted[name]
        require(isinstance(filters, list) and 1 <= len(filters) <= _MAX_LAYERS, name)
        require(all(is_count(width, 1) for width in filters), name)
    pooling = fitted["pooling"]
    require(isinstance(pooling, list) and len(pooling) == len(fitted["filters"]), "pooling")
    for pools in pooling:
        require(isinstance(pools, bool), "pooling")
    for name in ("kernel_size", "patch"):
        require(is_count(fitted[name], 1), name)
    for name in ("batch_norm", "skips"):
        require(isinstance(fitted[name], bool), name)
    check_one_of(fitted, "activation", tuple(ACTIVATIONS))
    check_one_of(fitted, "start", ("random", "identity"))
    check_one_of(fitted, "layout", _LAYOUTS)
