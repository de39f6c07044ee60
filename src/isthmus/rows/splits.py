"""Random splits of rows, each from a random state of its own."""

import numpy as np
from sklearn.utils import check_random_state

_MIN_ROWS = 5
# What "auto" holds out: each row of a small table once, a tenth of a large one (docs/notes/training.md).
_N_FOLDS, _MAX_FOLDED_ROWS = 3, 1000
_SHARE = 0.1


def random_state_of(random_state: int | np.random.RandomState | None) -> np.random.RandomState:
    """Return a random state that is never NumPy's global one; None gives a fresh one."""
    return np.random.RandomState() if random_state is None else check_random_state(random_state)


def set_aside(n_rows: int, share: float, rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Split positions into rows to keep, at least two, and a share set aside, at least one; each in order."""
    n_aside = min(max(1, round(share * n_rows)), n_rows - 2)
    order = rng.permutation(n_rows)
    return np.sort(order[n_aside:]), np.sort(order[:n_aside])


def fold_rows(
    n_rows: int, share: float | str, rng: np.random.RandomState, *, repeats: bool
) -> list[tuple[np.ndarray | slice, np.ndarray | None]]:
    """Split positions into training rows and held-out rows (None: the training rows), for each fold.

    With fewer than five rows or a share of 0 nothing is held out. For "auto", each row of up to 1,000 is held out in
    one of three folds if ``repeats`` is true; otherwise a tenth is held out in one fold.
    """
    if share == 0 or n_rows < _MIN_ROWS:
        return [(slice(None), None)]
    if share != "auto" or not repeats or n_rows > _MAX_FOLDED_ROWS:
        return [set_aside(n_rows, _SHARE if isinstance(share, str) else share, rng)]
    parts = np.array_split(rng.permutation(n_rows), _N_FOLDS)
    return [(np.setdiff1d(np.arange(n_rows), part), np.sort(part)) for part in parts]
