"""isthmus info: what a model file holds."""

from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import Model, NoLimits
from isthmus.cli.outputs import print_lines, terminal_encoding
from isthmus.parameters import values_of
from isthmus.parameters.training import TRAINING
from isthmus.words import counted, percent

if TYPE_CHECKING:
    from isthmus.estimators.base import BaseAutoencoder

_WIDEST = 48
_DIGITS = 6
_MOST_NAMES = 8
# Facts that the page shows as bars, and those that say nothing about the model.
_BARS = {"columns", "code size", "encoder layers", "decoder layers", "filters", "decoder filters", "pooling"}
_NOT_ON_PAGE = {*_BARS, "activation", "dense code", "column names", "device", "verbose"}


def info(
    model: Model,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    no_limits: NoLimits = False,
) -> None:
    """Show a model: its layers, its parameters, and its error beside PCA's."""
    import json

    from isthmus.estimators.loading import load

    fitted = load(model, limits=not no_limits)
    print_lines(json.dumps(_facts(fitted), indent=2) if as_json else "\n".join(_page(fitted)))


def comparison(model: "BaseAutoencoder") -> str:
    """Return the model's error beside PCA's, in words."""
    ours, pca = (_share(model, error) for error in (model.validation_error_, model.pca_error_))
    return f"{ours} of the variance is lost, and with PCA {pca}"


def sandwich(model: "BaseAutoencoder") -> list[str]:
    """Return the layers as bars, from the rows through the code and back."""
    widest = max(layer.width for layer in model.layers)
    block = "█" if _can_print("█") else "#"
    lines = []
    for layer in model.layers:
        # By the square root, so that a code of 8 beside 784 columns can still be seen.
        bar = block * max(1, round(_WIDEST * (layer.width / widest) ** 0.5))
        name = layer.name if _can_print(layer.name) else layer.name.replace("×", "x")
        lines.append(f"{bar:^{_WIDEST}}  {layer.width:>{_DIGITS}}  {name}")
    return lines


def _page(model: "BaseAutoencoder") -> list[str]:
    shown = {"estimator": type(model).__name__, "parameters": _text(model.n_weights)}
    values = _network(model) | {name.replace("_", " "): value for name, value in _training(model).items()}
    shown |= {name: _text(value) for name, value in values.items() if name not in _NOT_ON_PAGE and value is not False}
    if names := _column_names(model):
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        shown["column names"] = ", ".join(names[:_MOST_NAMES]) + more
    seen = getattr(model, "n_samples_seen_", None)
    if seen is not None:
        shown |= {"rows seen, in parts": _text(seen), "epochs": _text(model.n_epochs_)}
    else:
        shown["epochs"] = f"{model.n_epochs_}, the best of which was {model.best_epoch_}"
    width = max(map(len, shown))
    errors = {
        "the mean alone": model.validation_variance_,
        **({f"PCA, {counted(model.code_size_, 'code')}": model.pca_error_} if hasattr(model, "pca_error_") else {}),
        f"this model, before {'training' if model.n_epochs_ == 0 or not seen else 'this part'}": model.start_error_,
        "this model": model.validation_error_,
    }
    scored = model.scored_rows if model.held_out_ else f"the {model.scored_rows}"
    scored = scored.replace("rows", "images") if _is_of_images(model) else scored
    return [
        *sandwich(model),
        "",
        *(f"{name:{width}}  {value}" for name, value in shown.items()),
        "",
        f"Mean squared error of {scored}, and the share of their variance that is lost:",
        *(
            f"  {name:28}{error:>12.6g}  {_share(model, error).replace('less than', '<'):>9}"
            for name, error in errors.items()
        ),
    ]


def _facts(model: "BaseAutoencoder") -> dict[str, object]:
    names = _column_names(model)
    return {
        "estimator": type(model).__name__,
        "columns": model.n_features_in_,
        **({"column names": names} if names else {}),
        **_network(model),
        "parameters": model.n_weights,
        "training": _training(model),
        "epochs": model.n_epochs_,
        "best epoch": model.best_epoch_,
        **({"rows seen": model.n_samples_seen_} if hasattr(model, "n_samples_seen_") else {}),
        "errors are of": model.scored_rows,
        "variance": model.validation_variance_,
        **({"PCA's error": model.pca_error_} if hasattr(model, "pca_error_") else {}),
        "error at the start": model.start_error_,
        "error at the best epoch": model.validation_error_,
    }


def _network(model: "BaseAutoencoder") -> dict[str, object]:
    """Return the parameters of the network, with what "auto", shares and numbers of layers came to."""
    values = {name: value for name, value in values_of(model).items() if name not in TRAINING}
    made = getattr(model, "architecture_", {})
    values |= {name: made[name] for name in values if name in made and name != "start"}
    values |= {name: getattr(model, f"{name}_") for name in values if name != "scale" and hasattr(model, f"{name}_")}
    has_dense_code = {"dense code": model.code_size is not None} if _is_of_images(model) else {}
    return has_dense_code | {name.replace("_", " "): value for name, value in values.items()}


def _training(model: "BaseAutoencoder") -> dict[str, object]:
    return {name: value for name, value in values_of(model).items() if name in TRAINING}


def _column_names(model: "BaseAutoencoder") -> list[str]:
    """Return the names of the columns; none for images, whose pixels have no names."""
    return [] if _is_of_images(model) and not hasattr(model, "feature_names_in_") else model.feature_names


def _is_of_images(model: "BaseAutoencoder") -> bool:
    return hasattr(model, "image_shape_")


def _share(model: "BaseAutoencoder", error: float) -> str:
    return percent(error / model.validation_variance_) if model.validation_variance_ else "none"


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        return " ".join(map(_text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}" if isinstance(value, float) else str(value)


def _can_print(character: str) -> bool:
    try:
        character.encode(terminal_encoding())
    except UnicodeEncodeError:
        return False
    return True
