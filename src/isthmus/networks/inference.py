"""Faster inference with trained convolutional networks, for images of any size.

Batch norms are folded into convolutions, memory is channels-last, activations work in place, and large images are cut
into tiles. Results equal those of the plain network in evaluation mode up to rounding.
"""

import copy
from collections.abc import Callable
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format, fuse_conv_bn_eval

from isthmus.networks.convolutional import ConvolutionalAutoencoder, ConvolutionalLayer
from isthmus.system.tiles import tiles

Network = TypeVar("Network", bound=nn.Module)


def for_inference(network: Network) -> Network:
    """Copy a module with convolutional layers in its fastest exact form, which cannot be trained."""
    fast = with_channels_last(fold_batch_norm(network).requires_grad_(False))
    for layer in _layers_of(fast):
        if isinstance(layer.activation, nn.SiLU):  # the other activations already are
            layer.activation.inplace = True
    return fast


def with_channels_last(network: Network) -> Network:
    """Store the kernels with channels last, which is faster."""
    return convert_conv2d_weight_memory_format(network, torch.channels_last)


@torch.no_grad()
def fold_batch_norm(network: Network) -> Network:
    """Copy a network in evaluation mode with its batch norms folded into the convolutions before them.

    In evaluation mode a batch norm is linear and does not depend on the batch, so it merges with the convolution:
    γ (w ∗ x − m) / √(v + ε) + β = (γ w / √(v + ε)) ∗ x + (β − γ m / √(v + ε)). In training the mean m and the variance
    v are those of the batch, and merging is impossible.
    """
    folded = copy.deepcopy(network).eval()
    for layer in _layers_of(folded):
        if isinstance(layer.norm, nn.BatchNorm2d):
            layer.convolution = fuse_conv_bn_eval(layer.convolution, layer.norm)
            layer.norm = nn.Identity()
    return folded


def halo(network: ConvolutionalAutoencoder) -> int:
    """Number of pixels around a tile that its output depends on, for a tile aligned with the network's grid.

    The index of the first pixel that output pixel 0 depends on is traced from the output back to the input. A
    convolution subtracts its radius. Up-sampling maps i to i // 2, pooling maps i to 2 i, and a patch multiplies by its
    side. The other end is the mirror image. Skip connections depend on fewer pixels.
    """
    radius = network.last.kernel_size[0] // 2
    first = -radius
    for upsamples in reversed(network.upsampling):
        first = (first - radius) // 2 if upsamples else first - radius
    for pools in reversed(network.pooling):
        first = (2 * first if pools else first) - radius
    return -first * network.patch


def values_per_pixel(network: ConvolutionalAutoencoder) -> float:
    """How many values the finest layer has for a pixel of an image."""
    return max(network.filters[0], 1) / network.patch**2


@torch.no_grad()
def apply_tiled(
    network: ConvolutionalAutoencoder,
    image: Float[Tensor, "channels height width"],
    tile: int = 256,
    *,
    function: Callable[[Tensor], Tensor] | None = None,
) -> Float[Tensor, "channels height width"]:
    """Reconstruct one image tile by tile: memory grows with the tile, not with the image.

    Each tile is read with ``halo`` pixels around it, rounded up to the network's grid, and its output is cropped. At
    the border of the image the network's own padding applies, as it does for the whole image. The image may be on
    another device than the network.

    Parameters
    ----------
    network : ConvolutionalAutoencoder
        In evaluation mode, best from ``for_inference``.
    tile : int, default=256
        Side of a tile in pixels, rounded up to the network's grid. Smaller tiles spend more time on the halo, larger
        ones take more memory.
    function : callable, optional
        Applied to each part instead of the network. It must apply the network, and may change each pixel on its own.

    Raises
    ------
    ValueError
        If ``tile`` is not positive, or if a network with batch norm is in training mode: the mean of a tile is not
        that of the image.
    """
    if tile < 1:
        raise ValueError(f"tile must be at least 1, got {tile}.")
    if any(layer.norm.training and isinstance(layer.norm, nn.BatchNorm2d) for layer in _layers_of(network)):
        raise ValueError("A network with batch norm must be in evaluation mode to be applied to tiles.")
    device, result = network.last.weight.device, torch.empty_like(image)
    for own, seen, within in tiles(image.shape[-2:], tile, halo(network), network.grid):
        result[:, *own] = (function or network)(image[:, *seen][None].to(device))[0, :, *within]
    return result


def _layers_of(network: nn.Module) -> list[ConvolutionalLayer]:
    return [module for module in network.modules() if isinstance(module, ConvolutionalLayer)]
