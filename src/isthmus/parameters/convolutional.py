"""The parameters of ConvAutoencoder."""

from collections.abc import Mapping, Sequence

from isthmus.parameters import rules
from isthmus.parameters.declaration import Parameter, ParameterTable
from isthmus.parameters.rules import Rule, are_ints, exactly, integer, is_bool, is_int, is_sequence, one_of, refuse
from isthmus.parameters.texts import either
from isthmus.parameters.training import LOSS, NOISE_PARAMETER, SCALE, training_parameters

# Starts that take the image itself to the output.
FROM_THE_IMAGE = ("identity", "affine")
# Rows and columns of an image that one pixel of the code stands for, at most.
MAX_GRID = 1024

_IN_PYTHON = "Models of images are fitted in Python."
_FILTERS = Rule(
    "an int of at least 1 (filters in each of two layers) or a tuple of such (filters in each layer)",
    lambda value: (is_int(value) and value >= 1) or (are_ints(value, 1) and len(value) > 0),
)
_KERNEL_SIZE = Rule("an odd int of at least 1", lambda value: is_int(value) and value >= 1 and value % 2 == 1)
_POOLING = Rule(
    "a bool or a tuple of bools (one for each layer of the encoder)",
    lambda value: is_bool(value) or (is_sequence(value) and all(map(is_bool, value))),
)
_IMAGE_SHAPE = Rule(
    "(height, width), (height, width, channels) or None",
    lambda value: value is None or (are_ints(value, 1) and len(value) in (2, 3)),
)


def filters_of(value: object, n_layers: int = 2) -> tuple[int, ...]:
    """Return the filters of each layer; an int stands for ``n_layers`` layers of as many."""
    if is_int(value):
        return (value,) * n_layers
    assert isinstance(value, Sequence)
    return tuple(value)


def _check_together(owner: str, values: Mapping[str, object]) -> None:
    filters, pooling = filters_of(values["filters"]), values["pooling"]
    if isinstance(pooling, Sequence) and len(pooling) != len(filters):
        words = f"a bool or a tuple of {len(filters)} bools (one for each layer of the encoder)"
        raise refuse(owner, "pooling", words, pooling)
    n_poolings = sum(pooling) if isinstance(pooling, Sequence) else bool(pooling) * len(filters)
    _check_start(owner, values)
    patch, decoder = values["patch"], values["decoder_filters"]
    assert is_int(patch)
    if patch * 2**n_poolings > MAX_GRID:
        words = f"few enough poolings that a pixel of the code stands for {MAX_GRID} rows of an image at most"
        raise refuse(owner, "pooling", words, pooling)
    if decoder is not None and len(filters_of(decoder, len(filters))) < n_poolings:
        raise refuse(owner, "decoder_filters", f"None or filters of at least {n_poolings} layers", decoder)
    if values["skips"] and decoder is not None and filters_of(decoder, len(filters)) != filters[::-1]:
        raise refuse(owner, "decoder_filters", "the mirror of filters with skips=True", decoder)


def _check_start(owner: str, values: Mapping[str, object]) -> None:
    has_code = values["code_size"] is not None
    starts = ("pca",) if has_code else FROM_THE_IMAGE
    rules.check(owner, "start", values["start"], one_of("auto", "random", *starts))
    if has_code and values["skips"]:
        words = "False with code_size, so that codes can be decoded without the image"
        raise refuse(owner, "skips", words, values["skips"])


def _without_option(parameter: Parameter) -> Parameter:
    """Return a shared parameter as that of a model of images; the search leaves its batch size alone."""
    return parameter._replace(option=_IN_PYTHON, search={} if parameter.name == "batch_size" else parameter.search)


# fmt: off
CONVOLUTIONAL = ParameterTable(
    Parameter("filters", (64, 64), _FILTERS, "Filters of each layer of the encoder.",
              _IN_PYTHON, {"layers": "1:3", "filters": "16:64"}),
    Parameter("code_size", None, rules.CODE_SIZE | exactly(None), "Number of codes of a dense code, a share, or mle.",
              _IN_PYTHON, {}),
    Parameter("decoder_filters", None, _FILTERS | rules.MIRROR, "The same for the decoder.", _IN_PYTHON, {}),
    Parameter("kernel_size", 3, _KERNEL_SIZE, "Rows and columns of every kernel.",
              _IN_PYTHON, {"kernel_size": [3, 5]}),
    Parameter("pooling", True, _POOLING, "Whether a max-pool halves height and width after each layer.",
              _IN_PYTHON, {"poolings": "1:3"}),
    Parameter("patch", 1, integer(1), "Rows and columns of the patches that become channels.", _IN_PYTHON, {}),
    Parameter("activation", "leaky_relu", one_of(*rules.ACTIVATIONS), f"{either(rules.ACTIVATIONS)}.",
              _IN_PYTHON, {"activation": ["relu", "leaky_relu", "gelu", "silu"]}),
    Parameter("batch_norm", "auto", rules.BOOL | exactly("auto"), "Batch norm after every convolution.",
              _IN_PYTHON, {}),
    Parameter("skips", False, rules.BOOL, "Add the encoder's layers to their mirrors in the decoder.", _IN_PYTHON, {}),
    Parameter("start", "auto", one_of("auto", "random", *FROM_THE_IMAGE, "pca"),
              "auto, random, identity, affine or pca.", _IN_PYTHON, {}),
    Parameter("image_shape", None, _IMAGE_SHAPE, "Height, width and channels of the images in flat rows.",
              _IN_PYTHON, "It describes the data."),
    *map(_without_option, (LOSS, NOISE_PARAMETER, SCALE, *training_parameters(max_epochs=50, patience=10))),
    check_together=_check_together,
)
# fmt: on
