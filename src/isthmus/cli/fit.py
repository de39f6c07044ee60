"""isthmus fit: from a table to a model file."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isthmus.cli.options import Columns, Exclude, Format, Header, NoLimits, Table
from isthmus.cli.outputs import check_outputs, say, saying_warnings
from isthmus.cli.parameter_options import OptionsOf, Values, with_parameter_options
from isthmus.parameters import DENSE, Option
from isthmus.words import counted

if TYPE_CHECKING:
    from isthmus.estimators.dense import Autoencoder

_MACHINE = ("device", "backend", "random_state")
_NETWORK = tuple(p.name for p in DENSE if isinstance(p.option, Option) and p.name not in _MACHINE)


@with_parameter_options
def fit(
    table: Table,
    output: Annotated[Path, typer.Option("-o", "--output", help="Model file to write.")],
    *,
    network: Annotated[Values, OptionsOf(_NETWORK)],
    columns: Columns = None,
    exclude: Exclude = None,
    machine: Annotated[Values, OptionsOf(_MACHINE)],
    format: Format = None,
    header: Header = None,
    no_limits: NoLimits = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")] = False,
) -> None:
    """Fit an autoencoder to the columns of a table.

    Every column must hold numbers; leave others out with --exclude. Ctrl-C ends training, and the best epoch so
    far is written.
    """
    from isthmus.cli.whole_table import read_table

    parameters = {**network, **machine, "verbose": not quiet}
    check_outputs(table, model=output)
    DENSE.check("Autoencoder", parameters)  # before a long table is read
    read = read_table(
        table, format, header, limits=not no_limits, columns=columns, exclude=exclude, at_least=2,
        purpose="fitting",
    )  # fmt: skip

    from isthmus.estimators.dense import Autoencoder

    model = Autoencoder().set_params(**parameters)
    began = time.perf_counter()
    with saying_warnings():
        # Not a dataframe, of which scikit-learn would make two more copies.
        model.fit(read.rows, feature_names=read.columns if read.named else None)
    model.save(output)
    if not quiet:
        _summary(model, len(read.rows), time.perf_counter() - began, output)


def _summary(model: "Autoencoder", n_rows: int, seconds: float, output: Path) -> None:
    from isthmus.cli.info import comparison

    say(
        f"{counted(n_rows, 'row')} of {counted(model.n_features_in_, 'column')}, {counted(model.code_size_, 'code')}: "
        f"{comparison(model)} ({counted(model.n_epochs_, 'epoch')}, {seconds:.1f} s). Written to {output}."
    )
