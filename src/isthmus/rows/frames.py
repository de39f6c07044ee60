"""Arrays, tensors and dataframes of any library in, and the same kind out."""

import sys
from collections.abc import Hashable, Iterable
from typing import Any

import narwhals as nw
import numpy as np
from jaxtyping import Float
from sklearn import get_config


def is_frame(X: Any) -> bool:
    """Return whether X is a dataframe of any library."""
    return nw.dependencies.is_into_dataframe(X)


def labels_of(X: Any) -> Iterable[Hashable] | None:
    """Return the labels of a dataframe's columns as its library has them, or None if X is not a dataframe."""
    if not is_frame(X):
        return None
    is_pandas = nw.dependencies.is_pandas_like_dataframe(X)
    labels: Iterable[Hashable] = X.columns if is_pandas else nw.from_native(X, eager_only=True).columns
    return labels


def select_rows(X: Any, index: np.ndarray) -> Any:
    """Return some rows of an array, a sparse matrix or a dataframe of any library."""
    return nw.to_native(nw.from_native(X, eager_only=True)[index]) if is_frame(X) else X[index]


def without_torch(X: Any) -> Any:
    """Return X, or its values on the CPU if it is a torch tensor."""
    if not _is_tensor(X):
        return X
    values = X.detach().cpu()
    return (values.float() if "bfloat16" in str(X.dtype) else values).numpy()  # NumPy has no such type


def array_like(X: Any, values: np.ndarray) -> Any:
    """Return values as a tensor on X's device, if X is a tensor and scikit-learn's array API dispatch is on."""
    if _is_tensor(X) and get_config()["array_api_dispatch"]:
        return sys.modules["torch"].from_numpy(values).to(X.device)
    return values


def as_type_of(X: Any, values: Float[np.ndarray, "rows columns"], labels: Iterable[Hashable]) -> Any:
    """Return values as a dataframe of X's library with X's index, if X is a dataframe; otherwise as ``array_like``."""
    if not is_frame(X):
        return array_like(X, values)
    if nw.dependencies.is_pandas_like_dataframe(X):
        library = nw.get_native_namespace(X)
        return library.DataFrame(values, index=X.index, columns=labels)
    backend = nw.from_native(X, eager_only=True).implementation
    return nw.to_native(nw.from_numpy(values, schema=list(map(str, labels)), backend=backend))


def _is_tensor(X: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(X, torch.Tensor)
