"""Rows and the names of their columns, between tables and estimators."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


def frame(rows: np.ndarray, columns: Sequence[str]) -> "pa.Table":
    """A table of named columns."""
    import pyarrow as pa

    return pa.table([pa.array(np.ascontiguousarray(column)) for column in rows.T], names=list(columns))


def columns_of(model: Any) -> list[str]:
    """The columns that a model was fitted on; x0, x1, … where they had no names."""
    from isthmus.data import generic_names

    names = getattr(model, "feature_names_in_", None)
    return list(generic_names(model.n_features_in_) if names is None else names)


def codes_of(model: Any) -> list[str]:
    """The names of a model's codes."""
    return list(map(str, model.get_feature_names_out()))
