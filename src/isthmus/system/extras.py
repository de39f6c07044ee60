"""Optional libraries: which extra of the package brings which, and the error when one is missing."""

from importlib.util import find_spec
from typing import NamedTuple

from isthmus.errors import MissingExtraError
from isthmus.words import joined


class Extra(NamedTuple):
    """An extra: what needs it, and its libraries, as pip calls them and as they are imported."""

    users: str
    modules: dict[str, str]


_PAGES = {"onnxruntime": "onnxruntime", "pillow": "PIL", "pikepdf": "pikepdf", "pypdfium2": "pypdfium2"}

EXTRAS = {
    "arrow": Extra("Parquet and Feather files need", {"pyarrow": "pyarrow"}),
    "images": Extra("Images, GPUs and torch modules need", {"torch": "torch"}),
    "pages": Extra("Scanned pages need", _PAGES),
    "onnx": Extra("Exporting models needs", {"onnx": "onnx", "onnxruntime": "onnxruntime"}),
    "report": Extra("Plots and reports need", {"matplotlib": "matplotlib", "jinja2": "jinja2", "pillow": "PIL"}),
    "tune": Extra("Tuning needs", {"optuna": "optuna"}),
    "evaluate": Extra(
        "Evaluating pages needs", {**_PAGES, "scikit-image": "skimage", "jiwer": "jiwer", "jinja2": "jinja2"}
    ),
}


def require_for(module: str | None) -> None:
    """Raise a MissingExtraError that names the extra which brings a module, if one of the ``EXTRAS`` does."""
    for extra, (_, modules) in EXTRAS.items():
        if module is not None and module.split(".")[0] in modules.values():
            require(extra)


def require(extra: str) -> None:
    """Raise a MissingExtraError unless all libraries of one of the ``EXTRAS`` are installed; import none of them.

    The message has the names of all libraries that are missing, and the one command that installs them.
    """
    users, modules = EXTRAS[extra]
    missing = [library for library, module in modules.items() if find_spec(module) is None]
    if missing:
        which = f"{joined(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed"
        raise MissingExtraError(f'{users} {which}: pip install "isthmus[{extra}]".')
