"""A trained convolutional network, applied faster and to images of any size: the same function, computed otherwise.

Batch norms go into the convolutions before them, memory is laid out with the channels last, activations overwrite what
they are applied to, and a large image is cut into tiles. All of it equals the plain network in evaluation mode up to
rounding.
"""

import copy
from collections.abc import Callable
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format, fuse_conv_bn_eval

from isthmus.networks.convolutional import ConvolutionalAutoencoder, ConvolutionalLayer

Network = TypeVar("Network", bound=nn.Module)


def for_inference(network: Network) -> Network:
    """A copy in the fastest exact form, which can no longer be trained; of any module with convolutional layers."""
    fast = fold_batch_norm(network).requires_grad_(False)
    convert_conv2d_weight_memory_format(fast, torch.channels_last)
    for layer in _layers_of(fast):
        if isinstance(layer.activation, nn.SiLU):  # others do so in training, too
            layer.activation.inplace = True
    return fast


@torch.no_grad()
def fold_batch_norm(network: Network) -> Network:
    """A copy in evaluation mode without batch norms, as ``batch_norm=False`` would build it.

    In evaluation mode a batch norm multiplies and adds numbers that do not depend on the data, and so does a
    convolution: γ (w ∗ x − m) / √(v + ε) + β = (γ w / √(v + ε)) ∗ x + (β − γ m / √(v + ε)). In training the mean m and
    the variance v are the batch's own, and the two cannot be one.
    """
    folded = copy.deepcopy(network).eval()
    for layer in _layers_of(folded):
        if isinstance(layer.norm, nn.BatchNorm2d):
            layer.convolution = fuse_conv_bn_eval(layer.convolution, layer.norm)
            layer.norm = nn.Identity()
    return folded


def halo(network: ConvolutionalAutoencoder) -> int:
    """How many pixels beyond a tile its output depends on, when the tile begins and ends on the network's grid.

    The first pixel that the tile's first pixel, at 0, depends on is followed from the output to the input. A
    convolution takes its radius off; the pixel i of repeated pixels was i // 2; the pixel i of pooled ones was 2 i and
    2 i + 1; a patch is as many pixels as it has. The other end is the mirror image. Skip connections see less.
    """
    radius = network.last.kernel_size[0] // 2
    first = -radius
    for upsamples in reversed(network.upsampling):
        first = (first - radius) // 2 if upsamples else first - radius
    for pools in reversed(network.pooling):
        first = (2 * first if pools else first) - radius
    return -first * network.patch


@torch.no_grad()
def apply_tiled(
    network: ConvolutionalAutoencoder,
    image: Float[Tensor, "channels height width"],
    tile: int = 256,
    *,
    through: Callable[[Tensor], Tensor] | None = None,
) -> Float[Tensor, "channels height width"]:
    """The reconstruction of one image, computed tile by tile: memory grows with the tile and not with the image.

    A tile is read with ``halo`` pixels around it, rounded up to the grid of the poolings, and these are cut off its
    output. At the border of the image there is nothing to read, and the network's own padding applies, as it does to
    the whole image. The image may lie on another device than the network.

    Parameters
    ----------
    network : ConvolutionalAutoencoder
        In evaluation mode, best from ``for_inference``.
    image : tensor of shape (channels, height, width)
    tile : int, default=256
        Rows and columns of a tile, rounded up to the grid of the poolings. Smaller ones compute more of the halo,
        larger ones take more memory.
    through : callable, optional
        What the parts are put through instead of the network: something that applies it to them, and does to each
        pixel by itself whatever else it does.

    Raises
    ------
    ValueError
        If ``tile`` is not positive, or a network with batch norm is in training mode: a tile has another mean than
        the image.
    """
    if tile < 1:
        raise ValueError(f"tile must be at least 1, got {tile}.")
    if any(layer.norm.training and isinstance(layer.norm, nn.BatchNorm2d) for layer in _layers_of(network)):
        raise ValueError("A network with batch norm must be in evaluation mode to be applied to tiles.")
    step, margin = (-(-length // network.grid) * network.grid for length in (tile, halo(network)))
    device = network.last.weight.device
    height, width = image.shape[-2:]
    result = torch.empty_like(image)
    for top in range(0, height, step):
        above = min(top, margin)
        for left in range(0, width, step):
            before = min(left, margin)
            part = image[:, top - above : top + step + margin, left - before : left + step + margin]
            out = (through or network)(part[None].to(device))[0, :, above : above + step, before : before + step]
            result[:, top : top + step, left : left + step] = out
    return result


def _layers_of(network: nn.Module) -> list[ConvolutionalLayer]:
    return [module for module in network.modules() if isinstance(module, ConvolutionalLayer)]
