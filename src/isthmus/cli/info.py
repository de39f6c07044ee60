"""isthmus info: what a model file holds."""

import json
import sys
from typing import Annotated, Any

import typer

from isthmus.cli.options import Model

_WIDEST = 48
_DIGITS = 6
_MOST_NAMES = 8
_SWITCHES = ("batch norm", "skips")


def info(
    model: Model,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show a model: its layers, and its error beside PCA's."""
    from isthmus.estimators.loading import load
    from isthmus.system.standard_output import standard_output

    fitted = load(model)
    text = json.dumps(_facts(fitted), indent=2) if as_json else "\n".join(_page(fitted))
    with standard_output() as stream:
        stream.write((text + "\n").encode(_encoding(), "replace"))


def comparison(model: Any) -> str:
    """The error beside PCA's, in words."""
    ours, pca = (_share(model, error) for error in (model.validation_error_, model.pca_error_))
    return f"{ours} of the variance is lost, and with PCA {pca}"


def sandwich(model: Any) -> list[str]:
    """The layers as bars, from the rows through the code and back."""
    layers = model.layers
    widest = max(layer.width for layer in layers)
    block = "█" if _can_print("█") else "#"
    lines = []
    for layer in layers:
        # By the square root, so that a code of 8 beside 784 columns can still be seen.
        bar = block * max(1, round(_WIDEST * (layer.width / widest) ** 0.5))
        name = layer.name if _can_print(layer.name) else layer.name.replace("×", "x")
        lines.append(f"{bar:^{_WIDEST}}  {layer.width:>{_DIGITS}}  {name}")
    return lines


def _page(model: Any) -> list[str]:
    facts = _facts(model)
    names = facts.get("column names", [])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    shown = {name: facts[name] for name in ("estimator", "parameters", "loss", "start", "scale", "noise")}
    shown |= {name: "yes" for name in ("ordered", "whiten", *_SWITCHES) if facts.get(name)}
    shown |= {name: facts[name] for name in ("image shape", "kernel size", "patch") if name in facts}
    shown |= {"column names": ", ".join(names[:_MOST_NAMES]) + more} if names else {}
    shown |= {name.replace("_", " "): value for name, value in facts["training"].items()}
    shown |= {"epochs": f"{facts['epochs']}, the best of which was {facts['best epoch']}"}
    width = max(map(len, shown))
    errors = {
        "the mean alone": facts["held-out variance"],
        **({f"PCA, {model.code_size_} codes": facts["PCA's error"]} if "PCA's error" in facts else {}),
        "this model, before training": facts["error at the start"],
        "this model": facts["error at the best epoch"],
    }
    rows = "images" if "image shape" in facts else "rows"
    scored = f"the training {rows}" if _has_seen_every_row(model) else f"held-out {rows}"
    return [
        *sandwich(model),
        "",
        *(f"{name:{width}}  {_text(value)}" for name, value in shown.items()),
        "",
        f"Mean squared error of {scored}, and the share of their variance that is lost:",
        *(f"  {name:28}{error:>12.6g}  {_share(model, error):>9}" for name, error in errors.items()),
    ]


def _facts(model: Any) -> dict[str, Any]:
    settings = model.get_params(deep=False)
    training = ("batch_size", "learning_rate", "weight_decay", "validation_fraction", "patience", "random_state")
    return {
        "estimator": type(model).__name__,
        "columns": model.n_features_in_,
        **_shape_of(model),
        "activation": model.activation,
        "loss": model.loss_,
        "start": model.start,
        "scale": model.scale,
        "noise": model.noise,
        **{name: settings[name] for name in ("ordered", "whiten") if name in settings},
        "parameters": sum(p.numel() for p in model.module_.parameters()),
        "training": {name: settings[name] for name in training if name in settings},
        "epochs": model.n_epochs_,
        "best epoch": model.best_epoch_,
        "held-out variance": model.validation_variance_,
        **({"PCA's error": model.pca_error_} if hasattr(model, "pca_error_") else {}),
        "error at the start": model.start_error_,
        "error at the best epoch": model.validation_error_,
    }


def _shape_of(model: Any) -> dict[str, Any]:
    """Columns, codes and layers: of tables, or of images."""
    from isthmus.cli.stream import columns_of

    if not hasattr(model, "image_shape_"):
        return {
            "column names": columns_of(model),
            "code size": model.code_size_,
            "encoder layers": list(model.encoder_layers_),
            "decoder layers": list(model.decoder_layers_),
        }
    settings = model.architecture_
    return {
        **({"column names": columns_of(model)} if hasattr(model, "feature_names_in_") else {}),
        "image shape": list(model.image_shape_),
        "code size": model.code_size_,
        "dense code": model.code_size is not None,
        **{name: list(settings[name.replace(" ", "_")]) for name in ("filters", "decoder filters", "pooling")},
        **{name: settings[name.replace(" ", "_")] for name in ("kernel size", "patch", *_SWITCHES)},
    }


def _has_seen_every_row(model: Any) -> bool:
    """Whether no rows were held out: on demand, or since a linear network has no epoch to choose."""
    return model.is_linear or bool(model.validation_fraction == 0)


def _share(model: Any, error: float) -> str:
    return f"{100 * error / model.validation_variance_:.3g} %" if model.validation_variance_ else "none"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        return " ".join(map(_text, value))
    return f"{value:,}" if isinstance(value, int) else "none" if value is None else str(value)


def _can_print(character: str) -> bool:
    try:
        character.encode(_encoding())
    except UnicodeEncodeError:
        return False
    return True


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"
