"""Convolutional networks: how they start, train and are kept."""

import copy
import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np
import torch

from isthmus.fitting.begin import ALL_ROWS, begin
from isthmus.fitting.design import Design, TrainingSet
from isthmus.fitting.fit import measured
from isthmus.fitting.fitted import Fitted
from isthmus.networks import (
    ConvolutionalAutoencoder,
    ImageAutoencoder,
    ImageCodeAutoencoder,
    ImageShape,
    ignore_constant,
    leave_constant,
    start_convolutional,
    start_two_paths_at,
    with_channels_last,
)
from isthmus.networks.convolutional import Architecture
from isthmus.parameters.convolutional import FROM_THE_IMAGE
from isthmus.pca.axes import PrincipalAxes, Start
from isthmus.pca.start import Beginning, start_two_paths
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import Columns
from isthmus.system.memory import keep_freed_memory
from isthmus.training.batches import Batches
from isthmus.training.history import History
from isthmus.training.modules import ModuleTraining
from isthmus.training.recipe import Recipe, suited_batch_size
from isthmus.training.trainer import Trainer

ImageNetwork: TypeAlias = ImageAutoencoder | ImageCodeAutoencoder

# Nodes of the dense layer between convolutions and code (docs/notes compares sizes).
MIDDLE_NODES = 512
# 64 MB in a layer; training keeps about four times as much for each.
_BATCH_VALUES = 2**24


@dataclass(frozen=True)
class ConvolutionalParameters:
    """The parameters of ``ConvAutoencoder`` that describe its network, and the shape of its images."""

    image_shape: ImageShape
    filters: tuple[int, ...]
    architecture: Architecture
    code_size: int | float | str | None
    skips: bool
    start: str
    scale: str
    device: torch.device


def convolutional_design(
    parameters: ConvolutionalParameters, loss: str
) -> Design[ImageNetwork, ImageNetwork, Batches[torch.Tensor]]:
    """Describe a convolutional network, with or without a dense code."""
    has_code = parameters.code_size is not None
    return Design(
        loss=loss,
        start=partial(_start_code if has_code else _start_images, parameters),
        learner=_learner,
        batch_size=image_batch_size,
        keep=copy.deepcopy,
        revive=copy.deepcopy,
        starts_at_pca=has_code and parameters.start != "random",
        has_pca=has_code,
        around_training=keep_freed_memory,
    )


def _learner(
    network: ImageNetwork, columns: Columns, loss: str, recipe: Recipe, seed: int
) -> Trainer[ImageNetwork, torch.Tensor]:
    training = ModuleTraining(network, loss, recipe.weight_decay, int(recipe.batch_size))
    return Trainer(training, columns, recipe, np.random.default_rng(seed))


def image_batch_size(n_rows: int, network: ImageNetwork) -> int:
    """Return the batch size for ``batch_size="auto"``: smaller than for tables where images are large."""
    return max(1, min(suited_batch_size(n_rows), _BATCH_VALUES // network.n_values))


def fitted_around(
    network: ConvolutionalAutoencoder,
    parameters: ConvolutionalParameters,
    data: TrainingSet,
    recipe: Recipe,
    loss: str,
) -> Fitted[ImageNetwork]:
    """Return the fit that leaves a trained network as it is; errors are those of the rows."""

    def start(
        training: TrainingSet, loss: str, rng: np.random.RandomState, code_size: int | None
    ) -> Start[ImageNetwork]:
        return _start_around(network, parameters, training.expected)

    design = replace(convolutional_design(parameters, loss), start=start)
    begun = begin(data, [ALL_ROWS], recipe, design, np.random.RandomState(0))
    return measured(begun, design, History([math.nan], [begun.learner.error(begun.own.rows)]), None)


def _start_around(
    network: ConvolutionalAutoencoder, parameters: ConvolutionalParameters, expected: Rows
) -> Start[ImageNetwork]:
    """Return the start of a fit whose code is a small image, with this network of images."""
    shape = parameters.image_shape
    columns = Columns.of(expected.reshape(-1, shape[2]), parameters.scale)
    module = ImageAutoencoder(shape, network)
    if not (columns.scale == 1).all():
        module.set_units(shift=columns.statistics.mean, scale=columns.scale)
    with_channels_last(module.to(parameters.device))
    axes = PrincipalAxes(np.zeros((0, module.n_features)), np.zeros(0))
    return Start(module, module.code_size, columns, float(columns.scale[0]), axes)


def _start_images(
    parameters: ConvolutionalParameters,
    training: TrainingSet,
    loss: str,
    rng: np.random.RandomState,
    _code_size: int | None,
) -> Start[ImageNetwork]:
    network = ConvolutionalAutoencoder.on(
        torch.device("cpu"),
        parameters.filters,
        **parameters.architecture,
        channels=parameters.image_shape[2],
        skips=parameters.skips,
        start=parameters.start if parameters.start in FROM_THE_IMAGE else "random",
        output="sigmoid" if loss == "bce" else "linear",
    )
    start_convolutional(network, torch.Generator().manual_seed(int(rng.randint(2**31 - 1))))
    start = _start_around(network, parameters, training.expected)
    module = start.network
    assert isinstance(module, ImageAutoencoder)
    inputs, _ = map(torch.from_numpy, training.constant(network.channels))
    if loss == "mse" or network.start == "random":  # other starts take the logits of the images as they are
        module.shift[inputs] = torch.from_numpy(start.columns.statistics.mean)[inputs]
    ignore_constant(module, inputs)
    return start


def _start_code(
    parameters: ConvolutionalParameters,
    training: TrainingSet,
    loss: str,
    rng: np.random.RandomState,
    code_size: int | None,
) -> Start[ImageNetwork]:
    def build(beginning: Beginning) -> ImageCodeAutoencoder:
        network = ImageCodeAutoencoder.on(
            torch.device("cpu"),
            parameters.image_shape,
            beginning.code_size,
            filters=parameters.filters,
            middle=MIDDLE_NODES,
            linear_paths=beginning.linear_paths,
            output=beginning.output,
            **parameters.architecture,
        )
        start_two_paths_at(network, beginning.values, torch.Generator().manual_seed(beginning.seed))
        return network

    asked = parameters.code_size if code_size is None else code_size
    assert asked is not None
    from_pca = parameters.start != "random"
    start = start_two_paths(
        training.expected, build, rng, code_size=asked, from_pca=from_pca, scale=parameters.scale, loss=loss
    )
    inputs, expected = map(torch.from_numpy, training.constant(start.network.n_features))
    ignore_constant(start.network, inputs)
    if loss == "mse":
        leave_constant(start.network, expected)
    with_channels_last(start.network.to(parameters.device))
    return start


def settings_of(network: ImageNetwork) -> dict[str, object]:
    """Return the architecture of a network, by the names of the estimator's parameters."""
    settings = network.settings if isinstance(network, ImageCodeAutoencoder) else network.convolutional.settings
    return dict(settings)
