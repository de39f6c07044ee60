"""The progress bar of a fit: epoch, held-out error, PCA's error on the same rows, time left; on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from isthmus.training.history import History, OnEpoch


@contextmanager
def epoch_bar(max_epochs: int, unit: float, pca_error: float | None, *, shown: bool) -> Iterator[OnEpoch | None]:
    """A function to be called after every epoch, or None if nothing is to be shown (no terminal).

    ``unit`` brings errors to the units in which ``pca_error`` is given, if there is one to compare with.
    """
    console = Console(stderr=True)
    if not shown or not (console.is_terminal or console.is_jupyter):
        yield None
        return

    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        beside = "" if pca_error is None else f"  PCA {pca_error:.4g}"
        task = progress.add_task(beside.strip(), total=max_epochs)

        def show(history: History) -> None:
            best = history.held_out_error[history.best_epoch] * unit
            error = history.held_out_error[-1] * unit
            progress.update(task, advance=1, description=f"error {error:.4g}  best {best:.4g}{beside}")

        yield show
