"""Fitted models to files and back: settings and tensors of a ``Fitted``, and a ``Fitted`` from them."""

import math
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from isthmus.errors import ModelFileError, ParameterError
from isthmus.fitting.convolutional import ImageNetwork, settings_of
from isthmus.fitting.dense_arrays import DenseArrays
from isthmus.fitting.fitted import Columns, Fitted, squared_unit_of
from isthmus.model_files.container import Expected, Tensors, open_model_file, write_model_file
from isthmus.model_files.schema import STATISTICS, Column, ConvolutionalSettings, DenseSettings, Settings, read_settings
from isthmus.networks import ImageCodeAutoencoder, RowAutoencoder, with_channels_last
from isthmus.pca.axes import PrincipalAxes
from isthmus.rows.scaling import ColumnStatistics, scale_of
from isthmus.training.history import History

_NOT_STORED = "num_batches_tracked"  # counters of batch norms, which change nothing


@dataclass(frozen=True, eq=False)
class SavedModel:
    """Everything that a model file holds.

    Attributes
    ----------
    estimator : {"Autoencoder", "ConvAutoencoder"}
    parameters : mapping of str to object
        Of the estimator, by name.
    n_features_in : int
    feature_names : list of str or None
        None where the training rows had no names.
    fitted : Fitted
    image_layout : {"rows", "images", "channels"} or None
        The form of the training images; None for tables.
    """

    estimator: str
    parameters: Mapping[str, Any]
    n_features_in: int
    feature_names: list[str] | None
    fitted: Fitted[DenseArrays | ImageNetwork]
    image_layout: str | None = None


def write_model(path: str | os.PathLike[str], model: SavedModel) -> None:
    """Write a model to one file, whole or not at all; parameters that JSON cannot hold become null.

    Raises
    ------
    ParameterError
        If a tensor holds NaN or an infinity.
    OutputError
        If the file cannot be written.
    """
    settings, tensors = _contents(model)
    parameters = {name: value if _is_json(value) else None for name, value in model.parameters.items()}
    write_model_file(
        path, tensors, {"estimator": model.estimator, "parameters": parameters, "fitted": asdict(settings)}
    )


def read_model(path: str | os.PathLike[str], estimators: Collection[str]) -> SavedModel:
    """Read the model in a file, which must be of one of these estimators; its network is on the CPU.

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
        tensors = file.read_tensors(_expected(settings, network))
        return _restored(parameters, settings, network, tensors)


def _parameters(schema: type[Settings], found: object) -> dict[str, Any]:
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
    """Build the network that settings describe, without memory for its weights."""
    try:
        return settings.network(torch.device("meta"))
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise ModelFileError("the settings describe a network that cannot be built") from None


def _expected(settings: Settings, network: RowAutoencoder) -> Expected:
    dtypes = {torch.float32: "float32", torch.float64: "float64"}
    stored = ((name, value) for name, value in network.state_dict().items() if not name.endswith(_NOT_STORED))
    return settings.tensors() | {f"network.{name}": (dtypes[value.dtype], tuple(value.shape)) for name, value in stored}


def _contents(model: SavedModel) -> tuple[Settings, Tensors]:
    fitted, network = model.fitted, model.fitted.network
    history, statistics = fitted.history, fitted.columns.statistics
    tensors = {f"statistics.{name}": getattr(statistics, name) for name in STATISTICS}
    common: dict[str, Any] = {
        "n_features_in": model.n_features_in,
        "feature_names": model.feature_names,
        "n_samples": fitted.n_samples,
        "loss": fitted.loss,
        "n_epochs": history.n_epochs,
        "best_epoch": history.best_epoch,
        "history": _with_null(
            {
                "epoch": range(history.n_epochs + 1),
                "training_error": history.training_error,
                "validation_error": history.held_out_error,
            }
        ),
        "start_error": fitted.start_error,
        "validation_error": fitted.validation_error,
        "validation_variance": fitted.validation_variance,
        "pca_error": fitted.pca_error,
    }
    if not isinstance(network, DenseArrays):
        state = network.state_dict().items()
        tensors |= {f"network.{name}": value.cpu().numpy() for name, value in state if not name.endswith(_NOT_STORED)}
        architecture: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in settings_of(network).items()
        }
        with_code = isinstance(network, ImageCodeAutoencoder)
        return ConvolutionalSettings(
            **common,
            image_shape=list(network.image_shape),
            layout=model.image_layout or "images",
            code_size=network.code_size if with_code else None,
            middle=network.middle if isinstance(network, ImageCodeAutoencoder) else None,
            linear_paths=isinstance(network, ImageCodeAutoencoder) and network.encoder.linear is not None,
            **architecture,
        ), tensors
    tensors |= {f"network.{name}": value for name, value in network.arrays.items()}
    tensors |= {"pca.axes": fitted.axes.axes.astype(network.precision), "pca.spread": fitted.axes.spread}
    if fitted.variances is not None:
        tensors["linear.variances"] = fitted.variances
    return DenseSettings(
        **common,
        code_size=fitted.code_size,
        encoder_layers=list(network.encoder_layers),
        decoder_layers=list(network.decoder_layers),
        activation=network.activation,
        linear_paths=network.linear_paths,
        stacks=network.stacks,
        prefixes=list(network.prefixes),
        takes_over=list(network.first_sizes),
        precision=network.precision,
        n_axes=len(fitted.axes.axes),
        linear=fitted.variances is not None,
        errors_by_size=_with_null(fitted.errors_by_size),
    ), tensors


def _restored(parameters: dict[str, Any], settings: Settings, built: RowAutoencoder, tensors: Tensors) -> SavedModel:
    statistics = ColumnStatistics(*(tensors[f"statistics.{name}"] for name in STATISTICS))
    weights = {name.removeprefix("network."): value for name, value in tensors.items() if name.startswith("network.")}
    network: DenseArrays | ImageNetwork
    axes, by_size, layout = PrincipalAxes(np.zeros((0, settings.n_features_in)), np.zeros(0)), {}, None
    if isinstance(settings, DenseSettings):
        network = DenseArrays(
            settings.n_features_in,
            tuple(settings.encoder_layers),
            tuple(settings.decoder_layers),
            settings.activation,
            linear_paths=settings.linear_paths,
            stacks=settings.stacks,
            output=settings.output,
            prefixes=tuple(settings.prefixes),
            first_sizes=tuple(settings.takes_over),
            arrays=weights,
        )
        axes = PrincipalAxes(tensors["pca.axes"].astype(np.float64), tensors["pca.spread"])
        by_size = {name: np.array(column) for name, column in _with_nan(settings.errors_by_size).items()}
    else:
        assert isinstance(settings, ConvolutionalSettings)
        network, layout = _with_weights(built, weights), settings.layout
    history = _with_nan(settings.history)
    fitted = Fitted(
        network=network,
        code_size=built.code_size,
        loss=settings.loss,
        columns=Columns(statistics, scale_of(parameters["scale"], statistics)),
        squared_unit=squared_unit_of(parameters["scale"], float(weights["scale"][0])),
        axes=axes,
        variances=tensors.get("linear.variances"),
        n_samples=settings.n_samples,
        held_out="linear.variances" not in tensors and parameters["validation_fraction"] > 0,
        history=History(history["training_error"], history["validation_error"], settings.best_epoch),
        start_error=settings.start_error,
        validation_error=settings.validation_error,
        validation_variance=settings.validation_variance,
        pca_error=settings.pca_error,
        errors_by_size=by_size,
    )
    return SavedModel(settings.estimator, parameters, settings.n_features_in, settings.feature_names, fitted, layout)


def _with_weights(network: RowAutoencoder, weights: Tensors) -> ImageNetwork:
    """Give a convolutional network that was built without memory its weights."""
    state = {
        name: torch.zeros((), dtype=torch.int64) if name.endswith(_NOT_STORED) else torch.from_numpy(weights[name])
        for name in network.state_dict()
    }
    network.load_state_dict(state, assign=True)
    network.eval()
    return with_channels_last(network)  # type: ignore[return-value]


def _with_null(table: Mapping[str, Iterable[float]]) -> dict[str, Column]:
    """Return columns as JSON has them, with null for NaN."""
    return {name: [None if math.isnan(value) else value for value in column] for name, column in table.items()}


def _with_nan(table: dict[str, Column]) -> dict[str, list[float]]:
    """Undo ``_with_null``."""
    return {name: [math.nan if value is None else value for value in column] for name, column in table.items()}


def _is_json(value: object) -> bool:
    """Return whether JSON can hold a parameter (not a RandomState, for example)."""
    if isinstance(value, tuple | list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int | float | np.integer | np.floating | np.bool_)
