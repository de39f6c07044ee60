"""Networks from model files and estimators, which torch computes: those that users train."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float

from isthmus.errors import ModelFileError, ParameterError
from isthmus.estimators.convolutional import ConvAutoencoder
from isthmus.estimators.loading import load
from isthmus.networks import ConvolutionalAutoencoder, ImageAutoencoder, for_inference, halo, values_per_pixel


class TorchNetwork:
    """A network of grey images in [0, 1], up to a shift and scale; ``TileNetwork`` says what it is."""

    def __init__(self, network: ConvolutionalAutoencoder, shift: float = 0.0, scale: float = 1.0) -> None:
        self._network, self._shift, self._scale = for_inference(network).float(), shift, scale
        self.grid, self.halo = network.grid, halo(network)
        self.values_per_pixel = values_per_pixel(network)

    @torch.no_grad()
    def __call__(self, image: Float[np.ndarray, "maps h w"]) -> Float[np.ndarray, "maps h w"]:
        seen = torch.from_numpy(np.ascontiguousarray(image[None]))
        clean: torch.Tensor = self._network((seen - self._shift) / self._scale)
        if self._network.output == "linear":  # a sigmoid gives greys in [0, 1] directly
            clean.mul_(self._scale).add_(self._shift)
        return clean.clamp_(0, 1)[0].numpy()


@lru_cache(maxsize=4)
def network_from_file(path: str, _changed: int, _size: int) -> TorchNetwork:
    """Read a network for pages; a file that has changed is read again."""
    try:
        return network_of(load(path), path)
    except ParameterError as error:
        raise ModelFileError(str(error)) from error


def network_of(model: object, name: str) -> TorchNetwork:
    """Return the network of an estimator; ``ParameterError`` if it is not one of grey images in [0, 1]."""
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
    return TorchNetwork(module.convolutional, shift, scale)
