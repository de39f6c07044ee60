"""The section "fitted" of a model file: each setting with its rule, and the rules and tensors that follow from them.

Writing and reading use the same declarations; docs/model-file.md explains the settings.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from isthmus.errors import ModelFileError
from isthmus.model_files.container import UNLIMITED, Expected
from isthmus.model_files.sections import FINITE, INTEGER, NULL, TEXT, Rules, Section, list_of, size, table_of
from isthmus.parameters import CONVOLUTIONAL, DENSE, ParameterTable
from isthmus.parameters.convolutional import FROM_THE_IMAGE, MAX_GRID
from isthmus.parameters.rules import ACTIVATIONS, BOOL, LOSSES, one_of

STATISTICS = ("mean", "deviation", "minimum", "maximum")
_MAX_PIXELS = 2**26  # of a training image, channels included: no tensor is as large
# For one image, without ``limits=False``; the network computes in float64 for rows in float64.
_USUAL_PIXELS, _USUAL_ACTIVATIONS, _USUAL_MULTIPLICATIONS = 2**22, 2**26, 2**37
_ANY_LENGTH = 2**40
_MAX_LAYERS = 10_000

Bool = Annotated[bool, BOOL]
Count = Annotated[int, size(0)]
Size = Annotated[int, size(1)]
Sizes = Annotated[tuple[int, ...], list_of(size(1))]
Filters = Annotated[tuple[int, ...], list_of(size(1), shortest=1)]
Number = Annotated[float, FINITE]
Activation = Annotated[str, one_of(*ACTIVATIONS)]
COLUMN = list_of(FINITE | NULL, longest=_ANY_LENGTH)
Column = list[float | None]
"""Numbers, with None (null in JSON) for NaN."""


@dataclass(frozen=True, kw_only=True)
class Settings(Section):
    """Settings of every model."""

    estimator: ClassVar[str]
    parameters: ClassVar[ParameterTable]

    n_features_in: Size
    feature_names: Annotated[tuple[str | int, ...] | None, list_of(TEXT | INTEGER, longest=_ANY_LENGTH) | NULL]
    n_samples: Size
    loss: Annotated[str, one_of(*LOSSES)]
    n_epochs: Count
    best_epoch: Count
    history: Annotated[dict[str, Column], table_of(COLUMN, "epoch", "training_error", "validation_error")]
    start_error: Number
    validation_error: Number
    validation_variance: Number
    pca_error: Annotated[float | None, FINITE | NULL]
    held_out: Annotated[bool | None, BOOL | NULL] = None  # what the parameters say, unless it is given
    in_parts: Bool = False
    row_type: Annotated[str, one_of("float32", "float64")] = "float64"

    def rules(self) -> Rules:
        n_names = self.n_features_in if self.feature_names is None else len(self.feature_names)
        yield "feature_names", "one name for each column", n_names == self.n_features_in
        yield (
            "feature_names",
            "all text or all ints",
            len({isinstance(name, str) for name in self.feature_names or ()}) < 2,
        )
        yield "best_epoch", "at most n_epochs", self.best_epoch <= self.n_epochs
        yield "history", "columns of n_epochs + 1 entries", {*map(len, self.history.values())} == {self.n_epochs + 1}

    @property
    def output(self) -> str:
        return "sigmoid" if self.loss == "bce" else "linear"


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
    prefixes: Annotated[tuple[int, ...], list_of(size(1), longest=40)]
    takes_over: Sizes
    precision: Annotated[str, one_of("float32", "float64")]
    n_axes: Size
    linear: Bool
    errors_by_size: Annotated[dict[str, Column], table_of(COLUMN, "pca", optional=("start", "model"))]
    factor_rows: Count = 0

    def rules(self) -> Rules:
        yield from super().rules()
        sizes, lengths = (0, *self.prefixes, self.code_size), {*map(len, self.errors_by_size.values())}
        steps = zip(sizes, self.takes_over, sizes[1:], strict=False)
        yield "pca_error", "a number", self.pca_error is not None
        yield "stacks", "true without linear_paths", self.linear_paths or self.stacks
        yield "linear", "false with stacks", not (self.linear and self.stacks)
        yield "n_axes", "at most code_size", self.n_axes <= self.code_size
        yield "prefixes", "rising sizes below code_size", all(a < b for a, b in pairwise(sizes))
        yield "takes_over", "one entry more than prefixes", len(self.takes_over) == len(self.prefixes) + 1
        yield "takes_over", "1 and then sizes of the decoder's own", self.takes_over[0] == 1
        yield "takes_over", "above the decoder before and within its own", all(a < b <= c for a, b, c in steps)
        n_layers = len(self.decoder_layers) + 2
        yield "prefixes", "few enough for 10,000 layers of all decoders", len(sizes) * n_layers <= _MAX_LAYERS
        yield "factor_rows", "0 unless a linear network came in parts", not self.factor_rows or self._has_factor
        yield "factor_rows", "at most n_features_in", self.factor_rows <= self.n_features_in
        yield "errors_by_size", "lists of code_size + 1 errors", lengths == {self.code_size + 1}

    @property
    def _has_factor(self) -> bool:
        return self.in_parts and self.linear

    def tensors(self) -> Expected:
        """Type and shape of every tensor."""
        n, k, weights = self.n_features_in, self.code_size, self.precision
        tensors = _columns(n, in_parts=self.in_parts) | {
            "pca.axes": (weights, (self.n_axes, n)),
            "pca.spread": ("float64", (self.n_axes,)),
        }
        tensors |= {"network.code_unit": ("float64", (k,)), "network.spread": (weights, (k,))}
        decoders = {"network.decoder": k}
        decoders |= {f"network.prefix_decoders.{i}": width for i, width in enumerate(self.prefixes)}
        if self.linear:
            tensors["linear.variances"] = ("float64", (k,))
        if self._has_factor:
            tensors["linear.factor"] = ("float64", (self.factor_rows, n))
        if self.linear_paths:
            tensors["network.encoder.linear.weight"] = (weights, (k, n))
        if self.stacks:
            tensors |= _stack("network.encoder", (n, *self.encoder_layers, k), weights)
        for decoder, width in decoders.items():
            if self.linear_paths:
                tensors |= {
                    f"{decoder}.linear.weight": (weights, (n, width)),
                    f"{decoder}.linear.bias": (weights, (n,)),
                }
            if self.stacks:
                tensors |= _stack(decoder, (width, *self.decoder_layers, n), weights)
        return tensors


@dataclass(frozen=True, kw_only=True)
class ConvolutionalSettings(Settings):
    """Settings of a ``ConvAutoencoder``."""

    estimator = "ConvAutoencoder"
    parameters = CONVOLUTIONAL

    image_shape: Annotated[tuple[int, int, int], list_of(size(1), 3, 3)]
    layout: Annotated[str, one_of("rows", "images", "channels")]
    code_size: Annotated[int | None, size(1) | NULL]
    middle: Annotated[int | None, size(1) | NULL]
    linear_paths: Bool
    filters: Filters
    decoder_filters: Filters
    kernel_size: Size
    pooling: Annotated[tuple[bool, ...], list_of(BOOL)]
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
        yield "pooling", "one bool for each of filters", len(self.pooling) == len(self.filters)
        yield "pooling", f"a grid of at most {MAX_GRID} pixels", self.patch * 2 ** sum(self.pooling) <= MAX_GRID
        yield "pca_error", "null without code_size, and a number with it", (self.pca_error is not None) == has_code
        yield "middle", "null without code_size, and a number with it", (self.middle is not None) == has_code
        yield "linear_paths", "false without code_size", has_code or not self.linear_paths
        yield "skips", "false with code_size", not (has_code and self.skips)
        yield "start", "random with code_size", not has_code or self.start == "random"

    def check_size(self) -> None:
        """Raise a ModelFileError if a single image takes too much memory or time."""
        activations, multiplications = self._work()
        for found, most, what in (
            (self.n_features_in, _USUAL_PIXELS, "values"),
            (activations, _USUAL_ACTIVATIONS, "activations"),
            (multiplications, _USUAL_MULTIPLICATIONS, "multiplications"),
        ):
            if found > most:
                shape = "×".join(map(str, self.image_shape))
                raise ModelFileError(f"an image of {shape} takes {found:,} {what}, more than {most:,}; {UNLIMITED}")

    def _work(self) -> tuple[int, int]:
        """Activations that are in memory at a time, and multiplications, for one image."""
        grid = self.patch * 2 ** sum(self.pooling)
        size = math.prod(-(-side // grid) * grid for side in self.image_shape[:2]) // self.patch**2
        decoder = size * max(self.decoder_filters)
        n_inputs, activations, multiplications = self.image_shape[2] * self.patch**2, 0, 0
        for filters, pools in zip(self.filters, self.pooling, strict=True):
            activations += size * filters
            multiplications += size * filters * n_inputs * self.kernel_size**2
            n_inputs, size = filters, size // 4 if pools else size
        return activations + decoder, 2 * multiplications

    def tensors(self) -> Expected:
        """Type and shape of every tensor beside the weights, which only torch knows."""
        n_columns = self.image_shape[2] if self.code_size is None else self.n_features_in
        return _columns(n_columns, in_parts=self.in_parts)


def _columns(n_columns: int, *, in_parts: bool) -> Expected:
    """Tensors with one value for each column, or each channel."""
    names = (*(f"statistics.{name}" for name in STATISTICS), "network.shift", "network.scale")
    names += ("statistics.scale",) if in_parts else ()
    return dict.fromkeys(names, ("float64", (n_columns,)))


def _stack(half: str, widths: tuple[int, ...], dtype: str) -> Expected:
    """Weights and biases of dense layers; the odd numbers are activations."""
    tensors: Expected = {}
    for i, sizes in enumerate(pairwise(widths)):
        tensors |= _linear(f"{half}.stack.{2 * i}", *sizes, dtype)
    return tensors


def _linear(layer: str, n_inputs: int, n_outputs: int, dtype: str) -> Expected:
    return {f"{layer}.weight": (dtype, (n_outputs, n_inputs)), f"{layer}.bias": (dtype, (n_outputs,))}
