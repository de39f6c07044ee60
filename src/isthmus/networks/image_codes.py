"""A two-path network for images: its stacks are convolutions, with dense layers between them and the code.

The linear paths and the dense layers see all pixels at once, so such a network takes images of one size only.
"""

import math
from collections.abc import Sequence
from typing import Unpack

from torch import nn

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.convolutional import Architecture, ConvolutionalAutoencoder, patches_to_pixels
from isthmus.networks.dense import DenseStack
from isthmus.networks.images import ImageShape, images_of, rows_of
from isthmus.networks.rows import Codes, Rows
from isthmus.networks.two_paths import TwoPathAutoencoder


class ConvolutionalEncoderStack(nn.Module):
    """Convolutions from an image to a small image, then dense layers to the code."""

    def __init__(self, image_shape: ImageShape, middle: int, code_size: int, parts: ConvolutionalAutoencoder) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.convolutions = parts.encoder
        n_values = math.prod(parts.code_shape(*image_shape[:2]))
        self.dense = DenseStack((n_values, middle, code_size), parts.activation)

    @property
    def last(self) -> nn.Module:
        return self.dense.last

    def forward(self, u: Rows) -> Codes:
        small, _ = self.convolutions(images_of(u, self.image_shape))
        return self.dense(small.flatten(1))  # type: ignore[no-any-return]


class ConvolutionalDecoderStack(nn.Module):
    """Dense layers from the code to a small image, then convolutions to the image."""

    def __init__(self, image_shape: ImageShape, middle: int, code_size: int, parts: ConvolutionalAutoencoder) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.code_shape = parts.code_shape(*image_shape[:2])
        self.dense = DenseStack((code_size, middle, math.prod(self.code_shape)), parts.activation)
        self.activation = ACTIVATIONS[parts.activation]()
        self.convolutions, self.last, self.patch = parts.decoder, parts.last, parts.patch

    def forward(self, z: Codes) -> Rows:
        height, width, _ = self.image_shape
        small = self.activation(self.dense(z)).unflatten(1, self.code_shape)
        image = patches_to_pixels(self.last(self.convolutions(small)), self.patch)
        return rows_of(image[..., :height, :width])


class ImageCodeAutoencoder(TwoPathAutoencoder):
    """Two-path autoencoder whose stacks are the halves of a ``ConvolutionalAutoencoder`` with dense layers.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels of an image.
    code_size : int
    filters : sequence of int
        As for ``ConvolutionalAutoencoder``.
    middle : int
        Nodes of the hidden dense layer between convolutions and code, in each half.
    linear_paths, output
        As for ``TwoPathAutoencoder``.
    **architecture
        Further parameters of ``ConvolutionalAutoencoder``.

    Attributes
    ----------
    settings : dict
        See ``ConvolutionalAutoencoder.settings``.
    """

    def __init__(
        self, image_shape: ImageShape, code_size: int, filters: Sequence[int],
        *, middle: int, linear_paths: bool, output: str, **architecture: Unpack[Architecture],
    ) -> None:  # fmt: skip
        def parts() -> ConvolutionalAutoencoder:
            return ConvolutionalAutoencoder(filters, channels=image_shape[2], **architecture)

        super().__init__(
            math.prod(image_shape), code_size,
            lambda size: ConvolutionalEncoderStack(image_shape, middle, size, parts()),
            lambda size: ConvolutionalDecoderStack(image_shape, middle, size, parts()),
            linear_paths=linear_paths, output=output,
        )  # fmt: skip
        whole = parts()
        self.image_shape, self.settings, self.middle = image_shape, whole.settings, middle
        self._n_values = whole.n_values(*image_shape[:2])
        self._n_multiplications = super().n_multiplications + whole.n_multiplications(*image_shape[:2])

    @property
    def n_values(self) -> int:
        return self._n_values

    @property
    def n_multiplications(self) -> int:
        return self._n_multiplications
