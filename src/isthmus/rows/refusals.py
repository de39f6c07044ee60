"""One sentence about rows that cannot be used: which value of which column and row is not a number."""

import math
import reprlib
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import narwhals as nw
import numpy as np
from scipy import sparse

from isthmus.errors import InputError, MismatchError
from isthmus.rows.frames import is_frame, labels_of

_TYPES = {  # by NumPy's kind
    "M": "which is not a number; turn dates and times into numbers (days since a date, for example), or leave them out",
    "m": "which is not a number; turn durations into numbers (seconds, for example), or leave them out",
    "V": "which is not a number; make a table of it with numpy.lib.recfunctions.structured_to_unstructured",
    "c": "which is complex; take its real and imaginary parts (Complex data not supported)",
}
_IMPUTE = "impute missing values (with sklearn.impute.SimpleImputer, for example), or leave such rows out"
_REPLACE = "replace such values, or leave their rows out"
_ENCODE = "encode text as numbers (with sklearn.preprocessing.OneHotEncoder, for example), or leave the column out"
_LEAVE_OUT = "turn it into a number, or leave the column out"


class NotANumberError(InputError, TypeError):
    """A cell holds an object that Python's float refuses; scikit-learn expects a TypeError."""


@contextmanager
def cell_errors(X: Any, name: str) -> Iterator[None]:
    """Name the value, the column and the row where the body refuses rows that are not all finite numbers.

    Dates, durations and complex numbers are refused before the body runs, since NumPy makes numbers of some of them.
    ``name`` is the caller's name for X.
    """
    _refuse_types(X, name)
    try:
        yield
    except InputError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        if "feature names should match" in str(error):
            raise  # scikit-learn looks at the names first, and a frame under wrong names may be empty for that reason
        if (found := _bad_cell(X, name)) is not None:
            sentence = f"{name} has {_what_is_wrong(*found)}."
            if isinstance(error, TypeError):
                raise NotANumberError(f"{sentence} ({error})") from None
            raise InputError(sentence) from None
        if name == "X" or name in str(error):
            raise
        raise InputError(f"{name}: {error}") from None


def refuse_other_labels(labels: Iterable[Hashable] | None, expected: Iterable[Hashable] | None, name: str) -> None:
    """Refuse a dataframe whose columns are those of the training rows in another order, or that has other names.

    As scikit-learn does with names of columns, and not with other labels: rows of the next years have other years.
    """
    if labels is None or expected is None or list(labels) == list(expected):
        return
    are_names = all(isinstance(label, str) for label in (*labels, *expected))
    if are_names or set(labels) == set(expected):
        given, known = next(pair for pair in zip(labels, expected, strict=True) if pair[0] != pair[1])
        rule = "the columns that the model was fitted on, in the same order"
        raise MismatchError(f"{name} must have {rule}: it has {_shown(given)} where {_shown(known)} belongs.")


def _refuse_types(X: Any, name: str) -> None:
    if nw.dependencies.is_polars_lazyframe(X):
        raise InputError(f"{name} is a LazyFrame, whose rows are not there yet; call {name}.collect() first.")
    labels = [] if (found := labels_of(X)) is None else list(found)
    if len(set(labels)) < len(labels):
        twice = next(label for i, label in enumerate(labels) if label in labels[:i])
        raise InputError(f"{name} has two columns {_shown(twice)}; give each column a label of its own.")
    for label, kind, dtype in _types(X):
        if kind in _TYPES:
            place = name if label is None else f"column {_shown(label)} of {name}"
            raise InputError(f"{place} has the type {dtype}, {_TYPES[kind]}.")


def _types(X: Any) -> Iterator[tuple[Hashable | None, str, object]]:
    """Yield the label, the kind of type and the type of each column of a dataframe, or those of an array at once."""
    if nw.dependencies.is_pandas_like_dataframe(X):
        for label, dtype in zip(X.columns.tolist(), X.dtypes, strict=True):
            yield label, dtype.kind, dtype
    elif is_frame(X):
        for label, dtype in nw.from_native(X, eager_only=True).schema.items():
            yield label, ("m" if dtype == nw.Duration else "M") if dtype.is_temporal() else "", dtype
    elif isinstance(dtype := getattr(X, "dtype", None), np.dtype):
        yield None, dtype.kind, dtype


def _bad_cell(X: Any, name: str) -> tuple[object, str] | None:
    """Find the first value that is not a finite number, and say where it stands."""
    if nw.dependencies.is_pandas_like_dataframe(X):
        for j, label in enumerate(X.columns.tolist()):
            cells = X.iloc[:, j].to_numpy()
            if (i := _first_bad(cells)) is not None:
                return cells[i], f"in column {_shown(label)}, row {_shown(X.index[[i]].tolist()[0])}"
    elif is_frame(X):
        for column in nw.from_native(X, eager_only=True).iter_columns():
            cells = column.to_numpy()
            if (i := _first_bad(cells)) is not None:
                return column[i], f"in column {_shown(column.name)}, row {i}"
    elif sparse.issparse(X):
        entries = X.tocoo()
        if (i := _first_bad(entries.data)) is not None:
            return entries.data[i], f"at {name}[{entries.row[i]}, {entries.col[i]}]"
    else:
        try:
            cells = np.asarray(X)
        except ValueError:  # ragged rows
            return None
        if (i := _first_bad(cells.ravel())) is not None:
            return cells.ravel()[i], f"at {name}[{', '.join(map(str, np.unravel_index(i, cells.shape)))}]"
    return None


def _first_bad(cells: np.ndarray) -> int | None:
    """Return the position of the first value that is not a finite number, if there is one."""
    if cells.dtype.kind in "biuf":
        bad = ~np.isfinite(cells)
        return int(bad.argmax()) if bad.any() else None
    return next((i for i, cell in enumerate(cells) if not math.isfinite(_as_float(cell))), None)


def _as_float(cell: Any) -> float:
    """Return a value as a number: infinite if it is too large, and NaN if it is none."""
    try:
        return math.nan if isinstance(cell, np.ndarray) else float(cell)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return math.nan


def _what_is_wrong(cell: Any, place: str) -> str:
    is_float = isinstance(cell, float | np.floating)
    if math.isinf(_as_float(cell)):
        return f"{'an infinite value' if is_float else 'a number too large'} ({_shown(cell)}) {place}; {_REPLACE}"
    if is_float or cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return f"a missing value ({'NaN' if is_float else cell}) {place}; {_IMPUTE}"
    return f"{_shown(cell)} {place}, which is not a number; {_ENCODE if isinstance(cell, str) else _LEAVE_OUT}"


def _shown(value: object) -> str:
    """Return a value on one line, shortened if need be."""
    return reprlib.repr(value.item() if isinstance(value, np.generic) else value)
