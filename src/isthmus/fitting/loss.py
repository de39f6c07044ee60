"""The loss that suits the rows."""

from collections.abc import Sequence

import numpy as np

from isthmus.errors import InputError
from isthmus.rows.scaling import ColumnRange

_NARROWEST = 1e-15  # of values whose reconstructions are sigmoids in float32


def resolve_loss(
    loss: str, scale: str, activation: str, values: ColumnRange, names: Sequence[str], *, in_use: str | None = None
) -> str:
    """Return the loss that the parameter ``loss`` stands for on rows in a range; InputError if they do not suit it.

    ``names`` is how an error calls each column: "column 'age'" or "channel 0". ``in_use`` is the loss that earlier
    parts of the rows have decided.
    """
    low, high = values
    outside = np.flatnonzero((low < 0) | (high > 1))
    if "bce" in (loss, in_use) and len(outside):
        j = outside[0]
        chosen = "" if loss == "bce" else ", which was chosen on earlier rows,"
        raise InputError(
            f"loss='bce'{chosen} needs values in [0, 1], but {names[j]} ranges from {low[j]:g} to {high[j]:g}; "
            f"{'use' if loss == 'bce' else 'start anew with'} loss='mse', or bring it to [0, 1]."
        )
    if in_use is not None:
        return in_use
    width = float((high - low).max())
    too_narrow = 0 < width < _NARROWEST
    if loss == "bce" and too_narrow:
        raise InputError(
            f"loss='bce' needs values that fill [0, 1], but no column's values differ by more than {width:.3g}; use "
            "loss='mse', or multiply them by a power of ten."
        )
    if loss != "auto":
        return loss
    rescaled = scale in ("standard", "global")
    return "mse" if len(outside) or too_narrow or rescaled or activation == "identity" else "bce"
