"""The networks: torch modules and where they start from, and nothing else."""

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.convolutional import ConvolutionalAutoencoder, start_convolutional
from isthmus.networks.dense import DenseAutoencoder
from isthmus.networks.images import ImageAutoencoder, with_channels_last
from isthmus.networks.inference import apply_tiled, fold_batch_norm, for_inference, halo
from isthmus.networks.rows import RowAutoencoder
from isthmus.networks.start import start_at_pca, start_at_random
from isthmus.networks.widths import layer_widths, prefix_sizes

__all__ = [
    "ACTIVATIONS",
    "ConvolutionalAutoencoder",
    "DenseAutoencoder",
    "ImageAutoencoder",
    "RowAutoencoder",
    "apply_tiled",
    "fold_batch_norm",
    "for_inference",
    "halo",
    "layer_widths",
    "prefix_sizes",
    "start_at_pca",
    "start_at_random",
    "start_convolutional",
    "with_channels_last",
]
