"""Arrays, tensors and dataframes of any library in, and the same kind out."""

import sys
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from jaxtyping import Float


def select_rows(X: Any, index: np.ndarray) -> Any:
    """Return some rows of an array, a sparse matrix or a dataframe of any library."""
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    return nw.to_native(frame[index]) if isinstance(frame, nw.DataFrame) else X[index]


def without_torch(X: Any) -> Any:
    """Return X, or its values on the CPU if it is a torch tensor."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(X, torch.Tensor):
        return X.detach().cpu().numpy()
    return X


def as_type_of(X: Any, values: Float[np.ndarray, "rows columns"], columns: Sequence[str]) -> Any:
    """Return values as a dataframe with X's index, if X is a dataframe (of its library); otherwise as they are."""
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if not isinstance(frame, nw.DataFrame):
        return values
    made = nw.from_numpy(values, schema=list(columns), backend=frame.implementation)
    native = nw.to_native(made)
    index = nw.maybe_get_index(frame)
    if index is not None:
        native.index = index
    return native
