"""Load networks that clean pages: those that come with Isthmus, by name, and others from model files."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.errors import ModelFileError, ParameterError
from isthmus.estimators.base import BaseAutoencoder
from isthmus.estimators.convolutional import ConvAutoencoder
from isthmus.estimators.loading import load
from isthmus.networks import ConvolutionalAutoencoder, ImageAutoencoder, apply_tiled, for_inference, halo
from isthmus.pages.ink import NetworkInput
from isthmus.pages.maps import Map

FOLDER = Path(__file__).parent / "networks"
SHIPPED = ("pages", "reference")
"""Names of the networks that come with Isthmus: the page cleaner, and a plain network to compare it with."""

INK = "ink"
"""The network that finds ink, for ``pages``."""

MISSING = "The network {!r} is missing from this installation of Isthmus."
_WHOLE_BYTES = 2**27  # size of the finest layer's output up to which a page is one tile; the network takes 5 times it
_MOST_AT_ONCE = 4_500_000  # pixels in which ink is looked for at once: A3 at 150 dpi
_STRIPE, _STRIPE_BYTES = 2**21, 2**25  # pixels of large pages in which ink is looked for at a time, and their tiles
_TILE_BYTES = 2**26  # the same for the tiles of larger pages, which need memory for themselves


@dataclass(frozen=True)
class PageNetwork:
    """A network that can be applied to pages of any size."""

    convolutional: ConvolutionalAutoencoder
    shift: float = 0.0
    scale: float = 1.0
    ink: ConvolutionalAutoencoder | None = None

    def __call__(self, grey: Map) -> Map:
        """Clean a page in grey, in [0, 1]."""
        return np.asarray(_applied(self.convolutional, grey[None], self._cleaned)[0])

    def _cleaned(self, grey: Float[Tensor, "1 1 h w"]) -> Float[Tensor, "1 1 h w"]:
        network = self.convolutional
        clean: Tensor = network((grey - self.shift) / self.scale)
        if network.output == "linear":  # a sigmoid gives greys in [0, 1] directly
            clean.mul_(self.scale).add_(self.shift)
        return clean.clamp_(0, 1)

    def ink_on(self, maps: Float[np.ndarray, "maps h w"]) -> Map | None:
        """How surely there is ink, from 0 to 1, on a page in grey (one map) or RGB, in [0, 1]; None if unknown."""
        if self.ink is None:
            return None
        seen, result = NetworkInput(maps), np.empty_like(maps[0])
        height, width = result.shape
        if height * width <= _MOST_AT_ONCE:
            return np.asarray(1 - _applied(self.ink, seen.rows(0, height), self.ink).mean(0))
        margin = -(-halo(self.ink) // self.ink.grid) * self.ink.grid
        step = max(1, _STRIPE // width // self.ink.grid) * self.ink.grid
        for first in range(0, height, step):
            above = min(first, margin)
            found = _applied(self.ink, seen.rows(first - above, first + step + margin), self.ink, _STRIPE_BYTES)
            result[first : first + step] = 1 - found[:, above : above + step].mean(0)
        return np.asarray(result)


def _bytes_a_pixel(network: ConvolutionalAutoencoder) -> float:
    """Those of the output of the finest layer."""
    return 4 * max(network.filters[0], 1) / network.patch**2


def _applied(
    network: ConvolutionalAutoencoder, maps: Float[np.ndarray, "maps h w"], function: Callable[[Tensor], Tensor],
    tile_bytes: int | None = None,
) -> Float[np.ndarray, "maps h w"]:  # fmt: skip
    """A function that ends with a network; memory beyond the page itself does not grow with the page."""
    side = int(((tile_bytes or _TILE_BYTES) / _bytes_a_pixel(network)) ** 0.5)
    is_whole = tile_bytes is None and maps[0].size * _bytes_a_pixel(network) <= _WHOLE_BYTES
    tile = max(maps.shape[1:]) if is_whole else max(network.grid, side - 2 * halo(network))
    with torch.no_grad():
        return apply_tiled(network, torch.from_numpy(maps.copy()), tile, function=function).numpy()


def is_missing(network: str | os.PathLike[str]) -> bool:
    """Whether a network that comes with Isthmus is missing from this installation."""
    needed = ("pages", INK) if network == "pages" else (network,)
    return network in SHIPPED and not all((FOLDER / f"{name}.safetensors").exists() for name in needed)


Network = str | os.PathLike[str] | ConvAutoencoder | PageNetwork


def load_network(network: Network) -> PageNetwork:
    """Load a network by its name, from a model file, or from an estimator.

    Estimators that are not of grey images in [0, 1] raise ``ParameterError``, such files ``ModelFileError``.
    """
    if isinstance(network, PageNetwork):
        return network
    if isinstance(network, BaseAutoencoder):
        return _page_network(network, "The network")
    if is_missing(network):
        raise ModelFileError(MISSING.format(network))
    path = FOLDER / f"{network}.safetensors" if network in SHIPPED else Path(network)
    try:
        stamp = path.stat()
    except (OSError, ValueError):
        known = f"the networks that come with Isthmus are {' and '.join(map(repr, SHIPPED))}"
        raise ModelFileError(f"{os.fspath(network)}: there is no such model file; {known}.") from None
    found = _read(str(path), stamp.st_mtime_ns, stamp.st_size)
    return replace(found, ink=_ink_network()) if network == "pages" else found


@lru_cache(maxsize=4)
def _read(path: str, _changed: int, _size: int) -> PageNetwork:
    try:
        return _page_network(load(path), path)
    except ParameterError as error:
        raise ModelFileError(str(error)) from error


@lru_cache(maxsize=1)
def _ink_network() -> ConvolutionalAutoencoder:
    convolutional = load(FOLDER / f"{INK}.safetensors").module_.convolutional
    if not isinstance(convolutional, ConvolutionalAutoencoder):
        raise ModelFileError(f"The network {INK!r} is not a network of images.")
    return for_inference(convolutional).float()


def _page_network(model: BaseAutoencoder, name: str) -> PageNetwork:
    if not isinstance(model, ConvAutoencoder):
        raise ParameterError(f"{name}: is a model of rows, an {type(model).__name__}; pages need a ConvAutoencoder.")
    module = model.module_
    if not isinstance(module, ImageAutoencoder) or module.convolutional.channels != 1:
        needed = "takes grey images of any size and has no dense code"
        raise ParameterError(f"{name}: is not a network for pages, which {needed}.")
    shift, scale = float(module.shift[0]), float(module.scale[0])
    if not 0 <= shift <= 1 or scale > 1:
        trained = f"was trained on images with a mean of {shift:.3g}"
        raise ParameterError(f"{name}: {trained}; pages need a network of grey in [0, 1].")
    return PageNetwork(for_inference(module.convolutional).float(), shift, scale)
