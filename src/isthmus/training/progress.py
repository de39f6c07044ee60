"""The progress bar of a fit: epochs, the held-out error, PCA's error on the same rows, and the time left."""

from collections.abc import Iterator
from contextlib import contextmanager

from isthmus.system.progress import progress_bar
from isthmus.training.history import History, OnEpoch


@contextmanager
def epoch_bar(max_epochs: int, unit: float, pca_error: float | None, *, shown: bool) -> Iterator[OnEpoch]:
    """Show a progress bar while the body runs; yields a function to call after every epoch.

    Errors are multiplied by ``unit``, which gives them the units of ``pca_error``.
    """
    beside = "" if pca_error is None else f"  PCA {pca_error:.4g}"
    with progress_bar("epochs", max_epochs, shown=shown, transient=False) as show:
        show(0, beside.strip())

        def show_epoch(history: History) -> None:
            best = history.held_out_error[history.best_epoch] * unit
            error = history.held_out_error[-1] * unit
            show(history.n_epochs, f"error {error:.4g}  best {best:.4g}{beside}")

        yield show_epoch
