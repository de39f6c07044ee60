"""The section "fitted" of a model file: each setting with its kind, and the rules and tensors that follow from them.

Writing and reading use the same declarations; docs/model-file.md explains the settings.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Annotated, ClassVar, TypeVar, get_type_hints

import torch

from isthmus.errors import ModelFileError
from isthmus.model_files.container import Expected
from isthmus.model_files.rules import FINITE, NULL, TEXT, list_of, size, table_of
from isthmus.networks import (
    ConvolutionalAutoencoder,
    DenseAutoencoder,
    ImageAutoencoder,
    ImageCodeAutoencoder,
    RowAutoencoder,
)
from isthmus.parameters import CONVOLUTIONAL, DENSE, ParameterTable
from isthmus.parameters.convolutional import FROM_THE_IMAGE, MAX_GRID
from isthmus.parameters.rules import ACTIVATIONS, BOOL, LOSSES, Rule, one_of
from isthmus.words import shown

STATISTICS = ("mean", "deviation", "minimum", "maximum")
_MAX_PIXELS = 2**26  # of a training image, channels included: no tensor is as large
_ANY_LENGTH = 2**40
_ARCHITECTURE = (
    "filters", "decoder_filters", "kernel_size", "pooling", "activation", "batch_norm", "patch", "skips", "start",
)  # fmt: skip

Bool = Annotated[bool, BOOL]
Count = Annotated[int, size(0)]
Size = Annotated[int, size(1)]
Sizes = Annotated[list[int], list_of(size(1))]
Filters = Annotated[list[int], list_of(size(1), shortest=1)]
Number = Annotated[float, FINITE]
Activation = Annotated[str, one_of(*ACTIVATIONS)]
Column = list[float | None]
"""Numbers, with None (null in JSON) for NaN."""
Rules = Iterator[tuple[str, str, bool]]
"""The name of a setting, what it must be beside the others, and whether it is."""
COLUMN = list_of(FINITE | NULL, longest=_ANY_LENGTH)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of every model."""

    estimator: ClassVar[str]
    parameters: ClassVar[ParameterTable]

    n_features_in: Size
    feature_names: Annotated[list[str] | None, list_of(TEXT, longest=_ANY_LENGTH) | NULL]
    n_samples: Size
    loss: Annotated[str, one_of(*LOSSES)]
    n_epochs: Count
    best_epoch: Count
    history: Annotated[dict[str, Column], table_of(COLUMN, "epoch", "training_error", "validation_error")]
    start_error: Number
    validation_error: Number
    validation_variance: Number
    pca_error: Annotated[float | None, FINITE | NULL]

    def rules(self) -> Rules:
        """Rules between settings."""
        n_names = self.n_features_in if self.feature_names is None else len(self.feature_names)
        yield "feature_names", "one name for each column", n_names == self.n_features_in
        yield "best_epoch", "at most n_epochs", self.best_epoch <= self.n_epochs
        yield "history", "columns of n_epochs + 1 entries", _have_length(self.history, self.n_epochs + 1)

    @property
    def output(self) -> str:
        return "sigmoid" if self.loss == "bce" else "linear"

    @property
    def n_columns(self) -> int:
        """Number of columns that have statistics and a scale of their own."""
        return self.n_features_in

    def tensors(self) -> Expected:
        """Tensors beside those of the network."""
        return {f"statistics.{name}": ("float64", (self.n_columns,)) for name in STATISTICS}

    def network(self, device: torch.device) -> RowAutoencoder:
        """Build the network, with uninitialised weights."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class DenseSettings(Settings):
    """Settings of an ``Autoencoder``."""

    estimator = "Autoencoder"
    parameters = DENSE

    code_size: Size
    encoder_layers: Sizes
    decoder_layers: Sizes
    activation: Activation
    linear_paths: Bool
    stacks: Bool
    prefixes: Sizes
    takes_over: Sizes
    precision: Annotated[str, one_of("float32", "float64")]
    n_axes: Size
    linear: Bool
    errors_by_size: Annotated[dict[str, Column], table_of(COLUMN, "pca", optional=("start", "model"))]

    def rules(self) -> Rules:
        yield from super().rules()
        sizes = [0, *self.prefixes, self.code_size]
        steps = zip(sizes, self.takes_over, sizes[1:], strict=False)
        yield "pca_error", "a number", self.pca_error is not None
        yield "stacks", "true without linear_paths", self.linear_paths or self.stacks
        yield "linear", "false without linear_paths, or with stacks", not self.linear or not self.stacks
        yield "n_axes", "at most code_size", self.n_axes <= self.code_size
        yield "prefixes", "rising sizes below code_size", all(a < b for a, b in pairwise(sizes))
        yield "takes_over", "one size for each of prefixes, and one more", len(self.takes_over) == len(sizes) - 1
        yield "takes_over", "sizes from 1, each of its own decoder", all(a < b <= c for a, b, c in steps)
        yield "takes_over", "sizes that begin with 1", self.takes_over[0] == 1
        yield "errors_by_size", "lists of code_size + 1 errors", _have_length(self.errors_by_size, self.code_size + 1)

    def tensors(self) -> Expected:
        tensors = super().tensors()
        tensors["pca.axes"] = (self.precision, (self.n_axes, self.n_features_in))
        tensors["pca.spread"] = ("float64", (self.n_axes,))
        if self.linear:
            tensors["linear.variances"] = ("float64", (self.code_size,))
        return tensors

    def network(self, device: torch.device) -> DenseAutoencoder:
        network = DenseAutoencoder.on(
            device,
            self.n_features_in,
            self.code_size,
            self.encoder_layers,
            self.decoder_layers,
            self.activation,
            linear_paths=self.linear_paths,
            stacks=self.stacks,
            prefixes=self.prefixes,
            output=self.output,
        )
        network.first_sizes = tuple(self.takes_over)
        return network.double() if self.precision == "float64" else network


@dataclass(frozen=True, kw_only=True)
class ConvolutionalSettings(Settings):
    """Settings of a ``ConvAutoencoder``."""

    estimator = "ConvAutoencoder"
    parameters = CONVOLUTIONAL

    image_shape: Annotated[list[int], list_of(size(1), 3, 3)]
    layout: Annotated[str, one_of("rows", "images", "channels")]
    code_size: Annotated[int | None, size(1) | NULL]
    middle: Annotated[int | None, size(1) | NULL]
    linear_paths: Bool
    filters: Filters
    decoder_filters: Filters
    kernel_size: Size
    pooling: Annotated[list[bool], list_of(BOOL)]
    activation: Activation
    batch_norm: Bool
    patch: Size
    skips: Bool
    start: Annotated[str, one_of("random", *FROM_THE_IMAGE)]

    def rules(self) -> Rules:
        yield from super().rules()
        n_values, has_code = math.prod(self.image_shape), self.code_size is not None
        yield "image_shape", "the shape of n_features_in values", n_values == self.n_features_in
        yield "image_shape", f"the shape of at most {_MAX_PIXELS} values", n_values <= _MAX_PIXELS
        yield "pooling", "one flag for each of filters", len(self.pooling) == len(self.filters)
        yield "pooling", f"a grid of at most {MAX_GRID} pixels", self.patch * 2 ** sum(self.pooling) <= MAX_GRID
        yield "pca_error", "null without code_size, and a number with it", (self.pca_error is not None) == has_code
        yield "middle", "null without code_size, and a number with it", (self.middle is not None) == has_code
        yield "linear_paths", "false without code_size", has_code or not self.linear_paths
        yield "skips", "false with code_size", not (has_code and self.skips)
        yield "start", "random with code_size", not has_code or self.start == "random"

    @property
    def n_columns(self) -> int:
        return self.image_shape[2] if self.code_size is None else self.n_features_in

    def network(self, device: torch.device) -> ImageAutoencoder | ImageCodeAutoencoder:
        height, width, channels = self.image_shape
        architecture = {name: getattr(self, name) for name in _ARCHITECTURE} | {"output": self.output}
        if self.code_size is None:
            convolutional = ConvolutionalAutoencoder.on(device, channels=channels, **architecture)
            return ImageAutoencoder((height, width, channels), convolutional)
        architecture |= {"middle": self.middle, "linear_paths": self.linear_paths}
        return ImageCodeAutoencoder.on(device, (height, width, channels), self.code_size, **architecture)


Section = TypeVar("Section", bound=Settings)


def read_settings(schema: type[Section], found: object) -> Section:
    """Check the section "fitted": exactly these settings, each by its rule, and every rule between them."""
    hints = get_type_hints(schema, include_extras=True)
    rules: dict[str, Rule] = {field.name: hints[field.name].__metadata__[0] for field in fields(schema)}
    if not isinstance(found, dict):
        raise ModelFileError("the setting 'fitted' must be an object")
    for name in sorted(rules.keys() ^ found.keys()):
        raise ModelFileError(f"the setting {name[:80]!r} is {'missing' if name in rules else 'unknown'}")
    for name, rule in rules.items():
        _require(name, rule.words, found[name], rule.allows(found[name]))
    settings = schema(**found)
    for name, words, holds in settings.rules():
        _require(name, words, found[name], holds)
    return settings


def _require(name: str, words: str, value: object, holds: bool) -> None:
    if not holds:
        raise ModelFileError(f"the setting {name!r} must be {words}, got {shown(value)}")


def _have_length(table: dict[str, Column], length: int) -> bool:
    return all(len(column) == length for column in table.values())
