"""Training: losses, noise, batches and the loop, whatever the network."""

from isthmus.training.batches import Batches, Normaliser
from isthmus.training.corruption import DEFAULT_STRENGTHS, Noise
from isthmus.training.loop import History, OnEpoch, Recipe, Trainer
from isthmus.training.losses import LOSSES, Loss
from isthmus.training.progress import epoch_bar
from isthmus.training.threads import suited_threads

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
    "suited_threads",
]
