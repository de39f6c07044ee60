"""Random splits of rows, each from a random state of its own."""

import numpy as np
from sklearn.utils import check_random_state


def random_state_of(random_state: int | np.random.RandomState | None) -> np.random.RandomState:
    """Return a random state that is never NumPy's global one; None gives a fresh one."""
    return np.random.RandomState() if random_state is None else check_random_state(random_state)


def set_aside(n_rows: int, share: float, rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """Split positions into rows to keep, at least two, and a share set aside, at least one; each in order."""
    n_aside = min(max(1, round(share * n_rows)), n_rows - 2)
    order = rng.permutation(n_rows)
    return np.sort(order[n_aside:]), np.sort(order[:n_aside])


def held_out_rows(
    n_rows: int, share: float, rng: np.random.RandomState
) -> tuple[np.ndarray | slice, np.ndarray | None]:
    """Split positions into training rows and held-out rows; None where the share is 0 or rows are fewer than five."""
    return (slice(None), None) if share == 0 or n_rows < 5 else set_aside(n_rows, share, rng)
