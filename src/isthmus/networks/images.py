"""A convolutional network that takes images as rows of pixels.

Pixels are in row order, with the channels of a pixel side by side. This is the order of an array of shape (height,
width, channels) and of torch's channels-last memory, so no values are moved.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.networks.convolutional import ConvolutionalAutoencoder, Images
from isthmus.networks.inference import apply_tiled
from isthmus.networks.rows import Codes, RowAutoencoder, Rows

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
        super().__init__(network.channels, network.output, network.last.weight.device)
        self.image_shape, self.convolutional, self.tiled = image_shape, network, False

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

    def encode(self, x: Rows) -> Codes:
        """Encode rows: small images as rows of pixels."""
        return rows_of(self.convolutional.encode(self._unit_scale(images_of(x, self.image_shape)))).to(x.dtype)

    def decode(self, z: Codes) -> Rows:
        """Decode codes to rows in the data's units; ValueError if the network needs the image itself."""
        codes = images_of(z.to(self.dtype), self.code_shape)
        return rows_of(self._data_units(self.convolutional.decode(codes, *self.image_shape[:2]))).to(z.dtype)

    def forward(self, x: Rows) -> Rows:
        images = images_of(x, self.image_shape)
        if not self.tiled or images[0, 0].numel() <= _UNTILED:
            return rows_of(self._reconstructed(images))
        results = (apply_tiled(self.convolutional, image, _TILE, function=self._reconstructed) for image in images)
        return torch.stack([rows_of(image[None])[0] for image in results])

    def output_of(self, u: Rows) -> Rows:
        return rows_of(self.convolutional.output_of(images_of(u, self.image_shape)))

    def _reconstructed(self, x: Images) -> Images:
        return self._data_units(self.convolutional(self._unit_scale(x))).to(x.dtype)

    def _unit_scale(self, x: Images) -> Images:
        if self._has_units:
            x = (x - self.shift[:, None, None]) / self.scale[:, None, None]
        return x.to(self.dtype)

    def _data_units(self, out: Images) -> Images:
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
