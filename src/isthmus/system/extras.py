"""Optional libraries: which extra of the package brings which, and the error when one is missing."""

from dataclasses import dataclass
from importlib.util import find_spec

from isthmus.errors import MissingExtraError
from isthmus.words import joined


@dataclass(frozen=True)
class Extra:
    """An extra: what needs it, and its libraries, as pip calls them and as they are imported."""

    users: str
    modules: dict[str, str]


EXTRAS = {
    "report": Extra("Plots and reports need", {"matplotlib": "matplotlib", "jinja2": "jinja2"}),
    "pdf": Extra("PDFs need", {"pikepdf": "pikepdf", "pypdfium2": "pypdfium2"}),
    "tune": Extra("Tuning needs", {"optuna": "optuna"}),
    "evaluate": Extra("Evaluating pages needs", {"scikit-image": "skimage", "jiwer": "jiwer", "jinja2": "jinja2"}),
}


def require(extra: str) -> None:
    """Raise an error unless all libraries of an extra are installed; import none of them.

    Parameters
    ----------
    extra : str
        One of ``EXTRAS``.

    Raises
    ------
    MissingExtraError
        With the names of all libraries that are missing, and the one command that installs them.
    """
    users, modules = EXTRAS[extra].users, EXTRAS[extra].modules
    missing = [library for library, module in modules.items() if find_spec(module) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise MissingExtraError(
            f'{users} {joined(missing)}, which {verb} not installed: pip install "isthmus[{extra}]".'
        )
