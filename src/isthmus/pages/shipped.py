"""Load networks that clean pages: those that come with Isthmus, by name, and others from model files."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np
from jaxtyping import Float

from isthmus.errors import ModelFileError
from isthmus.pages.ink import NetworkInput
from isthmus.pages.maps import Map
from isthmus.pages.onnx_networks import OnnxNetwork
from isthmus.pages.tiled import TileNetwork, apply_to_page
from isthmus.system.extras import require

if TYPE_CHECKING:
    import isthmus.estimators.convolutional

FOLDER = Path(__file__).parent / "networks"
SHIPPED = ("pages", "reference")
"""Names of the networks that come with Isthmus: the page cleaner, and a plain network to compare it with."""

INK = "ink"
"""The network that finds ink, for ``pages``."""

MISSING = "The network {!r} is missing from this installation of Isthmus."
_MOST_AT_ONCE = 4_500_000  # pixels in which ink is looked for at once: A3 at 150 dpi
_STRIPE, _STRIPE_BYTES = 2**21, 2**25  # pixels of large pages in which ink is looked for at a time, and their tiles


@dataclass(frozen=True)
class PageNetwork:
    """A network that can be applied to pages of any size, and perhaps one that finds ink."""

    tone: TileNetwork
    ink: TileNetwork | None = None

    def __call__(self, grey: Map) -> Map:
        """Clean a page in grey, in [0, 1]."""
        return np.asarray(apply_to_page(self.tone, grey[None])[0])

    def ink_on(self, maps: Float[np.ndarray, "maps h w"]) -> Map | None:
        """How surely there is ink, from 0 to 1, on a page in grey (one map) or RGB, in [0, 1]; None if unknown."""
        if self.ink is None:
            return None
        seen, result = NetworkInput(maps), np.empty_like(maps[0])
        height, width = result.shape
        if height * width <= _MOST_AT_ONCE:
            return np.asarray(1 - apply_to_page(self.ink, seen.rows(0, height)).mean(0))
        margin = -(-self.ink.halo // self.ink.grid) * self.ink.grid
        step = max(1, _STRIPE // width // self.ink.grid) * self.ink.grid
        for first in range(0, height, step):
            above = min(first, margin)
            found = apply_to_page(self.ink, seen.rows(first - above, first + step + margin), _STRIPE_BYTES)
            result[first : first + step] = 1 - found[:, above : above + step].mean(0)
        return np.asarray(result)


Network = Union[str, os.PathLike[str], "isthmus.estimators.convolutional.ConvAutoencoder", PageNetwork]


def is_missing(network: Network) -> bool:
    """Whether a network that comes with Isthmus is missing from this installation."""
    needed = ("pages", INK) if network == "pages" else (network,)
    return isinstance(network, str) and network in SHIPPED and not all(_file(str(name)).exists() for name in needed)


def load_network(network: Network) -> PageNetwork:
    """Load a network by its name, from a model file, or from an estimator.

    Estimators that are not of grey images in [0, 1] raise ``ParameterError``, such files ``ModelFileError``; both need
    torch, without which ``MissingExtraError`` is raised.
    """
    if isinstance(network, PageNetwork):
        return network
    if is_missing(network):
        raise ModelFileError(MISSING.format(network))
    if isinstance(network, str) and network in SHIPPED:
        files = [_file(name) for name in (network, *([INK] if network == "pages" else []))]
        return PageNetwork(*map(_shipped, files))
    is_file = isinstance(network, str | os.PathLike)
    if is_file:
        try:
            stamp = Path(network).stat()
        except (OSError, ValueError):
            known = f"the networks that come with Isthmus are {' and '.join(map(repr, SHIPPED))}"
            raise ModelFileError(f"{os.fspath(network)}: there is no such model file; {known}.") from None
    require("images")
    from isthmus.pages.torch_networks import network_from_file, network_of  # noqa: PLC0415

    if is_file:
        return PageNetwork(network_from_file(str(network), stamp.st_mtime_ns, stamp.st_size))
    return PageNetwork(network_of(network, "The network"))


def _file(name: str) -> Path:
    return FOLDER / f"{name}.onnx"


@lru_cache(maxsize=4)
def _shipped(path: Path) -> TileNetwork:
    return OnnxNetwork(path)
