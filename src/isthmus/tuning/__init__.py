"""The hyperparameters chosen for the user, by held-out share of variance explained."""

from isthmus.tuning.search import AutoencoderSearch, tune

__all__ = ["AutoencoderSearch", "tune"]
