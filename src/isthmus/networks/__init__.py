"""Torch modules and the initialisation of their weights."""

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.constant_columns import ignore_constant, ignored_columns, leave_constant
from isthmus.networks.convolutional import ConvolutionalAutoencoder, upsampling_of
from isthmus.networks.dense import DenseAutoencoder, DenseStack
from isthmus.networks.image_codes import ImageCodeAutoencoder
from isthmus.networks.images import ImageAutoencoder, ImageShape
from isthmus.networks.inference import (
    apply_tiled,
    fold_batch_norm,
    for_inference,
    halo,
    values_per_pixel,
    with_channels_last,
)
from isthmus.networks.rows import RowAutoencoder
from isthmus.networks.start import start_at_random, start_convolutional, start_two_paths_at
from isthmus.networks.two_paths import TwoPathAutoencoder

__all__ = [
    "ACTIVATIONS", "ConvolutionalAutoencoder", "DenseAutoencoder", "DenseStack", "ImageAutoencoder",
    "ImageCodeAutoencoder", "ImageShape", "RowAutoencoder", "TwoPathAutoencoder", "apply_tiled", "fold_batch_norm",
    "for_inference", "halo", "ignore_constant",
    "ignored_columns", "leave_constant", "start_at_random", "start_convolutional", "start_two_paths_at",
    "upsampling_of", "values_per_pixel", "with_channels_last",
]  # fmt: skip
