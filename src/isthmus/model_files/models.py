"""Models to files and back: a ``Fitted`` as settings and tensors, and a ``Fitted`` from them."""

import math
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from isthmus.errors import ModelFileError, ParameterError
from isthmus.fitting.convolutional import ImageNetwork, settings_of
from isthmus.fitting.dense_arrays import DenseArrays
from isthmus.fitting.fitted import Fitted, squared_unit_of
from isthmus.model_files.container import Expected, Tensors, open_model_file, write_model_file
from isthmus.model_files.schema import STATISTICS, Column, ConvolutionalSettings, DenseSettings, Settings
from isthmus.networks import ConvolutionalAutoencoder, ImageAutoencoder, ImageCodeAutoencoder, with_channels_last
from isthmus.pca.axes import PrincipalAxes
from isthmus.rows.scaling import Columns, ColumnStatistics, scale_of
from isthmus.training.history import History

_NETWORK = "network."
_COUNTER = "num_batches_tracked"  # of batch norms; it changes nothing and is not stored
# Names that ``Fitted`` and the settings share.
_SAME = ("n_samples", "loss", "start_error", "validation_error", "validation_variance", "pca_error")
# Names that networks and their settings share.
_DENSE = ("encoder_layers", "decoder_layers", "activation", "linear_paths", "stacks", "prefixes")
_IMAGES = (
    "filters", "decoder_filters", "kernel_size", "pooling", "activation", "batch_norm", "patch", "skips", "start",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SavedModel:
    """Everything that a model file holds: an estimator's class and parameters, and what its fit found.

    ``feature_names`` is None where the columns have no names, and ``image_layout`` ("rows", "images" or "channels": the
    form of the training images) for tables.
    """

    estimator: str
    parameters: Mapping[str, object]
    n_features_in: int
    feature_names: Sequence[str] | None
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
    parameters = {name: value if _is_json(value) else None for name, value in model.parameters.items()}
    settings, tensors = _contents(model)
    sections = {"estimator": model.estimator, "parameters": parameters, "fitted": vars(settings)}
    write_model_file(path, tensors, sections)


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
        settings = schema.read(file.settings.get("fitted"), "'fitted'")
        if isinstance(settings, DenseSettings):
            tensors = file.read_tensors(settings.tensors())
            return _restored(parameters, settings, tensors, _dense_network(settings, tensors))
        network = _image_network(settings)
        tensors = file.read_tensors(settings.tensors() | _shapes(network))
        return _restored(parameters, settings, tensors, _with_weights(network, tensors))


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


def _contents(model: SavedModel) -> tuple[Settings, Tensors]:
    fitted, network, history = model.fitted, model.fitted.network, model.fitted.history
    by_epoch = {
        "epoch": range(history.n_epochs + 1),
        "training_error": history.training_error,
        "validation_error": history.held_out_error,
    }
    common: dict[str, Any] = {
        "n_features_in": model.n_features_in,
        "feature_names": model.feature_names,
        "n_epochs": history.n_epochs,
        "best_epoch": history.best_epoch,
        "history": _with_null(by_epoch),
        **{name: getattr(fitted, name) for name in _SAME},
    }
    tensors = {f"statistics.{name}": getattr(fitted.columns.statistics, name) for name in STATISTICS}
    if not isinstance(network, DenseArrays):
        tensors |= {name: value.cpu().numpy() for name, value in _stored(network).items()}
        architecture: dict[str, Any] = settings_of(network)
        code = network if isinstance(network, ImageCodeAutoencoder) else None
        return ConvolutionalSettings(
            **common,
            **architecture,
            image_shape=network.image_shape,
            layout=model.image_layout or "images",
            code_size=None if code is None else code.code_size,
            middle=None if code is None else code.middle,
            linear_paths=code is not None and code.encoder.linear is not None,
        ), tensors
    tensors |= {_NETWORK + name: value for name, value in network.arrays.items()}
    tensors |= {"pca.axes": fitted.axes.axes.astype(network.precision), "pca.spread": fitted.axes.spread}
    if fitted.variances is not None:
        tensors["linear.variances"] = fitted.variances
    return DenseSettings(
        **common,
        code_size=fitted.code_size,
        takes_over=network.first_sizes,
        precision=network.precision,
        n_axes=len(fitted.axes.axes),
        linear=fitted.variances is not None,
        errors_by_size=_with_null(fitted.errors_by_size),
        **{name: getattr(network, name) for name in _DENSE},
    ), tensors


def _restored(
    parameters: dict[str, object],
    settings: DenseSettings | ConvolutionalSettings,
    tensors: Tensors,
    network: DenseArrays | ImageNetwork,
) -> SavedModel:
    scale = str(parameters["scale"])
    statistics = ColumnStatistics(*(tensors[f"statistics.{name}"] for name in STATISTICS))
    axes, by_size, layout = PrincipalAxes(np.zeros((0, settings.n_features_in)), np.zeros(0)), {}, None
    if isinstance(settings, DenseSettings):
        axes = PrincipalAxes(tensors["pca.axes"].astype(np.float64), tensors["pca.spread"])
        by_size = {name: np.array(column) for name, column in _with_nan(settings.errors_by_size).items()}
    else:
        layout = settings.layout
    history = _with_nan(settings.history)
    fitted = Fitted(
        network=network,
        code_size=network.code_size,
        columns=Columns(statistics, scale_of(scale, statistics)),
        squared_unit=squared_unit_of(scale, float(tensors["network.scale"][0])),
        axes=axes,
        variances=tensors.get("linear.variances"),
        held_out="linear.variances" not in tensors and parameters["validation_fraction"] != 0,
        history=History(history["training_error"], history["validation_error"], settings.best_epoch),
        errors_by_size=by_size,
        **{name: getattr(settings, name) for name in _SAME},
    )
    return SavedModel(settings.estimator, parameters, settings.n_features_in, settings.feature_names, fitted, layout)


def _dense_network(settings: DenseSettings, tensors: Tensors) -> DenseArrays:
    weights = {name.removeprefix(_NETWORK): value for name, value in tensors.items() if name.startswith(_NETWORK)}
    return DenseArrays(
        n_features=settings.n_features_in,
        output=settings.output,
        first_sizes=settings.takes_over,
        arrays=weights,
        **{name: getattr(settings, name) for name in _DENSE},
    )


def _image_network(settings: ConvolutionalSettings) -> ImageNetwork:
    """Build the network that settings describe, without memory for its weights."""
    meta, shape = torch.device("meta"), settings.image_shape
    architecture = {name: getattr(settings, name) for name in _IMAGES} | {"output": settings.output}
    try:
        if settings.code_size is None:
            return ImageAutoencoder(shape, ConvolutionalAutoencoder.on(meta, channels=shape[2], **architecture))
        architecture |= {"middle": settings.middle, "linear_paths": settings.linear_paths}
        return ImageCodeAutoencoder.on(meta, shape, settings.code_size, **architecture)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise ModelFileError("the settings describe a network that cannot be built") from None


def _with_weights(network: ImageNetwork, tensors: Tensors) -> ImageNetwork:
    """Give a network without memory its weights, in the memory layout that convolutions are fastest in."""
    weights = {name.removeprefix(_NETWORK): torch.from_numpy(tensors[name]) for name in _stored(network)}
    counters = {name: torch.zeros((), dtype=torch.int64) for name in network.state_dict() if name.endswith(_COUNTER)}
    network.load_state_dict(weights | counters, assign=True)
    return with_channels_last(network.eval())


def _shapes(network: ImageNetwork) -> Expected:
    stored = _stored(network).items()
    return {name: (str(value.dtype).removeprefix("torch."), tuple(value.shape)) for name, value in stored}


def _stored(network: ImageNetwork) -> dict[str, torch.Tensor]:
    """Return the tensors of a network by their names in the file."""
    state = network.state_dict()
    return {_NETWORK + name: value for name, value in state.items() if not name.endswith(_COUNTER)}


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
