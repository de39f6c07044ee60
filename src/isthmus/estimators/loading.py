"""Loading a model: the estimator that a file holds."""

import os

from isthmus.estimators.base import BaseAutoencoder
from isthmus.estimators.dense import Autoencoder
from isthmus.model_files.models import read_model
from isthmus.system.extras import require

_NAMES = ("Autoencoder", "ConvAutoencoder")


def load(path: str | os.PathLike[str], *, limits: bool = True) -> BaseAutoencoder:
    """Read a fitted model from a file that ``save`` wrote.

    Loading runs no code from the file, checks everything before it allocates, and compares a checksum of the
    whole file.

    Parameters
    ----------
    path : path
    limits : bool, default=True
        Whether to refuse a model that takes far more memory than its file: tensors of more than 256 MB and 200 times
        what is stored, or images of more than 2**22 values or 2**26 activations. False is for files you trust.

    Returns
    -------
    model : Autoencoder or ConvAutoencoder
        A fitted estimator of the class that was saved.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, of an unknown version, over a limit, or not an Isthmus model file.
    """
    saved = read_model(path, _NAMES, limits=limits)
    return estimator_class(saved.estimator).from_saved(saved)


def estimator_class(name: str) -> type[BaseAutoencoder]:
    """Return the estimator of this name."""
    if name == Autoencoder.__name__:
        return Autoencoder
    require("images")
    from isthmus.estimators.convolutional import ConvAutoencoder  # noqa: PLC0415 — needs torch, which is optional

    return ConvAutoencoder
