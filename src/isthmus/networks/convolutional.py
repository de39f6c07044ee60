"""The convolutional autoencoder: convolutions and poolings down to a small image, and the mirror of them back up.

As `ConvolutionalAutoencoder()` builds it (112,257 parameters):

    encoder   3×3 convolution 1 → 64,  batch norm, leaky ReLU;  max-pool 2
              3×3 convolution 64 → 64, batch norm, leaky ReLU;  max-pool 2
    decoder   repeat rows and columns;  3×3 convolution 64 → 64, batch norm, leaky ReLU
              repeat rows and columns;  3×3 convolution 64 → 64, batch norm, leaky ReLU
              3×3 convolution 64 → 1

Every convolution is padded with zeros to keep the size. A convolution before a batch norm has no bias: the norm would
subtract it. Sizes that the poolings do not divide are continued at the bottom and at the right with the last row and
column, and the output is cropped: no pixel moves, and an image of one pixel is as good as any.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.laid_out import LaidOut
from isthmus.networks.upsampling import UpsamplingConvolution

HALF_A_LEVEL = 1 / 512
"""Half a grey level of 256, to which a share is clipped before its logit: rounded to 8 bits, it is the same."""

FROM_THE_IMAGE = ("identity", "affine")
"""Starts whose output is the image to begin with."""

MAX_GRID = 1024
"""The most pixels to a pixel of the code that estimators take: every image is padded to a multiple of them."""


class ConvolutionalLayer(nn.Module):
    """A convolution, of the repeated pixels where it up-samples; batch norm; activation."""

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        kernel_size: int,
        activation: str,
        *,
        batch_norm: bool,
        upsamples: bool = False,
        fused: bool = True,
    ) -> None:
        super().__init__()
        bias = not batch_norm
        self.convolution = (
            UpsamplingConvolution(n_inputs, n_outputs, kernel_size, bias=bias, fused=fused)
            if upsamples
            else nn.Conv2d(n_inputs, n_outputs, kernel_size, padding=kernel_size // 2, bias=bias)
        )
        self.norm = nn.BatchNorm2d(n_outputs) if batch_norm else nn.Identity()
        self.activation = ACTIVATIONS[activation]()
        if isinstance(self.activation, nn.ReLU | nn.LeakyReLU | nn.ELU):
            self.activation.inplace = True  # their gradients need their output alone, as does that of what is before

    def forward(self, x: Float[Tensor, "images inputs h w"]) -> Float[Tensor, "images outputs H W"]:
        y = self.convolution(x)
        if self.norm.training and y.numel() == y.shape[1] and isinstance(self.norm, nn.BatchNorm2d):
            # One image of one pixel: it has no spread to divide by, so those seen before have to do.
            norm = self.norm
            y = F.batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
            return self.activation(y)  # type: ignore[no-any-return]
        return self.activation(self.norm(y))  # type: ignore[no-any-return]


class ConvolutionalEncoder(nn.ModuleList):
    """Layers, each followed by a max-pool of 2 where ``pooling`` says so; patches become channels before the first.

    Images whose sizes do not suit the poolings are continued at the bottom and at the right.
    """

    def __init__(self, layers: Iterable[ConvolutionalLayer], pooling: Sequence[bool], patch: int) -> None:
        super().__init__(layers)
        self.pooling, self.patch = tuple(pooling), patch
        self.grid = patch * 2 ** sum(self.pooling)

    def forward(
        self, u: Float[Tensor, "images channels height width"]
    ) -> tuple[Float[Tensor, "images filters h w"], list[Tensor]]:
        """The code, and what each layer had before its pooling, from the finest resolution to the coarsest."""
        height, width = u.shape[-2:]
        if height % self.grid or width % self.grid:
            u = F.pad(u, (0, -width % self.grid, 0, -height % self.grid), mode="replicate")
        if self.patch > 1:
            u = F.pixel_unshuffle(u, self.patch)
        before_pooling = []
        for layer, pools in zip(self, self.pooling, strict=True):
            u = layer(u)
            before_pooling.append(u)
            if pools:
                u = F.max_pool2d(u, 2)
        return u, before_pooling


class ConvolutionalDecoder(nn.ModuleList):
    """Layers, the output of each of which is added to what it is given to be added."""

    def forward(
        self, u: Float[Tensor, "images inputs h w"], carried: Iterable[Tensor] = ()
    ) -> Float[Tensor, "images outputs H W"]:
        remaining = iter(carried)
        for layer in self:
            u = layer(u)
            skip = next(remaining, None)
            u = u if skip is None else u + skip
        return u


class ConvolutionalAutoencoder(LaidOut):
    """The whole network, from an image to its reconstruction of the same size.

    Parameters
    ----------
    filters : sequence of int, default=(64, 64)
        Filters of the encoder's layers, in the order that data meets them.
    decoder_filters : sequence of int, optional
        The same for the decoder; by default the mirror of the encoder. With as many layers as the encoder each
        up-samples where its mirror pools; otherwise the first of them do, and there must be enough.
    kernel_size : int, default=3
        Rows and columns of every kernel; odd.
    pooling : bool or sequence of bool, default=True
        Whether a max-pool halves the image after each layer; a sequence says so layer by layer.
    activation : str, default="leaky_relu"
        A key of ``ACTIVATIONS``.
    batch_norm : bool, default=True
        Whether a batch norm follows every convolution but the last.
    channels : int, default=1
        Channels of an image.
    patch : int, default=1
        Rows and columns of the square patches whose pixels become channels before the first layer, and pixels again
        after the last (Shi et al. 2016). With 2, the costly layers of the finest resolution see a quarter of the
        pixels.
    skips : bool, default=False
        Whether the output of each of the encoder's layers, before its pooling, is added to the output of its mirror
        in the decoder (Mao, Shen & Yang 2016). Mirrors have the same size and number of filters, so it takes no
        parameters, where concatenating would take those of another convolution.
    start : {"random", "identity", "affine"}, default="random"
        "identity" makes the network x + g(x), with the last layer of g at zero to begin with. "affine" makes it
        x + g(x) + h(x) x, where g and h are halves of that layer: dirt multiplies light, and what undoes it is a factor
        that is as smooth as the dirt, where a sum would have to follow the edge of every letter.
    output : {"linear", "sigmoid"}, default="linear"
        "sigmoid" when a reconstruction is a share in [0, 1] (binary cross-entropy); starts from the image add logits.
    fused : bool, default=True
        Whether up-sampling and the convolution after it are computed as one; see ``UpsamplingConvolution``.

    Attributes
    ----------
    grid : int
        What the height and width of an image are padded to a multiple of: the pixels to a pixel of the code.
    filters, decoder_filters : tuple of int
    pooling, upsampling : tuple of bool
        By layer of the encoder, and of the decoder.
    settings : dict
        What makes another network like this one, by the parameters' names; without ``channels`` and ``output``.
    """

    def __init__(
        self,
        filters: Sequence[int] = (64, 64),
        *,
        decoder_filters: Sequence[int] | None = None,
        kernel_size: int = 3,
        pooling: bool | Sequence[bool] = True,
        activation: str = "leaky_relu",
        batch_norm: bool = True,
        channels: int = 1,
        patch: int = 1,
        skips: bool = False,
        start: str = "random",
        output: str = "linear",
        fused: bool = True,
    ) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, got {kernel_size}.")
        self.pooling = (pooling,) * len(filters) if isinstance(pooling, bool) else tuple(pooling)
        if len(self.pooling) != len(filters):
            raise ValueError(f"pooling must say yes or no for each of {len(filters)} layers, got {self.pooling}.")
        self.filters = tuple(filters)
        self.decoder_filters = self.filters[::-1] if decoder_filters is None else tuple(decoder_filters)
        n_poolings, n_layers = sum(self.pooling), len(self.decoder_filters)
        if n_layers < max(1, n_poolings):
            raise ValueError(f"decoder_filters must name {n_poolings} layers at least, got {self.decoder_filters}.")
        if skips and self.decoder_filters != self.filters[::-1]:
            raise ValueError("With skips=True the decoder must mirror the encoder.")
        self.upsampling = upsampling_of(self.pooling, n_layers)
        self.skips, self.start, self.output, self.patch = skips, start, output, patch
        self.channels, self.activation = channels, activation
        self.settings = {
            "filters": self.filters,
            "decoder_filters": self.decoder_filters,
            "kernel_size": kernel_size,
            "pooling": self.pooling,
            "activation": activation,
            "batch_norm": batch_norm,
            "patch": patch,
            "skips": skips,
            "start": start,
        }
        n_values = channels * patch**2
        settings: dict[str, Any] = {"kernel_size": kernel_size, "activation": activation, "batch_norm": batch_norm}
        down = (
            ConvolutionalLayer(n_inputs, n_outputs, **settings)
            for n_inputs, n_outputs in pairwise((n_values, *filters))
        )
        self.encoder = ConvolutionalEncoder(down, self.pooling, patch)
        self.grid = self.encoder.grid
        widths = pairwise((self.filters[-1], *self.decoder_filters))
        self.decoder = ConvolutionalDecoder(
            ConvolutionalLayer(n_inputs, n_outputs, upsamples=upsamples, fused=fused, **settings)
            for (n_inputs, n_outputs), upsamples in zip(widths, self.upsampling, strict=True)
        )
        n_outputs = 2 * n_values if start == "affine" else n_values
        self.last = nn.Conv2d(self.decoder_filters[-1], n_outputs, kernel_size, padding=kernel_size // 2)

    def code_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Filters, height and width of the code of an image."""
        return self.filters[-1], -(-height // self.grid), -(-width // self.grid)

    @property
    def needs_image(self) -> bool:
        """Whether the code is not all that a reconstruction takes: with skip connections, or x in the output."""
        return self.skips or self.start != "random"

    def n_values(self, height: int, width: int) -> int:
        """How many numbers the widest layer has for an image."""
        return height * width * -(-max(*self.filters, *self.decoder_filters, self.channels) // self.patch**2)

    def n_multiplications(self, height: int, width: int) -> int:
        """About as many as an image takes."""
        return sum(parameter.numel() for parameter in self.parameters()) * height * width // self.patch**2

    def encode(self, x: Float[Tensor, "images channels height width"]) -> Float[Tensor, "images filters h w"]:
        """The small images in the middle, whose height and width are those of x over ``grid``, rounded up."""
        return self.encoder(x.to(self.last.weight.dtype))[0].to(x.dtype)  # type: ignore[no-any-return]

    def decode(
        self, code: Float[Tensor, "images filters h w"], height: int, width: int
    ) -> Float[Tensor, "images channels {height} {width}"]:
        """Images of a height and width, from what ``encode`` made of them.

        Raises
        ------
        ValueError
            If ``needs_image``.
        """
        if self.needs_image:
            why = "skips=True" if self.skips else f"start={self.start!r}"
            raise ValueError(f"A network with {why} needs the image, not its code alone.")
        out = self._decoded(code.to(self.last.weight.dtype))[..., :height, :width]
        return (out.sigmoid() if self.output == "sigmoid" else out).to(code.dtype)

    def forward(
        self, x: Float[Tensor, "images channels height width"]
    ) -> Float[Tensor, "images channels height width"]:
        """Reconstructions of images."""
        out = self.output_of(x)
        return (out.sigmoid() if self.output == "sigmoid" else out).to(x.dtype)

    def output_of(
        self, x: Float[Tensor, "images channels height width"]
    ) -> Float[Tensor, "images channels height width"]:
        """What the losses compare: images, or logits for "sigmoid"."""
        height, width = x.shape[-2:]
        code, before_pooling = self.encoder(x.to(self.last.weight.dtype))
        out = self._decoded(code, reversed(before_pooling) if self.skips else ())[..., :height, :width]
        if self.start == "random":
            return out
        x = x.logit(HALF_A_LEVEL) if self.output == "sigmoid" else x
        if self.start == "affine":
            offset, factor = out.chunk(2, dim=1)
            return x + offset + factor * x
        return out + x

    def _decoded(
        self, code: Float[Tensor, "images filters h w"], carried: Iterable[Tensor] = ()
    ) -> Float[Tensor, "images channels H W"]:
        return patches_to_pixels(self.last(self.decoder(code, carried)), self.patch)


def upsampling_of(pooling: tuple[bool, ...], n_layers: int) -> tuple[bool, ...]:
    """Which of the decoder's layers up-sample: the mirrors of those that pool, if it has as many, or else the first."""
    if n_layers == len(pooling):
        return pooling[::-1]
    return tuple(i < sum(pooling) for i in range(n_layers))


def patches_to_pixels(
    u: Float[Tensor, "images values h w"], patch: int
) -> Float[Tensor, "images channels {patch}*h {patch}*w"]:
    """The images whose patches of pixels are channels."""
    return F.pixel_shuffle(u, patch) if patch > 1 else u
