"""The record of a trial: what it leaves in the study, written and read back here alone."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from isthmus.dense.layers import Layer
from isthmus.tuning.domains import Value

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

DEFAULT = "default network"  # the attribute of the trials of the default network
STOPPED = "stopped when time was up"  # and of trials that were stopped in the middle, which count as pruned


@dataclass(frozen=True)
class TrialRecord:
    """The results of a trial that was trained to its end."""

    number: int
    values: Mapping[str, Value]
    merit: float  # what the search maximises
    is_default: bool
    sizes: tuple[int, ...]  # the code sizes that were scored
    unexplained: Float64[np.ndarray, " sizes"]  # the share of the variance of the scored rows that each of them loses
    errors: Float64[np.ndarray, " groups"]  # squared errors with all codes, of groups of the scored rows
    split_errors: tuple[float, ...]  # the same of each split
    widths: tuple[int, ...]  # nodes or filters of the encoder's hidden layers
    layers: tuple[Layer, ...]
    loss: str
    epochs: tuple[int, ...]  # trained on each split
    seconds: float

    @property
    def widths_text(self) -> str:
        return ",".join(map(str, self.widths)) or "none"

    def write(self, trial: "Trial") -> None:
        """Store the record with its trial; Optuna itself stores number, values and merit."""
        stored = {
            "errors": self.errors.tolist(), "errors of splits": list(self.split_errors), "sizes": list(self.sizes),
            "unexplained": self.unexplained.tolist(), "loss": self.loss, "widths": list(self.widths),
            "layers": [[layer.label, layer.width] for layer in self.layers], "epochs": list(self.epochs),
            "seconds": self.seconds,
        }  # fmt: skip
        for key, value in stored.items():
            trial.set_user_attr(key, value)

    @classmethod
    def read(cls, trial: "FrozenTrial") -> "TrialRecord | None":
        """The record that ``write`` stored with a trial; None for a trial that did not come to its end."""
        stored = trial.user_attrs
        if "seconds" not in stored:  # it is written last
            return None
        return cls(
            number=trial.number, values=trial.params, merit=math.nan if trial.value is None else trial.value,
            is_default=is_default(trial), sizes=tuple(stored["sizes"]), unexplained=np.array(stored["unexplained"]),
            errors=np.array(stored["errors"]), split_errors=tuple(stored["errors of splits"]),
            widths=tuple(stored["widths"]), layers=tuple(Layer(label, width) for label, width in stored["layers"]),
            loss=stored["loss"], epochs=tuple(stored["epochs"]), seconds=stored["seconds"],
        )  # fmt: skip


def is_default(trial: "Trial | FrozenTrial") -> bool:
    """Whether a trial, in whatever state, is one of the default network."""
    return DEFAULT in trial.user_attrs


def completed(trials: "Iterable[FrozenTrial]") -> list[TrialRecord]:
    """The records of completed trials, the best first."""
    records = (TrialRecord.read(trial) for trial in trials if trial.state.name == "COMPLETE")
    found = [record for record in records if record is not None and math.isfinite(record.merit)]
    return sorted(found, key=lambda record: (-record.merit, record.number))
