"""isthmus info: what a model file holds."""

import json
from typing import Annotated, Any

import typer

from isthmus.cli.options import Model

_WIDEST = 48


def info(
    model: Model,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show a model: its layers drawn as a sandwich, its training, and its error beside PCA's."""
    from isthmus.base import load

    fitted = load(model)
    facts = _facts(fitted)
    if as_json:
        print(json.dumps(facts, indent=2))
        return
    print("\n".join(sandwich(fitted)) + "\n")
    width = max(map(len, facts))
    for name, value in facts.items():
        if not isinstance(value, list):
            print(f"{name:{width}}  {f'{value:.6g}' if isinstance(value, float) else value}")
    print(f"\nOn held-out rows, {comparison(fitted)}.")


def comparison(model: Any) -> str:
    """The held-out error beside PCA's, in words."""
    shares = [
        f"{error / model.validation_variance_:.2%}" if model.validation_variance_ else "none"
        for error in (model.validation_error_, model.pca_error_)
    ]
    return f"{shares[0]} of the variance is lost, and with PCA {shares[1]}"


def sandwich(model: Any) -> list[str]:
    """The layers as bars, from the rows through the code and back."""
    n, activation = model.n_features_in_, model.activation
    layers = [("columns", n)]
    layers += [(f"dense, {activation}", width) for width in model.encoder_layers_ if model.module_.encoder.stack]
    layers += [("code", model.code_size_)]
    layers += [(f"dense, {activation}", width) for width in model.decoder_layers_ if model.module_.decoder.stack]
    layers += [("columns, reconstructed", n)]
    widest = max(width for _, width in layers)
    lines = []
    for label, width in layers:
        # By the square root, so that a code of 8 beside 784 columns can still be seen.
        bar = "█" * max(1, round(_WIDEST * (width / widest) ** 0.5))
        lines.append(f"{bar:^{_WIDEST}}  {width:>6}  {label}")
    return lines


def _facts(model: Any) -> dict[str, Any]:
    from isthmus.cli.frames import columns_of

    parameters = sum(p.numel() for p in model.module_.parameters())
    return {
        "estimator": type(model).__name__,
        "columns": model.n_features_in_,
        "column names": columns_of(model),
        "code size": model.code_size_,
        "encoder layers": list(model.encoder_layers_),
        "decoder layers": list(model.decoder_layers_),
        "activation": model.activation,
        "loss": model.loss_,
        "start": model.start,
        "scale": model.scale,
        "parameters": parameters,
        "epochs": model.n_epochs_,
        "best epoch": model.best_epoch_,
        "held-out variance": model.validation_variance_,
        "PCA's error": model.pca_error_,
        "error at the start": model.start_error_,
        "error at the best epoch": model.validation_error_,
    }
