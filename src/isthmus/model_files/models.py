"""Models to files and back: a ``Fitted`` as settings and tensors, and a ``Fitted`` from them."""

import math
import os
import warnings
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from isthmus.dense.arrays import DenseArrays
from isthmus.errors import ModelFileError, ParameterError
from isthmus.fitting.fitted import Fitted, squared_unit_of
from isthmus.model_files.container import Tensors, model_file_of, open_model_file, write_model_file
from isthmus.model_files.schema import STATISTICS, Column, ConvolutionalSettings, DenseSettings, Settings
from isthmus.model_files.sections import INTEGER, TEXT
from isthmus.parameters.training import BACKEND
from isthmus.pca.axes import PrincipalAxes
from isthmus.rows.scaling import Columns, ColumnStatistics, scale_of
from isthmus.system.extras import require
from isthmus.system.surroundings import own_surroundings
from isthmus.training.history import History

_NETWORK = "network."
_MAX_SCALE = 1e150  # larger than that of any fit, and its square is a number
# Names that ``Fitted`` and the settings share.
_SAME = ("n_samples", "loss", "start_error", "validation_error", "validation_variance", "pca_error")
# Names that networks and their settings share.
_DENSE = {field.name for field in fields(DenseArrays)} & {field.name for field in fields(DenseSettings)}
# A parameter that earlier versions lack, at its default: they read files without it.
_LEFT_OUT = BACKEND.name, BACKEND.default


@dataclass(frozen=True, eq=False)
class SavedModel:
    """Everything that a model file holds: an estimator's class and parameters, and what its fit found.

    ``feature_names`` is None where the columns have no names, and ``image_layout`` ("rows", "images" or "channels": the
    form of the training images) for tables. ``checksum`` is that of the file that the model was read from.
    """

    estimator: str
    parameters: Mapping[str, object]
    n_features_in: int
    feature_names: Iterable[Hashable] | None
    fitted: Fitted[Any]
    image_layout: str | None = None
    checksum: str | None = None


def write_model(path: str | os.PathLike[str], model: SavedModel) -> None:
    """Write a model to one file, whole or not at all; parameters that JSON cannot hold become null.

    So do the labels of columns if they are not all text or all integers, with a warning.

    ParameterError if a tensor holds NaN or an infinity, OutputError if the file cannot be written.
    """
    write_model_file(path, *_written(model))


def checksum_of(model: SavedModel) -> str:
    """Return the checksum that the file of a model has when it is written; the errors are those of ``write_model``."""
    return model_file_of(*_written(model)).checksum


@own_surroundings()
def read_model(path: str | os.PathLike[str], estimators: Collection[str], *, limits: bool = True) -> SavedModel:
    """Read the model in a file, which must be of one of these estimators; its network is on the CPU.

    ModelFileErrors are one sentence that begins with the name of the file. ``isthmus.load`` explains ``limits``.
    """
    with open_model_file(path, limits=limits) as file:
        name = file.settings.get("estimator")
        schema = next((schema for schema in (DenseSettings, ConvolutionalSettings) if schema.estimator == name), None)
        if schema is None or schema.estimator not in estimators:
            raise ModelFileError(f"the model is of class {str(name)[:80]!r}, not {' or '.join(estimators)}")
        parameters = _parameters(schema, file.settings.get("parameters"))
        settings = schema.read(file.settings.get("fitted"), "'fitted'")
        if isinstance(settings, DenseSettings):
            tensors = file.read_tensors(settings.tensors())
            network: Any = _dense_network(settings, tensors)
            return _restored(parameters, settings, tensors, network, file.checksum)
        if limits:
            settings.check_size()
        require("images")
        from isthmus.model_files.images import read_image_network  # noqa: PLC0415 — needs torch, which is optional

        network, tensors = read_image_network(file, settings)
        return _restored(parameters, settings, tensors, network, file.checksum)


def _parameters(schema: type[Settings], found: object) -> dict[str, object]:
    """Check the parameters of an estimator, whose tuples are lists in JSON."""
    names = {parameter.name for parameter in schema.parameters}
    if not isinstance(found, dict) or not names - {BACKEND.name} <= found.keys() <= names:
        raise ModelFileError(f"the parameters are not those of {schema.estimator}")
    parameters = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    try:
        schema.parameters.check(schema.estimator, parameters)
    except ParameterError as error:
        raise ModelFileError(str(error).rstrip(".")) from None
    return parameters


def _written(model: SavedModel) -> tuple[Tensors, dict[str, object]]:
    """Return the tensors and the settings of a model's file."""
    parameters = {
        name: value if _is_json(value) else None
        for name, value in model.parameters.items()
        if (name, value) != _LEFT_OUT
    }
    settings, tensors = _contents(model)
    return tensors, {"estimator": model.estimator, "parameters": parameters, "fitted": settings.written()}


def _contents(model: SavedModel) -> tuple[Settings, Tensors]:
    fitted, network, history = model.fitted, model.fitted.network, model.fitted.history
    errors = {"training_error": history.training_error, "validation_error": history.held_out_error}
    common: dict[str, Any] = {
        "n_features_in": model.n_features_in, "feature_names": _names(model.feature_names),
        "n_epochs": history.n_epochs, "best_epoch": history.best_epoch,
        "history": _with_null({"epoch": range(history.n_epochs + 1), **errors}),
    }  # fmt: skip
    common |= _values(fitted, _SAME) | {"in_parts": fitted.in_parts, "row_type": fitted.row_type}
    if fitted.held_out != _holds_out(model.parameters, linear=fitted.variances is not None, in_parts=fitted.in_parts):
        common["held_out"] = fitted.held_out
    tensors: Tensors = {f"statistics.{name}": getattr(fitted.columns.statistics, name) for name in STATISTICS}
    if fitted.in_parts:  # the statistics are those of all parts, and do not tell the scale of the first
        tensors["statistics.scale"] = fitted.columns.scale
    if not isinstance(network, DenseArrays):
        from isthmus.model_files.images import image_contents  # noqa: PLC0415

        own, weights = image_contents(network)
        tensors, common, layout = tensors | weights, common | own, model.image_layout or "images"
        return ConvolutionalSettings(**common, image_shape=network.image_shape, layout=layout), tensors
    tensors |= {_NETWORK + name: value for name, value in network.arrays.items()}
    tensors |= {"pca.axes": fitted.axes.axes.astype(network.precision), "pca.spread": fitted.axes.spread}
    if fitted.variances is not None:
        tensors["linear.variances"] = fitted.variances
    if fitted.factor is not None:
        tensors["linear.factor"] = fitted.factor
        common["factor_rows"] = len(fitted.factor)
    common |= _values(network, _DENSE) | {"code_size": fitted.code_size, "precision": network.precision}
    common |= {"takes_over": network.first_sizes, "n_axes": len(fitted.axes.axes)}
    common |= {"linear": fitted.variances is not None, "errors_by_size": _with_null(fitted.errors_by_size)}
    return DenseSettings(**common), tensors


def _restored(
    parameters: dict[str, object], settings: Settings, tensors: Tensors, network: Any, checksum: str
) -> SavedModel:
    scale, in_parts = str(parameters["scale"]), settings.in_parts
    statistics = ColumnStatistics(*(tensors[f"statistics.{name}"] for name in STATISTICS))
    axes, by_size = PrincipalAxes(np.zeros((0, settings.n_features_in)), np.zeros(0)), {}
    if isinstance(settings, DenseSettings):
        axes = PrincipalAxes(tensors["pca.axes"].astype(np.float64), tensors["pca.spread"])
        by_size = {name: np.array(column) for name, column in _with_nan(settings.errors_by_size).items()}
    if not ((tensors["network.scale"] > 0) & (tensors["network.scale"] <= _MAX_SCALE)).all():
        raise ModelFileError(f"tensor 'network.scale' must be above 0 and at most {_MAX_SCALE:g}")
    errors, variances = _with_nan(settings.history), tensors.get("linear.variances")
    held_out = settings.held_out
    if held_out is None:
        held_out = _holds_out(parameters, linear=variances is not None, in_parts=in_parts)
    column_scale = tensors["statistics.scale"] if in_parts else scale_of(scale, statistics)
    fitted = Fitted(
        network=network, code_size=network.code_size, axes=axes, variances=variances, errors_by_size=by_size,
        columns=Columns(statistics, column_scale),
        squared_unit=squared_unit_of(scale, float(tensors["network.scale"][0])),
        held_out=held_out, in_parts=in_parts, row_type=settings.row_type, factor=tensors.get("linear.factor"),
        history=History(errors["training_error"], errors["validation_error"], settings.best_epoch),
        **_values(settings, _SAME),
    )  # fmt: skip
    layout = settings.layout if isinstance(settings, ConvolutionalSettings) else None
    labels = settings.feature_names
    return SavedModel(settings.estimator, parameters, settings.n_features_in, labels, fitted, layout, checksum)


def _dense_network(settings: DenseSettings, tensors: Tensors) -> DenseArrays:
    weights = {name.removeprefix(_NETWORK): value for name, value in tensors.items() if name.startswith(_NETWORK)}
    own, first_sizes = _values(settings, _DENSE), settings.takes_over
    return DenseArrays(settings.n_features_in, output=settings.output, first_sizes=first_sizes, arrays=weights, **own)


def _holds_out(parameters: Mapping[str, object], *, linear: bool, in_parts: bool) -> bool:
    """Return whether a fit holds out rows, if it has enough of them."""
    return not linear and not in_parts and parameters["validation_fraction"] != 0


def _values(owner: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(owner, name) for name in names}


def _names(labels: Iterable[Hashable] | None) -> list[str] | list[int] | None:
    """Return the labels of columns as JSON has them: all text or all integers, and otherwise null."""
    if labels is None or all(map(TEXT.allows, labels)):
        return labels if labels is None else [str(label) for label in labels]
    if all(INTEGER.allows(label) for label in labels):
        return [int(label) for label in labels]  # type: ignore[call-overload]
    example = next(label for label in labels if not TEXT.allows(label))
    warnings.warn(
        f"The labels of the columns are not saved, since model files hold text or integers, and one is {example!r}.",
        stacklevel=6,
    )
    return None


def _with_null(table: Mapping[str, Iterable[float]]) -> dict[str, Column]:
    """Return columns as JSON has them, with null for NaN."""
    return {name: [None if math.isnan(value) else value for value in column] for name, column in table.items()}


def _with_nan(table: dict[str, Column]) -> dict[str, list[float]]:
    return {name: [math.nan if value is None else value for value in column] for name, column in table.items()}


def _is_json(value: object) -> bool:
    """Return whether JSON can hold a parameter (not a RandomState, for example)."""
    if isinstance(value, tuple | list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int | float | np.integer | np.floating | np.bool_)
