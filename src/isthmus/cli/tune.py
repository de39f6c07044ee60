"""isthmus tune: the hyperparameters of a table's autoencoder, searched for."""

import time
from pathlib import Path
from typing import Annotated

import typer

from isthmus.cli.options import Columns, Exclude, Format, Header, NoLimits, Table
from isthmus.cli.outputs import (
    RESULT_FORMATS,
    check_outputs,
    print_lines,
    result_text,
    say,
    saying_warnings,
    write_text,
)
from isthmus.cli.parameter_options import OptionsOf, Values, with_parameter_options
from isthmus.errors import InputError, OutputError
from isthmus.parameters import DENSE
from isthmus.parameters.texts import auto_or_int

_OBJECTIVES = ("error", "code-size", "both")


def _searched(name: str, help: str = "") -> typer.models.OptionInfo:
    """Return the option for the range of a hyperparameter, whose help ends in the default range."""
    default = DENSE.search_space()[name]
    text = default if isinstance(default, str) else ",".join(map(str, default))
    option: typer.models.OptionInfo = typer.Option(f"--{name.replace('_', '-')}", help=f"{help}  [default: {text}]")
    return option


@with_parameter_options
def tune(
    table: Table,
    output: Annotated[Path, typer.Option("-o", "--output", help="Model file to write.")],
    *,
    trials: Annotated[int | None, typer.Option(
        help="Trials that the study is to have.  [default: 50; without limit with --timeout]")] = None,
    timeout: Annotated[float | None, typer.Option(
        help="Seconds for the search and the final fit, which stop in the middle. They begin when the table is read."
        )] = None,
    study: Annotated[str | None, typer.Option(
        help="SQLite file, or URL of a database, that keeps the trials.  [default: MODEL.study]")] = None,
    objective: Annotated[str, typer.Option(
        help="error (lowest, at one code size), code-size (fewest for --target-variance) or both (every size).",
        autocompletion=lambda: _OBJECTIVES)] = "error",
    target_variance: Annotated[float, typer.Option(help="Share that 'code-size' must explain.")] = 0.95,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes.")] = 1,
    folds: Annotated[str, typer.Option(
        help="Folds of the cross-validation; 1: a fifth of the rows is scored.")] = "auto",
    test_fraction: Annotated[float, typer.Option(help="Share of the rows that the search never sees.")] = 0.2,
    code_size: Annotated[str | None, typer.Option(
        help="Number of codes, a share (what PCA needs to keep it), mle, or a range 2:64.  [default: 0.95]")] = None,
    layers: Annotated[str | None, _searched("layers", "Hidden layers: 2, a range or a list.")] = None,
    nodes: Annotated[str | None, _searched("nodes", "Nodes of the first hidden layer.")] = None,
    taper: Annotated[str | None, _searched("taper", "Nodes of a layer as a share of those of the one before.")] = None,
    activation: Annotated[str | None, _searched("activation", "Such as relu,gelu.")] = None,
    loss: Annotated[str | None, typer.Option(
        help="mse or bce or both.  [default: mse, and bce for values in [0, 1]]")] = None,
    learning_rate: Annotated[str | None, _searched("learning_rate", DENSE["learning_rate"].help)] = None,
    weight_decay: Annotated[str | None, _searched("weight_decay", DENSE["weight_decay"].help)] = None,
    batch_size: Annotated[str | None, _searched("batch_size", DENSE["batch_size"].help)] = None,
    noise: Annotated[str | None, _searched("noise", "Denoising.")] = None,
    space: Annotated[Path | None, typer.Option(
        help="TOML file of such ranges, lists and values; options overrule it.")] = None,
    network: Annotated[Values, OptionsOf(("scale", "max_epochs"))],
    columns: Columns = None,
    exclude: Exclude = None,
    machine: Annotated[Values, OptionsOf(("device", "backend"))],
    seed: Annotated[int, typer.Option(help="Seed of everything.")] = 0,
    result: Annotated[Path | None, typer.Option(help="File to write all trials to: .csv, .json or .md.")] = None,
    report: Annotated[Path | None, typer.Option(
        help="HTML file to write a page about the search and the model to.")] = None,
    format: Format = None,
    header: Header = None,
    no_limits: NoLimits = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table.")] = False,
) -> None:  # fmt: skip
    """Search for the hyperparameters of a table's autoencoder, and write the best one.

    The default network is tried first and kept unless another is better by more than chance. A part of the rows is set
    aside and only tells what was found. Ranges are written 1:4, lists relu,gelu. Ctrl-C ends the search and writes the
    best so far; the same command goes on. Run it on several machines with one --study URL, and they share the search.
    """
    began = time.monotonic()
    options = {
        "code_size": code_size,
        "layers": layers, "nodes": nodes, "taper": taper, "activation": activation, "loss": loss,
        "learning_rate": learning_rate, "weight_decay": weight_decay, "batch_size": batch_size, "noise": noise,
    }  # fmt: skip
    chosen: Values = {} if space is None else _read_space(space)
    chosen |= {name: text for name, text in options.items() if text is not None}
    if result is not None and result.suffix.lower().removeprefix(".") not in RESULT_FORMATS:
        raise OutputError(f"{result}: its name must end in one of {', '.join(f'.{kind}' for kind in RESULT_FORMATS)}.")
    kept_in = f"{output}.study" if study is None else study
    check_outputs(table, result, report, model=output)
    if report is not None:
        from isthmus.system.extras import require
        from isthmus.system.suffixes import PAGE, check_suffix

        require("report")
        check_suffix(report, PAGE, "is to be an HTML page")
    from isthmus.cli.whole_table import read_table, rows_in_order
    from isthmus.estimators.dense import Autoencoder
    from isthmus.tuning import AutoencoderSearch
    from isthmus.tuning.database import shown

    search = AutoencoderSearch(
        Autoencoder().set_params(**network, **machine), space=chosen,
        objective=objective, target_variance=target_variance, n_trials=trials, timeout=timeout,
        folds=auto_or_int("--folds", folds), test_fraction=test_fraction,
        study=kept_in, n_jobs=jobs, random_state=seed, verbose=not quiet,
    )  # fmt: skip
    search.validate_parameters()  # before a long table is read
    read = read_table(
        table, format, header, limits=not no_limits, columns=columns, exclude=exclude
    )  # fmt: skip
    started = time.monotonic() - began
    with saying_warnings():
        search.fit(read.rows, feature_names=read.columns if read.named else None)
    search.best_estimator_.save(output)
    if result is not None:
        write_text(result, result_text(search.result_, result.suffix.lower().removeprefix(".")))
    if report is not None:
        title = f"{'standard input' if table == '-' else Path(table).name}, tuned"
        with rows_in_order():
            search.report(read.rows[search.test_index_], path=report, title=title)
    if not quiet:
        print_lines(str(search.result_))
        files = {"the trials": result, "the report": report}
        also = "".join(f", {what} to {file}" for what, file in files.items() if file is not None)
        if timeout is not None:
            say(f"Starting up and reading took {started:.1f} s before the {timeout:g} s of --timeout.")
        say(f"The model is written to {output}{also}; the study is {shown(kept_in)}.")
    if search.interrupted_:
        raise KeyboardInterrupt


def _read_space(path: Path) -> Values:
    """Read a TOML table of hyperparameters; arrays are lists of choices, and texts are read as those of options."""
    import tomllib

    from isthmus.system.files import open_input

    with open_input(path, InputError, "a TOML file", pipes=True) as file:
        try:
            return tomllib.load(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: is not valid TOML ({error}).") from error
