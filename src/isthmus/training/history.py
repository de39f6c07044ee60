"""The history of a fit: errors by epoch, and why training ended."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

from sklearn.exceptions import ConvergenceWarning

from isthmus.words import counted


@dataclass
class History:
    """Errors by epoch; epoch 0 is the start, whose training error is not measured (NaN)."""

    training_error: list[float] = field(default_factory=list)
    held_out_error: list[float] = field(default_factory=list)
    best_epoch: int = 0
    stopped: str = "max_epochs"  # or "patience", "callback", "interrupted", "time", "diverged"

    @property
    def n_epochs(self) -> int:
        return len(self.held_out_error) - 1


OnEpoch = Callable[[History], None]


def warn_of_early_end(history: History, *, stacklevel: int) -> None:
    """Warn if training ended because of an overflow or Ctrl-C."""
    if history.stopped == "diverged":
        warnings.warn(
            f"The loss became NaN or infinite in epoch {history.n_epochs + 1}; the weights of epoch "
            f"{history.best_epoch} are kept. A lower learning_rate, or scale='standard', may help.",
            ConvergenceWarning,
            stacklevel=stacklevel,
        )
    elif history.stopped == "interrupted":
        warnings.warn(
            f"Training was interrupted after {counted(history.n_epochs, 'epoch')}; the weights of epoch "
            f"{history.best_epoch} are kept.",
            ConvergenceWarning,
            stacklevel=stacklevel,
        )
