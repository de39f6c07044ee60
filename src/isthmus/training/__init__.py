"""Training: losses, noise, nested dropout, batches and the loop, whatever the network."""

from isthmus.training.batches import Batches, Normaliser
from isthmus.training.corruption import DEFAULT_STRENGTHS, Noise
from isthmus.training.loop import History, OnEpoch, Recipe, Trainer, warn_of_early_end
from isthmus.training.losses import LOSSES, Loss
from isthmus.training.progress import epoch_bar
from isthmus.training.scoring import network_errors, pca_errors, settle_decoders

__all__ = [
    "DEFAULT_STRENGTHS",
    "LOSSES",
    "Batches",
    "History",
    "Loss",
    "Noise",
    "Normaliser",
    "OnEpoch",
    "Recipe",
    "Trainer",
    "epoch_bar",
    "network_errors",
    "pca_errors",
    "settle_decoders",
    "warn_of_early_end",
]
