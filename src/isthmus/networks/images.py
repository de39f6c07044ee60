"""A convolutional network that takes images as rows of pixels.

Pixels are in row order, with the channels of a pixel side by side. This is the order of an array of shape (height,
width, channels) and of torch's channels-last memory, so no values are moved.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn.utils import convert_conv2d_weight_memory_format

from isthmus.networks.convolutional import ConvolutionalAutoencoder
from isthmus.networks.inference import Network, apply_tiled
from isthmus.networks.rows import RowAutoencoder

ImageShape = tuple[int, int, int]
"""Height, width and channels."""

_TILE = 256
_UNTILED = 4 * _TILE**2  # largest image, in pixels, that is not cut into tiles


class ImageAutoencoder(RowAutoencoder):
    """``ConvolutionalAutoencoder`` for rows of pixels in the data's units.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels of an image.
    network : ConvolutionalAutoencoder
        Takes images of unit scale.

    Attributes
    ----------
    shift, scale : Tensor
        One value for each channel.
    tiled : bool
        Whether ``forward`` cuts large images into tiles; it then computes no gradients.
    """

    def __init__(self, image_shape: ImageShape, network: ConvolutionalAutoencoder) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.convolutional = network
        self.output = network.output
        self.tiled = False
        device = network.last.weight.device
        self.register_buffer("shift", torch.zeros(network.channels, dtype=torch.float64, device=device))
        self.register_buffer("scale", torch.ones(network.channels, dtype=torch.float64, device=device))

    @torch.no_grad()
    def set_units(self, *, shift: Float64[np.ndarray, " channels"], scale: Float64[np.ndarray, " channels"]) -> None:
        """Set the centre and the divisor of each channel."""
        self.shift.copy_(torch.from_numpy(shift))
        self.scale.copy_(torch.from_numpy(scale))

    @property
    def code_shape(self) -> ImageShape:
        """Height, width and filters of the small image that is the code."""
        filters, height, width = self.convolutional.code_shape(*self.image_shape[:2])
        return height, width, filters

    @property
    def n_features(self) -> int:  # type: ignore[override]
        return math.prod(self.image_shape)

    @property
    def code_size(self) -> int:
        return math.prod(self.code_shape)

    @property
    def n_multiplications(self) -> int:
        return self.convolutional.n_multiplications(*self.image_shape[:2])

    @property
    def n_values(self) -> int:
        return self.convolutional.n_values(*self.image_shape[:2])

    def per_column(self, values: Tensor) -> Tensor:
        return values.repeat(self.image_shape[0] * self.image_shape[1])

    def encode(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows code"]:
        """Encode rows: small images as rows of pixels."""
        return rows_of(self.convolutional.encode(self._unit_scale(images_of(x, self.image_shape)))).to(x.dtype)

    def decode(self, z: Float[Tensor, "rows code"]) -> Float[Tensor, "rows features"]:
        """Decode codes to rows in the data's units; ValueError if the network needs the image itself."""
        codes = images_of(z.to(self.dtype), self.code_shape)
        return rows_of(self._data_units(self.convolutional.decode(codes, *self.image_shape[:2]))).to(z.dtype)

    def forward(self, x: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstruct rows, in the data's units."""
        images = images_of(x, self.image_shape)
        if not self.tiled or images[0, 0].numel() <= _UNTILED:
            return rows_of(self._reconstructed(images))
        results = (apply_tiled(self.convolutional, image, _TILE, function=self._reconstructed) for image in images)
        return torch.stack([rows_of(image[None])[0] for image in results])

    def output_of(self, u: Float[Tensor, "rows features"]) -> Float[Tensor, "rows features"]:
        """Reconstruct rows of unit scale, as logits for "sigmoid": the input of the losses."""
        return rows_of(self.convolutional.output_of(images_of(u, self.image_shape)))

    def _reconstructed(self, x: Float[Tensor, "images channels h w"]) -> Float[Tensor, "images channels h w"]:
        return self._data_units(self.convolutional(self._unit_scale(x))).to(x.dtype)

    def _unit_scale(self, x: Float[Tensor, "images channels h w"]) -> Float[Tensor, "images channels h w"]:
        if self._has_units:
            x = (x - self.shift[:, None, None]) / self.scale[:, None, None]
        return x.to(self.dtype)

    def _data_units(self, out: Float[Tensor, "images channels h w"]) -> Float[Tensor, "images channels h w"]:
        if self.output == "sigmoid" or not self._has_units:
            return out
        return out * self.scale[:, None, None] + self.shift[:, None, None]

    @property
    def _has_units(self) -> bool:
        return bool((self.scale != 1).any() or self.shift.any())


def images_of(rows: Float[Tensor, "rows features"], shape: ImageShape) -> Float[Tensor, "rows channels height width"]:
    return rows.reshape(-1, *shape).permute(0, 3, 1, 2)


def rows_of(images: Float[Tensor, "rows channels height width"]) -> Float[Tensor, "rows features"]:
    return images.permute(0, 2, 3, 1).flatten(1)


def with_channels_last(network: Network) -> Network:
    """Store the kernels with channels last, which is faster."""
    return convert_conv2d_weight_memory_format(network, torch.channels_last)
