"""Apply networks to pages of any size, tile by tile."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from isthmus.system.tiles import tiles

_WHOLE_BYTES = 2**27  # size of the finest layer's output up to which a page is one tile; the network takes 5 times it
_TILE_BYTES = 2**26  # the same for the tiles of larger pages, which need memory for themselves


@runtime_checkable
class TileNetwork(Protocol):
    """A network of images of any size, in greys or colours from 0 to 1.

    ``halo`` is how many pixels around a tile its output depends on if tiles are aligned with ``grid``;
    ``values_per_pixel`` is the size of its finest layer.
    """

    grid: int
    halo: int
    values_per_pixel: float

    def __call__(self, image: Float[np.ndarray, "maps h w"]) -> Float[np.ndarray, "maps h w"]:
        """Reconstruct an image."""


def apply_to_page(
    network: TileNetwork, maps: Float[np.ndarray, "maps h w"], tile_bytes: int | None = None
) -> Float[np.ndarray, "maps h w"]:
    """Reconstruct the maps of a page; memory beyond the page itself does not grow with the page."""
    bytes_per_pixel = 4 * network.values_per_pixel
    side = int(((tile_bytes or _TILE_BYTES) / bytes_per_pixel) ** 0.5)
    is_whole = tile_bytes is None and maps[0].size * bytes_per_pixel <= _WHOLE_BYTES
    tile = max(maps.shape[1:]) if is_whole else max(network.grid, side - 2 * network.halo)
    result = np.empty(maps.shape, np.float32)
    for own, seen, within in tiles(maps.shape[1:], tile, network.halo, network.grid):
        result[:, *own] = network(maps[:, *seen])[:, *within]
    return result
