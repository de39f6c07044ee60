"""What the model files of all estimators have in common: parameters, statistics, history and errors."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from isthmus.errors import ModelFileError, ParameterError
from isthmus.networks import RowAutoencoder
from isthmus.rows.scaling import ColumnStatistics, scale_of

Expected = dict[str, tuple[str, tuple[int, ...]]]

_STATISTICS = ("mean", "deviation", "minimum", "maximum")
_HISTORY = {"epoch", "training_error", "validation_error"}
_ERRORS = ("start_error", "validation_error", "validation_variance")
_NOT_STORED = "num_batches_tracked"  # counts of batch norms, on which nothing depends


def common_contents(model: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The tensors and settings that every fitted estimator has."""
    tensors = {f"network.{name}": value.cpu().numpy() for name, value in _stored(model.module_).items()}
    tensors |= {f"statistics.{name}": getattr(model._statistics, name) for name in _STATISTICS}
    fitted = {
        "loss": model.loss_,
        "n_samples": model.n_samples_,
        "n_epochs": model.n_epochs_,
        "best_epoch": model.best_epoch_,
        "history": without_nan(model.history_),
        **{name: getattr(model, name + "_") for name in _ERRORS},
    }
    return tensors, fitted


def checked(check: Callable[[dict[str, Any]], Expected], settings: dict[str, Any], model_class: Any) -> Expected:
    """What ``check`` makes of the section "fitted"; any failure within is the file's fault."""
    try:
        model_with_parameters(settings, model_class)
        check_common(settings["fitted"])
        return check(settings["fitted"])
    except ModelFileError:
        raise
    except ParameterError as error:
        raise ModelFileError(f"the settings cannot be right: {error}".rstrip(".")) from None
    except (LookupError, TypeError, ValueError, RuntimeError, OverflowError):
        raise ModelFileError(f"the settings are not those of an {model_class.__name__}") from None


def check_common(fitted: Any) -> None:
    """Refuse whatever ``common_contents`` would not have written."""
    require(isinstance(fitted, dict), "fitted")
    for name in ("n_features_in", "n_samples"):
        require(is_count(fitted[name], 1), name)
    for name in ("n_epochs", "best_epoch"):
        require(is_count(fitted[name], 0), name)
    check_one_of(fitted, "loss", ("mse", "bce"))
    names = fitted["feature_names"]
    if names is not None:
        require(isinstance(names, list) and len(names) == fitted["n_features_in"], "feature_names")
        require(all(isinstance(name, str) for name in names), "feature_names")
    for name in _ERRORS:
        require(is_number(fitted[name]), name)
    history, n_entries = fitted["history"], fitted["n_epochs"] + 1
    require(isinstance(history, dict) and set(history) == _HISTORY, "history")
    for series in history.values():
        check_series(series, n_entries, "history")
    require(fitted["best_epoch"] <= fitted["n_epochs"], "best_epoch")


def common_tensors(network: RowAutoencoder, n_columns: int) -> Expected:
    """Data types and shapes of the tensors that every fitted estimator has, for a network without memory."""
    expected = {
        f"network.{name}": (str(value.dtype).removeprefix("torch."), tuple(value.shape))
        for name, value in _stored(network).items()
    }
    return expected | {f"statistics.{name}": ("float64", (n_columns,)) for name in _STATISTICS}


def restore_common(model: Any, network: RowAutoencoder, tensors: dict[str, np.ndarray], fitted: dict[str, Any]) -> None:
    """Make an estimator fitted, with a network that is laid out without memory."""
    weights = {
        name.removeprefix("network."): torch.from_numpy(value)
        for name, value in tensors.items()
        if name.startswith("network.")
    }
    counts = {name: torch.zeros((), dtype=torch.int64) for name in network.state_dict() if name.endswith(_NOT_STORED)}
    network.load_state_dict(weights | counts, assign=True)
    model.module_ = network.eval()
    model._statistics = ColumnStatistics(*(tensors[f"statistics.{name}"] for name in _STATISTICS))
    model.mean_, model.scale_ = model._statistics.mean, scale_of(model.scale, model._statistics)
    if fitted["feature_names"] is not None:
        model.feature_names_in_ = np.array(fitted["feature_names"], dtype=object)
    for name in ("n_features_in", "loss", "n_samples", "n_epochs", "best_epoch", *_ERRORS):
        setattr(model, name + "_", fitted[name])
    model.history_ = with_nan(fitted["history"])


def model_with_parameters(settings: dict[str, Any], model_class: Any) -> Any:
    """The unfitted estimator."""
    parameters = settings["parameters"]
    if not isinstance(parameters, dict) or set(parameters) != set(model_class().get_params(deep=False)):
        raise ModelFileError(f"the parameters are not those of an {model_class.__name__}")
    model = model_class(**{k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()})
    model.validate_parameters()
    return model


def without_nan(table: dict[str, Any]) -> dict[str, list[Any]]:
    """Columns as JSON has them, with null for NaN."""
    return {name: [None if math.isnan(value) else value for value in column] for name, column in table.items()}


def with_nan(table: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Columns as they were before ``without_nan``."""
    return {name: [math.nan if value is None else value for value in column] for name, column in table.items()}


def check_series(series: Any, length: int, name: str) -> None:
    require(isinstance(series, list) and len(series) == length, name)
    require(all(value is None or is_number(value) for value in series), name)


def check_one_of(fitted: dict[str, Any], name: str, choices: tuple[str, ...]) -> None:
    require(isinstance(fitted[name], str) and fitted[name] in choices, name)


def require(holds: bool, name: str) -> None:
    """Refuse the file unless the setting of this name is as it must be."""
    if not holds:
        raise ModelFileError(f"the setting {name!r} has a value that it cannot have")


def is_count(value: object, minimum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value < 2**40


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _stored(network: RowAutoencoder) -> dict[str, torch.Tensor]:
    return {name: value for name, value in network.state_dict().items() if not name.endswith(_NOT_STORED)}
