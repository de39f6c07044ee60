"""isthmus fit: from a table to a model file."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.cli.network_options import (
    NOISES,
    STARTS,
    Activation,
    Columns,
    Device,
    EncoderLayers,
    Exclude,
    Loss,
    MaxEpochs,
    Scale,
    layers,
    listed_or,
    number,
    speaking,
)
from isthmus.cli.options import Format, Table, checked_format, names
from isthmus.cli.outputs import check_outputs, say
from isthmus.errors import InputError, ParameterError
from isthmus.words import counted


def fit(
    table: Table,
    output: Annotated[Path, typer.Option("-o", "--output", help="Model file to write.", show_default=False)],
    code_size: Annotated[
        str, typer.Option(help="Number of codes, or a share such as 0.95: as many as PCA needs to keep it.")
    ] = "0.95",
    encoder_layers: EncoderLayers = "2",
    decoder_layers: Annotated[
        str | None, typer.Option(help="The same for the decoder.  [default: the encoder's mirror]")
    ] = None,
    activation: Activation = "relu",
    loss: Loss = "auto",
    start: Annotated[str, typer.Option(help=f"{listed_or(STARTS)}.", autocompletion=lambda: STARTS)] = "pca",
    noise: Annotated[
        str | None,
        typer.Option(
            help=f"Denoising: {listed_or(NOISES)}, also with a strength: masking:0.3.",
            autocompletion=lambda: NOISES,
        ),
    ] = None,
    scale: Scale = "standard",
    ordered: Annotated[
        bool, typer.Option("--ordered", help="Codes in order: the first few of them are a smaller code.")
    ] = False,
    whiten: Annotated[
        bool, typer.Option("--whiten", help="Codes of unit variance (with --activation identity).")
    ] = False,
    max_epochs: MaxEpochs = 200,
    batch_size: Annotated[str, typer.Option(help="Rows in a training step.")] = "auto",
    learning_rate: Annotated[float, typer.Option(help="Peak of the learning rate.")] = 3e-3,
    weight_decay: Annotated[float, typer.Option(help="Decoupled weight decay.")] = 0.1,
    validation_fraction: Annotated[float, typer.Option(help="Share of the rows to hold out.")] = 0.1,
    patience: Annotated[int, typer.Option(help="Epochs without a new best after which to end; 0: never.")] = 30,
    columns: Columns = None,
    exclude: Exclude = None,
    device: Device = "auto",
    seed: Annotated[int, typer.Option(help="Seed; the same one gives the same file.")] = 0,
    format: Format = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")] = False,
) -> None:
    """Fit an autoencoder to the columns of a table.

    Every column must hold numbers; leave others out with --exclude. Ctrl-C ends training, and the best epoch so
    far is written.
    """
    from isthmus.tables import open_table

    parameters: dict[str, Any] = {
        "code_size": number("--code-size", code_size),
        "encoder_layers": layers("--encoder-layers", encoder_layers),
        "decoder_layers": None if decoder_layers is None else layers("--decoder-layers", decoder_layers),
        "activation": activation,
        "loss": loss,
        "start": start,
        "noise": _noise(noise),
        "scale": scale,
        "ordered": ordered,
        "whiten": whiten,
        "max_epochs": max_epochs,
        "batch_size": batch_size if batch_size == "auto" else number("--batch-size", batch_size),
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "validation_fraction": validation_fraction,
        "patience": patience or None,
        "device": device,
        "random_state": seed,
        "verbose": not quiet,
    }
    if str(output) == "-":
        raise ParameterError("--output must be the name of a file. Got '-' instead.")
    check_outputs(table, output)
    chosen = names(columns)
    with open_table(table, format=checked_format(format), columns=chosen or None, exclude=names(exclude)) as reader:
        from isthmus.estimators.dense import Autoencoder

        model = Autoencoder(**parameters)
        model.validate_parameters()  # sooner than after the last row of a long table
        rows, column_names, named = reader.read(), reader.columns, reader.named
    if len(rows) < 2:
        name = "standard input" if table == "-" else table
        raise InputError(f"{name}: has one row, and fitting needs at least two rows.")

    began = time.perf_counter()
    # Not a dataframe, of which scikit-learn would make two more copies.
    speaking(lambda: model.fit(rows, feature_names=column_names if named else None))
    model.save(output)
    if not quiet:
        _summary(model, len(rows), time.perf_counter() - began, output)


def _summary(model: Any, n_rows: int, seconds: float, output: Path) -> None:
    from isthmus.cli.info import comparison

    say(
        f"{counted(n_rows, 'row')} of {counted(model.n_features_in_, 'column')}, {counted(model.code_size_, 'code')}: "
        f"{comparison(model)} ({counted(model.n_epochs_, 'epoch')}, {seconds:.1f} s). Written to {output}."
    )


def _noise(text: str | None) -> str | tuple[str, float] | None:
    if text is None or ":" not in text:
        return text
    kind, _, strength = text.partition(":")
    return kind, float(number("--noise", strength))
