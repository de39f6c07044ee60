"""Progress on standard error, where a person can see it: on a terminal or in a notebook."""
# ruff: noqa: PLC0415 — rich takes time to import, and most runs show nothing

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from isthmus.words import printable

if TYPE_CHECKING:
    from rich.console import Console


class ShowProgress(Protocol):
    """Shows how many steps are done, and what is being done now."""

    def __call__(self, n_done: float, description: str = "") -> None: ...


def progress_console(*, shown: bool) -> "Console | None":
    """Return the console for progress; None if it is unwanted, or without a terminal or a notebook."""
    if not shown:
        return None
    from rich.console import Console

    console = Console(stderr=True)
    return console if console.is_terminal or console.is_jupyter else None


@contextmanager
def progress_bar(unit: str, total: int, *, shown: bool, transient: bool = True) -> Iterator[ShowProgress]:
    """A progress bar of ``total`` steps with the time left, while the body runs; it yields the function that moves it.

    ``unit`` is what is counted, such as "epoch" or "pages". The bar is shown on terminals and in notebooks only, and
    only if ``shown``; a ``transient`` one disappears at the end.
    """
    console = progress_console(shown=shown)
    if console is None:
        yield lambda n_done, description="": None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(unit),
        MofNCompleteColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=transient) as progress:
        task = progress.add_task("", total=total)

        def show(n_done: float, description: str = "") -> None:
            progress.update(task, completed=n_done, description=printable(description))

        yield show
