"""Fitted models to files and back: the tensors and settings of a network, and a network from them."""

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
import torch

from isthmus.errors import ModelFileError, ParameterError
from isthmus.model_files.container import Expected, Tensors, open_model_file, write_model_file
from isthmus.model_files.schema import STATISTICS, Column, ConvolutionalSettings, DenseSettings, Settings, read_settings
from isthmus.networks import DenseAutoencoder, ImageCodeAutoencoder, RowAutoencoder, with_channels_last
from isthmus.pca.axes import PrincipalAxes
from isthmus.rows.scaling import ColumnStatistics, scale_of

Unfitted = TypeVar("Unfitted")
_COMMON = ("loss", "n_samples", "n_epochs", "best_epoch", "start_error", "validation_error", "validation_variance")
_NOT_STORED = "num_batches_tracked"  # counters of batch norms, which change nothing


def write_model(path: str | os.PathLike[str], model: Any) -> None:
    """Write a fitted model to one file, whole or not at all; parameters that JSON cannot hold become null.

    Raises
    ------
    ParameterError
        If a tensor holds NaN or an infinity.
    OutputError
        If the file cannot be written.
    """
    settings, tensors = _contents(model)
    parameters = {name: value if _is_json(value) else None for name, value in model.get_params(deep=False).items()}
    contents = {"estimator": type(model).__name__, "parameters": parameters, "fitted": asdict(settings)}
    write_model_file(path, tensors, contents)


def read_model(path: str | os.PathLike[str], estimators: Mapping[str, Callable[..., Unfitted]]) -> Unfitted:
    """Read the model in a file, which must be of one of these classes; its network is on the CPU.

    Raises
    ------
    ModelFileError
        With one sentence that begins with the name of the file.
    """
    with open_model_file(path) as file:
        name = file.settings.get("estimator")
        schema = next((schema for schema in (DenseSettings, ConvolutionalSettings) if schema.estimator == name), None)
        if schema is None or schema.estimator not in estimators:
            raise ModelFileError(f"the model is of class {str(name)[:80]!r}, not {' or '.join(estimators)}")
        parameters = _parameters(schema, file.settings.get("parameters"))
        settings = read_settings(schema, file.settings.get("fitted"))
        network = _built(settings)
        model = estimators[schema.estimator](**parameters)
        _restore(model, settings, network, file.read_tensors(_expected(settings, network)))
        return model


def _parameters(schema: type[Settings], found: object) -> dict[str, object]:
    """Check the parameters of an estimator, whose tuples are lists in JSON."""
    if not isinstance(found, dict) or found.keys() != {parameter.name for parameter in schema.parameters}:
        raise ModelFileError(f"the parameters are not those of {schema.estimator}")
    parameters = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    try:
        schema.parameters.check(schema.estimator, parameters)
    except ParameterError as error:
        raise ModelFileError(str(error).rstrip(".")) from None
    return parameters


def _built(settings: Settings) -> RowAutoencoder:
    """The network that settings describe, without memory for its weights."""
    try:
        return settings.network(torch.device("meta"))
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise ModelFileError("the settings describe a network that cannot be built") from None


def _expected(settings: Settings, network: RowAutoencoder) -> Expected:
    dtypes = {torch.float32: "float32", torch.float64: "float64"}
    stored = _stored(network).items()
    return settings.tensors() | {name: (dtypes[value.dtype], tuple(value.shape)) for name, value in stored}


def _stored(network: RowAutoencoder) -> dict[str, torch.Tensor]:
    """The tensors of a network by their names in a file."""
    state = network.state_dict()
    return {f"network.{name}": value for name, value in state.items() if not name.endswith(_NOT_STORED)}


def _load_weights(network: RowAutoencoder, tensors: Tensors) -> None:
    state = {
        name: torch.zeros((), dtype=torch.int64)
        if name.endswith(_NOT_STORED)
        else torch.from_numpy(tensors[f"network.{name}"])
        for name in network.state_dict()
    }
    network.load_state_dict(state, assign=True)
    network.eval()


def _contents(model: Any) -> tuple[Settings, Tensors]:
    network, statistics = model.module_, model._statistics
    tensors = {name: value.cpu().numpy() for name, value in _stored(network).items()}
    tensors |= {f"statistics.{name}": getattr(statistics, name) for name in STATISTICS}
    common: dict[str, Any] = {
        "n_features_in": model.n_features_in_,
        "feature_names": list(map(str, getattr(model, "feature_names_in_", []))) or None,
        "history": _with_null(model.history_),
        **{name: getattr(model, name + "_") for name in _COMMON},
    }
    if not isinstance(network, DenseAutoencoder):
        architecture: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in model._settings.items()
        }
        with_code = isinstance(network, ImageCodeAutoencoder)
        return ConvolutionalSettings(
            **common,
            image_shape=list(model.image_shape_),
            layout=model._layout,
            code_size=network.code_size if with_code else None,
            middle=network.middle if with_code else None,
            linear_paths=with_code and network.encoder.linear is not None,
            pca_error=model.pca_error_ if with_code else None,
            **architecture,
        ), tensors
    precision = str(network.dtype).removeprefix("torch.")
    tensors |= {"pca.axes": model._axes.axes.astype(precision), "pca.spread": model._axes.spread}
    if model._variances is not None:
        tensors["linear.variances"] = model._variances
    return DenseSettings(
        **common,
        code_size=model.code_size_,
        encoder_layers=list(network.encoder_layers),
        decoder_layers=list(network.decoder_layers),
        activation=model.activation,
        linear_paths=network.encoder.linear is not None,
        stacks=network.encoder.stack is not None,
        prefixes=list(network.prefixes),
        takes_over=list(network.first_sizes),
        precision=precision,
        n_axes=len(model._axes.axes),
        linear=model._variances is not None,
        errors_by_size=_with_null(model._errors_by_size),
        pca_error=model.pca_error_,
    ), tensors


def _restore(model: Any, settings: Settings, network: RowAutoencoder, tensors: Tensors) -> None:
    _load_weights(network, tensors)
    model.module_, model.n_features_in_ = network, settings.n_features_in
    model._statistics = ColumnStatistics(*(tensors[f"statistics.{name}"] for name in STATISTICS))
    model.mean_, model.scale_ = model._statistics.mean, scale_of(model.scale, model._statistics)
    if settings.feature_names is not None:
        model.feature_names_in_ = np.array(settings.feature_names, dtype=object)
    for name in _COMMON:
        setattr(model, name + "_", getattr(settings, name))
    model.history_, model.code_size_ = _with_nan(settings.history), network.code_size
    if settings.pca_error is not None:
        model.pca_error_ = settings.pca_error
    if isinstance(settings, ConvolutionalSettings):
        model.image_shape_, model._layout = tuple(settings.image_shape), settings.layout
        with_channels_last(network)
    elif isinstance(settings, DenseSettings):
        model.encoder_layers_, model.decoder_layers_ = tuple(settings.encoder_layers), tuple(settings.decoder_layers)
        model._axes = PrincipalAxes(tensors["pca.axes"].astype(np.float64), tensors["pca.spread"])
        model._variances = tensors.get("linear.variances")
        model._errors_by_size = {name: np.array(column) for name, column in _with_nan(settings.errors_by_size).items()}


def _with_null(table: Mapping[str, Iterable[float]]) -> dict[str, Column]:
    """Columns as JSON has them, with null for NaN."""
    return {name: [None if math.isnan(value) else value for value in column] for name, column in table.items()}


def _with_nan(table: dict[str, Column]) -> dict[str, list[float]]:
    """Columns as they were before ``_with_null``."""
    return {name: [math.nan if value is None else value for value in column] for name, column in table.items()}


def _is_json(value: object) -> bool:
    """Whether JSON can hold a parameter (not a RandomState, for example)."""
    if isinstance(value, tuple | list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int | float | np.integer | np.floating | np.bool_)
