"""The plan of a search: everything that a score depends on, as it is stored with a study and sent to its workers."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.utils import gen_batches

from isthmus.errors import ParameterError
from isthmus.estimators.loading import estimator_class
from isthmus.fitting.loss import resolve_loss
from isthmus.parameters.rules import CODE_SIZE, check, is_int, is_real
from isthmus.parameters.training import BACKEND
from isthmus.pca.axes import principal_axes
from isthmus.rows.batches import Rows, dense_rows, n_batch_rows
from isthmus.rows.scaling import column_range, column_statistics, scale_of
from isthmus.rows.splits import set_aside
from isthmus.tuning.architectures import Model
from isthmus.tuning.domains import Range, read_domain
from isthmus.tuning.folds import as_rows, suited_folds
from isthmus.tuning.space import SearchSpace, own_values
from isthmus.words import generic_names

# Ordered codes go on beyond what PCA needs, since held-out rows need more codes than the rows that PCA has seen.
_SPARE = 1.25
_SET_BY_THE_PLAN = ("random_state", "verbose", "code_size")
_LEFT_OUT = BACKEND.name, BACKEND.default  # plans of earlier versions lack it


@dataclass(frozen=True)
class TableIdentity:
    """Identity of a table: its size, the names of its columns (if any), and a hash of its values."""

    rows: int
    shape: Sequence[int]
    columns: Sequence[str]
    sha256: str

    @classmethod
    def of(cls, X: Rows, columns: Sequence[str]) -> "TableIdentity":
        rows, digest = as_rows(X), hashlib.sha256()
        for part in gen_batches(rows.shape[0], n_batch_rows(rows.shape[1])):
            digest.update(np.ascontiguousarray(dense_rows(rows, part)).tobytes())
        return cls(int(rows.shape[0]), [int(size) for size in X.shape[1:]], list(columns), digest.hexdigest())


@dataclass(frozen=True)
class Plan:
    """Everything that a score depends on."""

    table: TableIdentity
    estimator: Mapping[str, object]  # its parameters, and under "class" the name of its class
    code_size: Sequence[int]  # the smallest and the largest
    space: Mapping[str, object]  # as SearchSpace.to_json gives it
    loss: str  # the one that the estimator uses on the table
    objective: str
    target_variance: float
    folds: int
    test_fraction: float
    seed: int

    def to_json(self) -> dict[str, object]:
        """The plan in types that JSON has. The keys are those of stored studies."""
        plain = {name.replace("_", " "): value for name, value in asdict(self).items()}
        read: dict[str, object] = json.loads(json.dumps(plain, default=np.generic.item))
        return read

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Plan":
        """The plan that ``to_json`` gave."""
        values = {name.replace(" ", "_"): value for name, value in stored.items()}
        return cls(**{**values, "table": TableIdentity(**values["table"])})

    def make_estimator(self) -> Model:
        """The estimator with the largest code size, unfitted."""
        parameters = {name: tuple(v) if isinstance(v, list) else v for name, v in self.estimator.items()}
        kind: Any = estimator_class(str(parameters.pop("class")))
        made: Model = kind(**parameters, code_size=self.code_size[1], random_state=self.seed)
        return made


def make_plan(
    estimator: Model, X: Rows, columns: Sequence[str], *, space: Mapping[str, object], objective: str,
    target_variance: float, folds: int | str, test_fraction: float, seed: int,
) -> Plan:  # fmt: skip
    """Settle what the parameters of a search leave to its table: code size, loss, ranges, number of folds.

    ``columns`` are the names of the table's columns, if it has any. A ``ParameterError`` says what of the space or the
    code size cannot be searched, an ``InputError`` which values are outside [0, 1] if the space has cross-entropy.
    """
    rows, given = as_rows(X), dict(space)
    search, _ = set_aside(rows.shape[0], test_fraction, np.random.RandomState(seed))
    asked = read_domain("code_size", given.pop("code_size")) if "code_size" in given else estimator.code_size
    code_size = _code_sizes(estimator, asked, rows[search], objective, target_variance)
    low, high = column_range(rows)
    unit_interval = bool(low.min() >= 0 and high.max() <= 1)
    allows_bce = unit_interval and estimator.scale in ("auto", "none")
    loss = estimator.loss if estimator.loss != "auto" else "bce" if allows_bce else "mse"
    own = own_values(estimator, rows.shape[1], code_size[1], loss)
    searched = SearchSpace.of(estimator, given, own, unit_interval=unit_interval)
    if not unit_interval and (loss == "bce" or "bce" in searched.ends("loss")):
        names = columns or generic_names(rows.shape[1])
        resolve_loss("bce", "none", "relu", (low, high), [f"column {name!r}" for name in names])
    parameters = {  # a torch device by its name
        name: str(value) if name == "device" else value
        for name, value in sorted(estimator.get_params(deep=False).items())
        if name not in _SET_BY_THE_PLAN and (name, value) != _LEFT_OUT
    }
    plain = {"class": type(estimator).__name__, **parameters}
    n_folds = suited_folds(len(search)) if isinstance(folds, str) else folds
    return Plan(
        table=TableIdentity.of(X, columns), estimator=plain, code_size=code_size, space=searched.to_json(), loss=loss,
        objective=objective, target_variance=target_variance, folds=n_folds, test_fraction=test_fraction, seed=seed,
    )  # fmt: skip


def _code_sizes(estimator: Model, asked: object, rows: Rows, objective: str, target_variance: float) -> tuple[int, int]:
    """The smallest and the largest number of codes that are asked for."""
    kind, is_ordered = type(estimator).__name__, objective != "error"
    if is_ordered and not hasattr(estimator, "ordered"):
        rule = f"must be 'error' for a {kind}, whose codes have no order"
        raise ParameterError(f"The 'objective' parameter {rule}. Got {objective!r} instead.")
    if asked is None:
        raise ParameterError(
            f"A search needs a {kind} with a code_size: without one, the network with the most codes would be the best."
        )
    if isinstance(asked, Range):
        if not is_ordered:
            raise ParameterError(
                "A range of code sizes needs objective='code-size' or 'both': by the error alone the largest would "
                "always be the best."
            )
        if not asked.is_whole or asked.low < 1:
            found = f"{asked.low}:{asked.high}"
            raise ParameterError(f"Code sizes must be whole numbers of at least 1. Got {found} instead.")
        return int(asked.low), int(asked.high)
    if not is_real(asked) and asked != "mle":
        raise ParameterError(f"The code size must be a number, mle or a range such as 2:64. Got {asked!r} instead.")
    check(estimator, "code_size", asked, CODE_SIZE)
    if is_int(asked):
        size = int(asked)
    elif is_ordered:
        share = max(asked, target_variance) if is_real(asked) else asked
        need = _pca_need(rows, share, estimator.scale)
        size = min(rows.shape[1], math.ceil(_SPARE * need))
    else:
        size = _pca_need(rows, asked, estimator.scale)
    return (1 if is_ordered else size), size


def _pca_need(rows: Rows, share: object, scale: str) -> int:
    """Return the number of components that PCA needs to keep a share of the variance, or finds likeliest ("mle")."""
    statistics = column_statistics(rows)
    if not statistics.deviation.any():
        return 1
    unit = scale_of("standard" if scale == "standard" else "none", statistics)
    size = min(float(share), 1 - 1e-9) if is_real(share) else "mle"
    return len(principal_axes(rows, statistics.mean, unit, size, np.random.RandomState(0)).spread)
