"""Which columns of a table are data."""

import difflib
from collections.abc import Sequence

from isthmus.errors import InputError, MismatchError
from isthmus.tables.contract import Source
from isthmus.tables.refusals import exclude_option, refuse_columns
from isthmus.words import counted, generic_names, listed, shown


def choose_columns(
    source: Source,
    name: str,
    *,
    columns: Sequence[str] | None,
    exclude: Sequence[str],
    keep: Sequence[str],
    require: Sequence[str] | None,
) -> list[str]:
    """The data columns, in order; ``open_table`` explains the parameters and errors."""
    _check_names(source, name)
    available = set(source.names)
    for asked in (*(columns or ()), *exclude, *keep):
        if asked not in available:
            raise InputError(f"{name}: has no column {shown(asked)}; {_hint(asked, source.names)}.")
    if require is not None:
        chosen = _required(source, require, {*exclude, *keep}, name)
    else:
        chosen = _wanted(source, columns, {*exclude} if columns is not None else {*exclude, *keep}, name)
    _check_types(source, chosen, name)
    return chosen


def _check_names(source: Source, name: str) -> None:
    if not source.names:
        raise InputError(f"{name}: has no {'rows' if source.n_rows == 0 else 'columns'}.")
    seen: set[str] = set()
    for column in source.names:
        if column in seen:
            raise InputError(f"{name}: two columns are called {shown(column)}; rename one of them.")
        seen.add(column)


def _wanted(source: Source, columns: Sequence[str] | None, left_out: set[str], name: str) -> list[str]:
    """The data columns when a model requires none."""
    chosen = [c for c in dict.fromkeys(source.names if columns is None else columns) if c not in left_out]
    if not chosen:
        raise InputError(f"{name}: no column is left as data.")
    nameless = next((c for c in chosen if c in source.index_names), None)
    if columns is None and nameless is not None:
        leave_out = f"leave it out with {exclude_option([nameless])}"
        if source.names[0] == nameless or source.kinds is not None:
            without = "write the table without its index (pandas: index=False)"
            problem = f"like the index that pandas writes; {leave_out}, or {without}"
        else:
            problem = f"and perhaps the header ends in a separator; {leave_out}, or give it a name"
        raise InputError(f"{name}: column {source.names.index(nameless) + 1} has no name, {problem}.")
    return chosen


def _required(source: Source, require: Sequence[str], left_out: set[str], name: str) -> list[str]:
    """The columns that a model needs: by name, or by position if the table or the model has no names."""
    available = set(source.names)
    nameless_model = tuple(require) == generic_names(len(require)) and available.isdisjoint(require)
    if nameless_model or not source.named:
        chosen = [column for column in source.names if column not in left_out | source.index_names]
        if len(chosen) != len(require):
            raise MismatchError(f"{name}: has {counted(len(chosen), 'column')}, and the model needs {len(require)}.")
        return chosen
    missing = [column for column in require if column not in available]
    if missing:
        raise MismatchError(
            f"{name}: lacks {len(missing)} of the {len(require)} columns that the model needs: "
            f"{listed(missing, 3)}; {_hint(missing[0], source.names)}."
        )
    return list(require)


def _check_types(source: Source, columns: Sequence[str], name: str) -> None:
    """Refuse typed columns without numbers before any row is read."""
    bad = [] if source.kinds is None else [column for column in columns if not source.kinds[column].is_number]
    if bad and source.kinds is not None:
        words = {source.kinds[column].words for column in bad}
        refuse_columns(name, bad, " and ".join(sorted(words)[:3]))


def _hint(asked: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(asked, names, n=1)
    return f"the nearest is {shown(near[0])}" if near else f"it has {listed(names)}"
