"""The search for hyperparameters, by the share of variance explained of held-out rows."""

from isthmus.tuning.search import AutoencoderSearch, tune

__all__ = ["AutoencoderSearch", "tune"]
