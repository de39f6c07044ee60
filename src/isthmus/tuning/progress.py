"""The best trials so far beside PCA, and the time left, on stderr while a search runs."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from isthmus.system.progress import progress_console
from isthmus.tuning.interrupts import defer_sigint
from isthmus.tuning.record import TrialRecord, completed
from isthmus.words import counted

if TYPE_CHECKING:
    from optuna import Study

_SHOWN = 5
_SECONDS = 0.5  # between looks into the study


@contextmanager
def live_table(
    study: "Study", pca_explained: float, n_trials: int | None, deadline: float, *, shown: bool
) -> Iterator[Callable[[], None]]:
    """A function that refreshes the table, to be called again and again; without a terminal it does nothing."""
    console = progress_console(shown=shown)
    if console is None:
        yield lambda: None
        return
    began, looked = time.monotonic(), 0.0
    with Live(console=console, transient=True, refresh_per_second=4) as live:

        def refresh() -> None:
            nonlocal looked
            if time.monotonic() - looked < _SECONDS:
                return
            looked = time.monotonic()
            with defer_sigint():
                trials = study.get_trials(deepcopy=False)
            states = [trial.state.name for trial in trials]
            pruned, finished = states.count("PRUNED"), states.count("PRUNED") + states.count("COMPLETE")
            trials_of = (
                counted(finished, "trial") if n_trials is None else f"{finished} of {counted(n_trials, 'trial')}"
            )
            heading = f"{trials_of}, {pruned} of them pruned"
            left = _time_left(finished, n_trials, began, deadline)
            live.update(Group(Text(heading + left), _table(completed(trials), pca_explained)))

        refresh()
        yield refresh


def _table(trials: Sequence[TrialRecord], pca_explained: float) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("trial", "layers", "activation", "explained, %"):
        table.add_column(name, justify="left" if name in ("layers", "activation") else "right")
    for trial in [*trials[:_SHOWN], *(trial for trial in trials[_SHOWN:] if trial.is_default)]:
        name = f"{trial.number}{' (default)' if trial.is_default else ''}"
        explained = f"{100 * (1 - trial.unexplained[-1]):.3f}"
        table.add_row(name, trial.widths_text, str(trial.values.get("activation", "")), explained)
    table.add_row("", "PCA", "", f"{100 * pca_explained:.3f}")
    return table


def _time_left(finished: int, n_trials: int | None, began: float, deadline: float) -> str:
    now = time.monotonic()
    left = max(0.0, deadline - now)
    if n_trials is not None and finished:
        left = min(left, (now - began) / finished * max(0, n_trials - finished))
    return f"; about {left:.0f} s left" if math.isfinite(left) else ""
