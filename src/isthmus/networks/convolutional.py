"""The convolutional autoencoder: convolutions and poolings down to a small image, and their mirror back up.

The default, `ConvolutionalAutoencoder()`, has 112,257 parameters:

    encoder   3×3 convolution 1 → 64,  batch norm, leaky ReLU;  max-pool 2
              3×3 convolution 64 → 64, batch norm, leaky ReLU;  max-pool 2
    decoder   repeat rows and columns;  3×3 convolution 64 → 64, batch norm, leaky ReLU
              repeat rows and columns;  3×3 convolution 64 → 64, batch norm, leaky ReLU
              3×3 convolution 64 → 1

Every convolution is padded with zeros to keep the size. A convolution before a batch norm has no bias: the norm would
subtract it. An image whose size the poolings do not divide is padded at the bottom and right by repeating its last row
and column, and the output is cropped. No pixel moves, and an image of one pixel works too.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise, zip_longest
from typing import TypedDict

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.laid_out import LaidOut
from isthmus.networks.upsampling import UpsamplingConvolution

HALF_A_LEVEL = 1 / 512
"""Half a grey level of 256: how far from 0 and 1 values are clipped before the logit, without effect on 8 bits."""

Images = Float[Tensor, "images channels height width"]
SmallImages = Float[Tensor, "images filters h w"]


class Architecture(TypedDict, total=False):
    """Parameters of ``ConvolutionalAutoencoder`` for which the defaults suit most images."""

    decoder_filters: Sequence[int] | None
    kernel_size: int
    pooling: bool | Sequence[bool]
    activation: str
    batch_norm: bool
    patch: int
    skips: bool
    start: str
    fused: bool


class ConvolutionalLayer(nn.Module):
    """A convolution, then a batch norm if the convolution has no bias, then the activation."""

    def __init__(self, convolution: nn.Conv2d, activation: str) -> None:
        super().__init__()
        self.convolution = convolution
        self.norm = nn.BatchNorm2d(convolution.out_channels) if convolution.bias is None else nn.Identity()
        self.activation = ACTIVATIONS[activation]()
        if isinstance(self.activation, nn.ReLU | nn.LeakyReLU | nn.ELU):
            self.activation.inplace = True  # safe: their gradients, and those of the layer before, need the output only

    def forward(self, x: Float[Tensor, "images inputs h w"]) -> Float[Tensor, "images outputs H W"]:
        y, norm = self.convolution(x), self.norm
        if norm.training and y.numel() == y.shape[1] and isinstance(norm, nn.BatchNorm2d):
            # One image of one pixel has no variance, so the running statistics are used.
            y = F.batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
        else:
            y = norm(y)
        return self.activation(y)  # type: ignore[no-any-return]


class ConvolutionalEncoder(nn.ModuleList):
    """Patches to channels, then layers, each followed by a 2×2 max-pool where ``pooling`` is true.

    Images are padded at the bottom and right to a multiple of ``grid``.
    """

    def __init__(self, layers: Iterable[ConvolutionalLayer], pooling: Sequence[bool], patch: int) -> None:
        super().__init__(layers)
        self.pooling, self.patch = tuple(pooling), patch
        self.grid = patch * 2 ** sum(self.pooling)

    def forward(self, u: Images) -> tuple[SmallImages, list[Tensor]]:
        """Return the code, and each layer's output before its pooling, from the finest resolution to the coarsest."""
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
    """Layers whose outputs have the skip connections, if there are any, added in order."""

    def forward(
        self, u: Float[Tensor, "images inputs h w"], skips: Sequence[Tensor] = ()
    ) -> Float[Tensor, "images outputs H W"]:
        for layer, skip in zip_longest(self, skips):
            u = layer(u)  # a statement of its own, so that the input is freed before the sum needs memory
            u = u if skip is None else u + skip
        return u


class ConvolutionalAutoencoder(LaidOut):
    """Convolutional autoencoder for images of any size.

    Parameters
    ----------
    filters : sequence of int, default=(64, 64)
        Filters of the encoder's layers, first layer first.
    decoder_filters : sequence of int, optional
        Filters of the decoder's layers, first layer first; the mirror of the encoder by default. With as many layers
        as the encoder, each layer up-samples where its mirror pools. Otherwise the first layers up-sample, one for each
        pooling.
    kernel_size : int, default=3
        Rows and columns of every kernel; odd.
    pooling : bool or sequence of bool, default=True
        Whether a max-pool halves the image after each layer; a sequence has one value for each layer.
    activation : str, default="leaky_relu"
        A key of ``ACTIVATIONS``.
    batch_norm : bool, default=True
        Whether a batch norm follows every convolution but the last.
    channels : int, default=1
        Channels of an image.
    patch : int, default=1
        Side of the square patches whose pixels become channels before the first layer, and pixels again after the last
        (Shi et al. 2016). With 2, the expensive layers of the finest resolution see a quarter of the pixels.
    skips : bool, default=False
        Whether each encoder layer's output, before its pooling, is added to the output of its mirror in the decoder
        (Mao, Shen & Yang 2016). Mirrors have the same shape, so this adds no parameters; concatenation would.
    start : {"random", "identity", "affine"}, default="random"
        "identity" makes the network x + g(x), where the last layer of g starts at zero. "affine" makes it
        x + g(x) + h(x) x, where g and h are the two halves of that layer. Dirt absorbs a share of the light. A factor
        that undoes this is as smooth as the dirt; an added term would have to follow the edge of every letter.
    output : {"linear", "sigmoid"}, default="linear"
        "sigmoid" for values in [0, 1] (binary cross-entropy); "identity" and "affine" then add logits.
    fused : bool, default=True
        Whether up-sampling and the convolution after it are computed in one step; see ``UpsamplingConvolution``.

    Attributes
    ----------
    grid : int
        Side of the square of pixels that one pixel of the code stands for. Images are padded to a multiple of it.
    filters, decoder_filters : tuple of int
    pooling, upsampling : tuple of bool
        One value for each layer of the encoder, and of the decoder.
    settings : dict
        The parameters that build the same network, without ``channels`` and ``output``.
    """

    def __init__(
        self, filters: Sequence[int] = (64, 64), *, decoder_filters: Sequence[int] | None = None, kernel_size: int = 3,
        pooling: bool | Sequence[bool] = True, activation: str = "leaky_relu", batch_norm: bool = True,
        channels: int = 1, patch: int = 1, skips: bool = False, start: str = "random", output: str = "linear",
        fused: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, got {kernel_size}.")
        self.pooling = (pooling,) * len(filters) if isinstance(pooling, bool) else tuple(pooling)
        if len(self.pooling) != len(filters):
            raise ValueError(f"pooling must have one bool for each of {len(filters)} layers, got {self.pooling}.")
        self.filters = tuple(filters)
        self.decoder_filters = self.filters[::-1] if decoder_filters is None else tuple(decoder_filters)
        fewest, n_layers = max(1, sum(self.pooling)), len(self.decoder_filters)
        if n_layers < fewest:
            raise ValueError(f"decoder_filters must have at least {fewest} layers, got {self.decoder_filters}.")
        if skips and self.decoder_filters != self.filters[::-1]:
            raise ValueError("With skips=True the decoder must mirror the encoder.")
        self.upsampling = upsampling_of(self.pooling, n_layers)
        self.skips, self.start, self.output, self.patch = skips, start, output, patch
        self.channels, self.activation = channels, activation
        self.settings = {
            "filters": self.filters, "decoder_filters": self.decoder_filters, "kernel_size": kernel_size,
            "pooling": self.pooling, "activation": activation, "batch_norm": batch_norm,
            "patch": patch, "skips": skips, "start": start,
        }  # fmt: skip
        n_values = channels * patch**2
        plain = partial(nn.Conv2d, kernel_size=kernel_size, padding=kernel_size // 2)
        after_upsampling = partial(UpsamplingConvolution, kernel_size=kernel_size, fused=fused)

        def layers(upsampling: Iterable[bool], *widths: int) -> Iterator[ConvolutionalLayer]:
            for upsamples, sizes in zip(upsampling, pairwise(widths), strict=True):
                convolution = (after_upsampling if upsamples else plain)(*sizes, bias=not batch_norm)
                yield ConvolutionalLayer(convolution, activation)

        self.encoder = ConvolutionalEncoder(layers([False] * len(filters), n_values, *filters), self.pooling, patch)
        self.decoder = ConvolutionalDecoder(layers(self.upsampling, self.filters[-1], *self.decoder_filters))
        self.last = plain(self.decoder_filters[-1], 2 * n_values if start == "affine" else n_values)
        self.grid = self.encoder.grid

    def code_shape(self, height: int, width: int) -> tuple[int, int, int]:
        """Filters, height and width of the code of an image of this size."""
        return self.filters[-1], -(-height // self.grid), -(-width // self.grid)

    @property
    def needs_image(self) -> bool:
        """Whether ``decode`` is impossible: skip connections, "identity" and "affine" need the image itself."""
        return self.skips or self.start != "random"

    def n_values(self, height: int, width: int) -> int:
        """Number of values of the largest layer for an image of this size."""
        return height * width * -(-max(*self.filters, *self.decoder_filters, self.channels) // self.patch**2)

    def n_multiplications(self, height: int, width: int) -> int:
        """Approximate number of multiplications for an image of this size."""
        return sum(parameter.numel() for parameter in self.parameters()) * height * width // self.patch**2

    def encode(self, x: Images) -> SmallImages:
        """Encode images: small images whose height and width are those of x divided by ``grid``, rounded up."""
        return self.encoder(x.to(self.last.weight.dtype))[0].to(x.dtype)  # type: ignore[no-any-return]

    def decode(self, code: SmallImages, height: int, width: int) -> Float[Tensor, "images channels {height} {width}"]:
        """Decode codes to images of this height and width; ValueError if ``needs_image``."""
        if self.needs_image:
            why = "skips=True" if self.skips else f"start={self.start!r}"
            raise ValueError(f"A network with {why} needs the image, not its code alone.")
        out = self._decoded(code.to(self.last.weight.dtype))[..., :height, :width]
        return (out.sigmoid() if self.output == "sigmoid" else out).to(code.dtype)

    def forward(self, x: Images) -> Images:
        """Reconstruct images."""
        out = self.output_of(x)
        return (out.sigmoid() if self.output == "sigmoid" else out).to(x.dtype)

    def output_of(self, x: Images) -> Images:
        """Reconstruct images, as logits for "sigmoid": the input of the losses."""
        height, width = x.shape[-2:]
        code, before_pooling = self.encoder(x.to(self.last.weight.dtype))
        out = self._decoded(code, before_pooling[::-1] if self.skips else ())[..., :height, :width]
        if self.start == "random":
            return out
        x = x.logit(HALF_A_LEVEL) if self.output == "sigmoid" else x
        if self.start == "affine":
            offset, factor = out.chunk(2, dim=1)
            return x + offset + factor * x
        return out + x

    def _decoded(self, code: SmallImages, skips: Sequence[Tensor] = ()) -> Float[Tensor, "images channels H W"]:
        return patches_to_pixels(self.last(self.decoder(code, skips)), self.patch)


def upsampling_of(pooling: tuple[bool, ...], n_layers: int) -> tuple[bool, ...]:
    """Which decoder layers up-sample: the mirrors of those that pool, or the first if the depths differ."""
    if n_layers == len(pooling):
        return pooling[::-1]
    return tuple(i < sum(pooling) for i in range(n_layers))


def patches_to_pixels(
    u: Float[Tensor, "images values h w"], patch: int
) -> Float[Tensor, "images channels {patch}*h {patch}*w"]:
    """Turn channels back into the pixels of patches."""
    return F.pixel_shuffle(u, patch) if patch > 1 else u
