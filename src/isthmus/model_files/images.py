"""The part of a model file that is of images: the settings of a convolutional network, and its tensors."""

from dataclasses import fields
from inspect import signature

import torch

from isthmus.errors import ModelFileError
from isthmus.fitting.convolutional import ImageNetwork, settings_of
from isthmus.model_files.container import ModelFile, Tensors
from isthmus.model_files.schema import ConvolutionalSettings
from isthmus.networks import ConvolutionalAutoencoder, ImageAutoencoder, ImageCodeAutoencoder, with_channels_last

_NETWORK = "network."
_COUNTER = "num_batches_tracked"  # of batch norms; it changes nothing and is not stored
# Names that networks and their settings share.
_IMAGES = {field.name for field in fields(ConvolutionalSettings)} & {*signature(ConvolutionalAutoencoder).parameters}


def image_contents(network: ImageNetwork) -> tuple[dict[str, object], Tensors]:
    """Return the settings and the tensors of a convolutional network."""
    settings = {**settings_of(network), "code_size": None, "middle": None, "linear_paths": False}
    if isinstance(network, ImageCodeAutoencoder):
        settings |= {"code_size": network.code_size, "middle": network.middle}
        settings["linear_paths"] = network.encoder.linear is not None
    return settings, {name: value.cpu().numpy() for name, value in _stored(network).items()}


def read_image_network(file: ModelFile, settings: ConvolutionalSettings) -> tuple[ImageNetwork, Tensors]:
    """Read all tensors of a file, and make the network; ModelFileError if they do not fit the settings."""
    network, expected = _image_network(settings), settings.tensors()
    for name, value in _stored(network).items():
        expected[name] = (str(value.dtype).removeprefix("torch."), tuple(value.shape))
    tensors = file.read_tensors(expected)
    return _with_weights(network, tensors), tensors


def _image_network(settings: ConvolutionalSettings) -> ImageNetwork:
    """Build the network that settings describe, without memory for its weights."""
    meta, shape = torch.device("meta"), settings.image_shape
    architecture = {name: getattr(settings, name) for name in _IMAGES} | {"output": settings.output}
    try:
        if settings.code_size is None:
            return ImageAutoencoder(shape, ConvolutionalAutoencoder.on(meta, channels=shape[2], **architecture))
        architecture |= {"middle": settings.middle, "linear_paths": settings.linear_paths}
        return ImageCodeAutoencoder.on(meta, shape, settings.code_size, **architecture)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise ModelFileError("the settings describe a network that cannot be built") from None


def _with_weights(network: ImageNetwork, tensors: Tensors) -> ImageNetwork:
    """Give a network without memory its weights, in the memory layout that convolutions are fastest in."""
    weights = {name.removeprefix(_NETWORK): torch.from_numpy(tensors[name]) for name in _stored(network)}
    counters = {name: torch.zeros((), dtype=torch.int64) for name in network.state_dict() if name.endswith(_COUNTER)}
    network.load_state_dict(weights | counters, assign=True)
    return with_channels_last(network.eval())


def _stored(network: ImageNetwork) -> dict[str, torch.Tensor]:
    """Return the tensors of a network by their names in the file."""
    state = network.state_dict()
    return {_NETWORK + name: value for name, value in state.items() if not name.endswith(_COUNTER)}
