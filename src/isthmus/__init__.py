"""Autoencoders with the ergonomics of PCA: they start at PCA and only improve.

The public names, except the errors, are loaded on first use, so that ``import isthmus`` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from isthmus._version import __version__
from isthmus.errors import (
    CoarsePageWarning,
    InputError,
    IsthmusError,
    MismatchError,
    MissingExtraError,
    ModelFileError,
    OutputError,
    PaleLettersWarning,
    ParameterError,
    ProtectedError,
    SkewedPageWarning,
    UnusedCodesWarning,
    WorseThanPCAWarning,
)

if TYPE_CHECKING:
    from isthmus.comparison import Comparison, compare
    from isthmus.estimators.convolutional import ConvAutoencoder
    from isthmus.estimators.dense import Autoencoder
    from isthmus.estimators.loading import load
    from isthmus.pages.cleaning import clean
    from isthmus.pages.documents import clean_document
    from isthmus.tuning import AutoencoderSearch, tune

_HOMES = {
    "Autoencoder": "isthmus.estimators.dense",
    "AutoencoderSearch": "isthmus.tuning",
    "Comparison": "isthmus.comparison",
    "ConvAutoencoder": "isthmus.estimators.convolutional",
    "clean_document": "isthmus.pages.documents",
    "clean": "isthmus.pages.cleaning",
    "compare": "isthmus.comparison",
    "load": "isthmus.estimators.loading",
    "tune": "isthmus.tuning",
}

_EXTRAS = {"ConvAutoencoder": "images", "clean": "pages", "clean_document": "pages"}

__all__ = [
    "Autoencoder", "AutoencoderSearch", "CoarsePageWarning", "Comparison", "ConvAutoencoder",
    "InputError", "IsthmusError", "MismatchError", "MissingExtraError", "ModelFileError", "OutputError",
    "PaleLettersWarning", "ParameterError", "ProtectedError", "SkewedPageWarning", "UnusedCodesWarning",
    "WorseThanPCAWarning", "__version__", "clean", "clean_document", "compare", "load", "tune",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'isthmus' has no attribute {name!r}")
    if name in _EXTRAS:
        from isthmus.system.extras import require  # noqa: PLC0415 — a name of its own in the package

        require(_EXTRAS[name])
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
