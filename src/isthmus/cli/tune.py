"""isthmus tune: the hyperparameters of a table's autoencoder, searched for."""

from pathlib import Path
from typing import Annotated, Any

import typer

from isthmus.cli.network_options import Columns, Device, Exclude, MaxEpochs, Scale, number, speaking
from isthmus.cli.options import Format, Table, checked_format, names
from isthmus.cli.outputs import check_outputs, print_text, say, write_text
from isthmus.errors import InputError, OutputError, ParameterError

_OBJECTIVES = ("error", "code-size", "both")
_RESULTS = ("csv", "json", "md")


def tune(
    table: Table,
    output: Annotated[Path, typer.Option("-o", "--output", help="Model file to write.", show_default=False)],
    trials: Annotated[
        int | None, typer.Option(help="Trials that the study is to have.  [default: 50; without limit with --timeout]")
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds for this run.", show_default=False)] = None,
    study: Annotated[
        str | None,
        typer.Option(help="SQLite file, or URL of a database, that keeps the trials.  [default: MODEL.study]"),
    ] = None,
    objective: Annotated[
        str,
        typer.Option(
            help="error (lowest, at one code size), code-size (fewest for --target-variance) or both (every size).",
            autocompletion=lambda: _OBJECTIVES,
        ),
    ] = "error",
    target_variance: Annotated[float, typer.Option(help="Share that 'code-size' must explain.")] = 0.95,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes.")] = 1,
    folds: Annotated[
        str, typer.Option(help="Folds of the cross-validation; 1: a fifth of the rows is scored.")
    ] = "auto",
    test_fraction: Annotated[float, typer.Option(help="Share of the rows that the search never sees.")] = 0.2,
    code_size: Annotated[
        str | None,
        typer.Option(help="Number of codes, a share (what PCA needs to keep it), or a range 2:64.  [default: 0.95]"),
    ] = None,
    layers: Annotated[
        str | None, typer.Option("--layers", help="Hidden layers: 2, a range or a list.  [default: 1:4]")
    ] = None,
    nodes: Annotated[str | None, typer.Option(help="Nodes of the first hidden layer.  [default: 32:512]")] = None,
    taper: Annotated[
        str | None, typer.Option(help="Nodes of a layer as a share of those of the one before.  [default: 0.5:1]")
    ] = None,
    activation: Annotated[
        str | None, typer.Option(help="Such as relu,gelu.  [default: relu,leaky_relu,gelu,silu,tanh,elu]")
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help="mse or bce or both.  [default: mse, and bce for values in [0, 1]]")
    ] = None,
    learning_rate: Annotated[str | None, typer.Option(help="Peak of it.  [default: 0.0005:0.01]")] = None,
    weight_decay: Annotated[str | None, typer.Option(help="Decoupled.  [default: 0.003:1]")] = None,
    batch_size: Annotated[str | None, typer.Option(help="Rows in a training step.  [default: auto,64,128,256]")] = None,
    noise: Annotated[str | None, typer.Option(help="[default: none,gaussian:0.03,gaussian:0.1,masking:0.05]")] = None,
    space: Annotated[
        Path | None,
        typer.Option(help="TOML file of such ranges, lists and values; options overrule it.", show_default=False),
    ] = None,
    scale: Scale = "standard",
    max_epochs: MaxEpochs = 200,
    columns: Columns = None,
    exclude: Exclude = None,
    device: Device = "auto",
    seed: Annotated[int, typer.Option(help="Seed of everything.")] = 0,
    result: Annotated[
        Path | None,
        typer.Option(help="File to write all trials to: .csv, .json or .md.", show_default=False),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="HTML file to write a page about the search and the model to.", show_default=False),
    ] = None,
    format: Format = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table.")] = False,
) -> None:
    """Search for the hyperparameters of a table's autoencoder, and write the best one.

    The default network is tried first and kept unless another is better by more than chance. A part of the rows is set
    aside and only tells what was found. Ranges are written 1:4, lists relu,gelu. Ctrl-C ends the search and writes the
    best so far; the same command goes on. Run it on several machines with one --study URL, and they share the search.
    """
    from isthmus.tables import open_table

    if str(output) == "-":
        raise ParameterError("--output must be the name of a file. Got '-' instead.")
    options = {
        "code_size": code_size,
        "layers": layers, "nodes": nodes, "taper": taper, "activation": activation, "loss": loss,
        "learning_rate": learning_rate, "weight_decay": weight_decay, "batch_size": batch_size, "noise": noise,
    }  # fmt: skip
    chosen: dict[str, Any] = {} if space is None else _read_space(space)
    chosen |= {name: text for name, text in options.items() if text is not None}
    if result is not None and result.suffix.lower().removeprefix(".") not in _RESULTS:
        raise OutputError(f"{result}: its name must end in one of {', '.join(f'.{kind}' for kind in _RESULTS)}.")
    kept_in = f"{output}.study" if study is None else study
    check_outputs(table, output, result, report)
    if report is not None:
        from isthmus.system.extras import require

        require("report")
    with open_table(
        table, format=checked_format(format), columns=names(columns) or None, exclude=names(exclude)
    ) as reader:
        from isthmus.estimators.dense import Autoencoder
        from isthmus.tuning import AutoencoderSearch

        search = AutoencoderSearch(
            Autoencoder(scale=scale, max_epochs=max_epochs, device=device),
            space=chosen,
            objective=objective,
            target_variance=target_variance,
            n_trials=trials,
            timeout=timeout,
            folds=folds if folds == "auto" else int(number("--folds", folds)),
            test_fraction=test_fraction,
            study=kept_in,
            n_jobs=jobs,
            random_state=seed,
            verbose=not quiet,
        )
        search.validate_parameters()  # sooner than after the last row of a long table
        rows, column_names, named = reader.read(), reader.columns, reader.named
    from isthmus.cli.stream import frame

    X = frame(rows, column_names) if named else rows
    speaking(lambda: search.fit(X))
    search.best_estimator_.save(output)
    if result is not None:
        found, kind = search.result_, result.suffix.lower().removeprefix(".")
        write_text(result, {"csv": found.to_csv, "json": found.to_json, "md": found.to_markdown}[kind]())
    if report is not None:
        unseen = rows[search.test_index_]
        title = f"{'standard input' if table == '-' else Path(table).name}, tuned"
        search.report(frame(unseen, column_names) if named else unseen, path=report, title=title)
    if not quiet:
        print_text(f"{search.result_}\n")
        files = {"the trials": result, "the report": report}
        also = "".join(f", {what} to {file}" for what, file in files.items() if file is not None)
        say(f"The model is written to {output}{also}; the study is {_shown(kept_in)}.")
    if search.interrupted_:
        raise KeyboardInterrupt


def _read_space(path: Path) -> dict[str, Any]:
    """A TOML table of hyperparameters; arrays are lists of choices, and texts are read as those of options."""
    import tomllib

    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        from isthmus.system.files import reason

        raise InputError(f"{path}: cannot be read ({reason(error)}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no TOML ({error}).") from error
    return read


def _shown(study: str) -> str:
    from isthmus.tuning.storage import shown

    return shown(study)
