"""The result of a search: its best trials and a sentence about rows that it never saw, as text, Markdown, CSV, JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64

from isthmus.report.formats import csv_text, json_text, markdown_table
from isthmus.tuning.record import STOPPED, TrialRecord
from isthmus.words import counted, percent

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_SHOWN = 10


@dataclass(frozen=True)
class TestFigures:
    """The shares of variance explained on the rows set aside, which no trial has seen.

    Attributes
    ----------
    tuned, default, pca : float
        Of the chosen network, of the default network, and of PCA with as many components as the chosen network has
        codes. Each is fitted on all rows of the search.
    code_size, default_code_size : int
        Number of codes of the chosen network and of the default network.
    n_rows : int
        Number of rows set aside.
    """

    __test__ = False  # pytest would collect the class by its name

    tuned: float
    default: float
    pca: float
    code_size: int
    default_code_size: int
    n_rows: int


Columns = dict[str, list[Any]]
"""A table: the values of each column; missing ones are None."""


def trials_table(trials: "Sequence[FrozenTrial]") -> Columns:
    """One row for each trial, with a column for each hyperparameter."""
    records = [TrialRecord.read(trial) if trial.state.name == "COMPLETE" else None for trial in trials]
    columns: Columns = {
        "trial": [trial.number for trial in trials],
        "state": ["stopped" if STOPPED in trial.user_attrs else trial.state.name.lower() for trial in trials],
        "merit": [trial.value if trial.state.name == "COMPLETE" else None for trial in trials],
        "variance_explained": [record and float(1 - record.unexplained[-1]) for record in records],
        "seconds": [record and record.seconds for record in records],
        "widths": [record and list(record.widths) for record in records],
    }
    for name in sorted({name for trial in trials for name in trial.params}):
        columns[name] = [trial.params.get(name) for trial in trials]
    return columns


def pareto_table(trials: Sequence[TrialRecord], pca_unexplained: Float64[np.ndarray, " sizes"]) -> Columns:
    """The Pareto front beside PCA: the code sizes at which no trial explains as much with as few codes."""
    front: list[tuple[int, float, int]] = []
    points = [(size, float(lost), t.number) for t in trials for size, lost in zip(t.sizes, t.unexplained, strict=True)]
    for point in sorted(points):
        if not front or point[1] < front[-1][1]:
            front.append(point)
    return {
        "code_size": [size for size, _, _ in front],
        "variance_explained": [1 - lost for _, lost, _ in front],
        "pca_variance_explained": [1 - _at(pca_unexplained, size) for size, _, _ in front],
        "trial": [number for _, _, number in front],
    }


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The result of a search."""

    trials: tuple[TrialRecord, ...]
    table: Columns
    pareto: Columns
    test: TestFigures
    chosen: TrialRecord | None
    default: TrialRecord | None
    pca_unexplained: Float64[np.ndarray, " sizes"]
    pca_merit: float
    objective: str
    target_variance: float
    n_search: int
    n_folds: int
    search_seconds: float  # until the trials ended
    fit_seconds: float  # for the networks that are trained at the end, and their figures
    unfinished: str  # a sentence about those whose training was stopped because time was up
    interrupted: bool

    @property
    def is_default(self) -> bool:
        """Whether the default network was kept."""
        return self.chosen is self.default

    @property
    def heading(self) -> str:
        """The number of trials, the rows, the time."""
        states = self.table["state"]
        ended = {"pruned": "pruned", "stopped": "stopped in the middle", "fail": "unfinished"}
        kinds = [f"{states.count(state)} {words}" for state, words in ended.items() if state in states]
        finished = counted(sum(states.count(state) for state in ("complete", "pruned", "stopped")), "trial")
        trials = f"{finished} ({', '.join(kinds)})" if kinds else finished
        splits = "one split" if self.n_folds == 1 else f"{self.n_folds} folds"
        rows = f"{counted(self.n_search, 'row')} in {splits}; {counted(self.test.n_rows, 'row')} set aside"
        searched = f"Search: {self.search_seconds:.1f} s{' until interrupted' if self.interrupted else ''}"
        return f"{trials} on {rows}. {searched}; final fit: {self.fit_seconds:.1f} s."

    @property
    def sentence(self) -> str:
        """The comparison with the default network and PCA on the rows that the search never saw."""
        test, codes = self.test, counted(self.test.code_size, "code")
        explains = f"explains {percent(test.tuned, 4)} of the variance of the {counted(test.n_rows, 'row')} set aside"
        pca = f"PCA with as many codes {percent(test.pca, 4)}"
        same = test.code_size == test.default_code_size
        if self.is_default:
            reason = (
                "The search ended before the default network was scored, so it is kept"
                if self.default is None
                else "No network was better than the default by more than chance, so the default is kept"
            )
            found = f"{reason}: with {codes} it {explains}, {pca}."
        else:
            default = (
                "the default network" if same else f"the default network with {counted(test.default_code_size, 'code')}"
            )
            found = f"With {codes} the network chosen {explains}, {default} {percent(test.default, 4)}, {pca}."
            if same and test.default < 1:
                found += f" {self._survived()}"
        parts = [found, self._target() if self.objective == "code-size" else "", self.unfinished]
        return " ".join(part for part in parts if part)

    def _survived(self) -> str:
        """The gain over the default network on the rows set aside, beside the gain on the rows of the search."""
        assert self.chosen is not None
        assert self.default is not None
        gain = 1 - (1 - self.test.tuned) / (1 - self.test.default)
        promised = 1 - float(self.chosen.unexplained[-1]) / max(float(self.default.unexplained[-1]), 1e-300)
        leaves = f"{100 * abs(gain):.0f} % {'less' if gain >= 0 else 'more'}"
        searched = f"on the rows of the search it was {100 * promised:.0f} %"
        return f"It leaves {leaves} unexplained than the default; {searched}."

    def _target(self) -> str:
        share, n_codes = self.target_variance, self.test.code_size
        need = next((i for i, left in enumerate(self.pca_unexplained) if 1 - left >= share), None)
        pca = "PCA does not with all its components" if need is None else f"PCA needs {need}"
        if self.chosen is None or 1 - self.chosen.unexplained.min() < share:
            return f"No network with ordered codes explains {percent(share, 4)} of the held-out rows; {pca}."
        return f"For {percent(share, 4)} of the held-out rows of the search it needs {n_codes}; {pca}."

    def to_text(self) -> str:
        """The best trials beside PCA, the Pareto front, and the sentence."""
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rows = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([self.heading, "", *rows, *self._front(), "", self.sentence])

    def to_markdown(self) -> str:
        """``to_text`` as Markdown."""
        header, *lines = self._lines()
        table = markdown_table(header, [" --- "] * len(header), lines)
        return "\n".join([self.heading, "", table, *self._front(), "", self.sentence, ""])

    def to_csv(self) -> str:
        """A header and one line for each trial, with all digits. Missing values are empty."""
        lines = [line | {"widths": " ".join(map(str, line["widths"] or []))} for line in _lines_of(self.table)]
        return csv_text(list(self.table), (line.values() for line in lines))

    def to_json(self) -> str:
        """One object: the sentence, the test figures, the Pareto front, PCA and every trial."""
        found: dict[str, object] = {
            "sentence": self.sentence,
            "chosen_trial": None if self.chosen is None else self.chosen.number,
            "is_default": self.is_default,
            "test": asdict(self.test),
            "pareto": _lines_of(self.pareto),
            "pca_variance_explained": (1 - self.pca_unexplained).tolist(),
            "trials": _lines_of(self.table),
        }
        return json_text(found)

    def _lines(self) -> list[list[str]]:
        """The cells of the table: the best trials, the default, PCA."""
        names = [name for name in list(self.table)[6:] if name not in ("layers", "nodes", "taper", "filters")]
        header = ["trial", "layers", *names, "codes", "variance explained, %"]
        lines = []
        for trial in [*self.trials[:_SHOWN], *(trial for trial in self.trials[_SHOWN:] if trial.is_default)]:
            values = [_cell(trial.values.get(name)) for name in names]
            explained = f"{100 * (1 - trial.unexplained[-1]):.3f}"
            mark = " (default)" if trial.is_default else " (chosen)" if trial is self.chosen else ""
            lines.append([f"{trial.number}{mark}", trial.widths_text, *values, str(trial.sizes[-1]), explained])
        size = self.trials[0].sizes[-1] if self.trials else self.test.code_size
        pca = f"{100 * (1 - _at(self.pca_unexplained, size)):.3f}"
        return [header, *lines, ["PCA", "", *("" for _ in names), str(size), pca]]

    def _front(self) -> list[str]:
        """The Pareto front beside PCA, as lines of text after an empty one; nothing if it has a single point."""
        points = zip(*self.pareto.values(), strict=True)
        rows = [f"{size:>5}  {100 * explained:12.2f}  {100 * pca:6.2f}" for size, explained, pca, _ in points]
        return ["", "codes  explained, %  PCA, %", *rows] if len(rows) > 1 else []

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Result of {counted(len(self.trials), 'trial')}: {self.sentence}>"


def _lines_of(table: Columns) -> list[dict[str, Any]]:
    return [dict(zip(table, line, strict=True)) for line in zip(*table.values(), strict=True)]


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def _at(by_size: Float64[np.ndarray, " sizes"], size: int) -> float:
    """PCA's value for a code size, of all its components if they are fewer."""
    return float(by_size[min(size, len(by_size) - 1)])
