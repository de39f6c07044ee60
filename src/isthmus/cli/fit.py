"""isthmus fit: from a table to a model file."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.cli.options import Format, Table, checked_format, names
from isthmus.errors import ParameterError


def fit(
    table: Table,
    output: Annotated[Path, typer.Option("-o", "--output", help="Model file to write.", show_default=False)],
    code_size: Annotated[
        str, typer.Option(help="Number of codes, or a share such as 0.95: as many as PCA needs to keep it.")
    ] = "0.95",
    encoder_layers: Annotated[
        str, typer.Option("--encoder-layers", "--layers", help="Hidden layers: a number, or nodes such as 256,128.")
    ] = "2",
    decoder_layers: Annotated[
        str | None, typer.Option(help="The same for the decoder.  [default: the encoder's mirror]")
    ] = None,
    activation: Annotated[
        str, typer.Option(help="identity, relu, leaky_relu, sigmoid, tanh, elu, gelu or silu.")
    ] = "relu",
    loss: Annotated[str, typer.Option(help="auto, mse or bce (for values in [0, 1]).")] = "auto",
    start: Annotated[str, typer.Option(help="pca or random.")] = "pca",
    noise: Annotated[
        str | None, typer.Option(help="Denoising: gaussian, masking or salt_and_pepper, also as masking:0.3.")
    ] = None,
    scale: Annotated[
        str, typer.Option(help="standard (each column by its deviation), global, none or auto.")
    ] = "standard",
    max_epochs: Annotated[int | None, typer.Option(help="Epochs at most.")] = None,
    batch_size: Annotated[str, typer.Option(help="Rows in a training step.")] = "auto",
    learning_rate: Annotated[float | None, typer.Option(help="Peak of the learning rate.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="Decoupled weight decay.")] = None,
    validation_fraction: Annotated[float | None, typer.Option(help="Share of the rows to hold out.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Epochs without a new best after which to end; 0: never.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option(help="Columns to use (repeat, or separate by commas).  [default: all]")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Columns to leave out.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, …")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed; the same one gives the same file.")] = 0,
    format: Format = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")] = False,
) -> None:
    """Fit an autoencoder to the columns of a table, and write it to a model file.

    Every column must hold numbers; leave others out with --exclude. Ctrl-C ends training and keeps the best
    epoch so far.
    """
    from isthmus.data import open_table

    parameters = {
        "code_size": _number("--code-size", code_size),
        "encoder_layers": _layers("--encoder-layers", encoder_layers),
        "decoder_layers": None if decoder_layers is None else _layers("--decoder-layers", decoder_layers),
        "activation": activation,
        "loss": loss,
        "start": start,
        "noise": _noise(noise),
        "scale": scale,
        "max_epochs": max_epochs,
        "batch_size": batch_size if batch_size == "auto" else _number("--batch-size", batch_size),
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "validation_fraction": validation_fraction,
        "device": device,
        "random_state": seed,
        "verbose": not quiet,
    }
    optional = ("max_epochs", "learning_rate", "weight_decay", "validation_fraction")
    parameters = {k: v for k, v in parameters.items() if v is not None or k not in optional}
    if patience is not None:
        parameters["patience"] = patience or None
    chosen = names(columns)
    with open_table(table, format=checked_format(format), columns=chosen or None, exclude=names(exclude)) as reader:
        rows, column_names, named = reader.read(), reader.columns, reader.named

    from isthmus.atomic import check_writable
    from isthmus.cli.frames import frame
    from isthmus.dense import Autoencoder

    check_writable(output)  # sooner than after an hour of training
    began = time.perf_counter()
    model = _fitted(Autoencoder(**parameters), frame(rows, column_names) if named else rows)
    model.save(output)
    if not quiet:
        _summary(model, len(rows), time.perf_counter() - began, output)


def _fitted(model: Any, rows: Any) -> Any:
    """Fit, and say in a sentence what a Python user is warned of."""
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(rows)
    for warning in caught:
        print(f"isthmus: {warning.message}", file=sys.stderr)
    return model


def _summary(model: Any, n_rows: int, seconds: float, output: Path) -> None:
    from isthmus.cli.info import comparison

    print(
        f"{n_rows} rows of {model.n_features_in_} columns, {model.code_size_} codes: {comparison(model)} "
        f"({model.n_epochs_} epochs, {seconds:.1f} s). Written to {output}.",
        file=sys.stderr,
    )


def _number(option: str, text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            raise ParameterError(f"{option} must be a number. Got {text!r} instead.") from None


def _layers(option: str, text: str) -> int | tuple[int, ...]:
    try:
        widths = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ParameterError(
            f"{option} must be a number of layers, or nodes separated by commas. Got {text!r} instead."
        ) from None
    return widths if "," in text else widths[0] if widths else 0


def _noise(text: str | None) -> str | tuple[str, float] | None:
    if text is None or ":" not in text:
        return text
    kind, _, strength = text.partition(":")
    return kind, float(_number("--noise", strength))
