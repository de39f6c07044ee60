"""Dense networks: how they start, train and are kept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float64

from isthmus.dense.arrays import DenseArrays
from isthmus.dense.backends import Backend
from isthmus.dense.start import initial_network, network_values
from isthmus.dense.widths import prefix_sizes, sandwich_widths
from isthmus.fitting.design import Design, TrainingSet
from isthmus.fitting.fitted import Fitted
from isthmus.fitting.truncation import smallest_size, truncated
from isthmus.pca.axes import PrincipalAxes, Start
from isthmus.pca.descent import descend
from isthmus.pca.factor import linear_rows
from isthmus.pca.start import Beginning, paths_at_pca, start_two_paths
from isthmus.rows.batches import Rows
from isthmus.rows.scaling import Columns
from isthmus.system.threads import suited_threads
from isthmus.training.batches import Batches
from isthmus.training.dense import DenseTraining
from isthmus.training.history import History, OnEpoch
from isthmus.training.learner import Learner
from isthmus.training.recipe import Recipe, suited_batch_size
from isthmus.training.trainer import Trainer

DenseDesign = Design[DenseArrays, DenseArrays, Batches[Any]]


@dataclass(frozen=True)
class DenseParameters:
    """The parameters of ``Autoencoder`` that describe its network."""

    code_size: int | float | str
    encoder_layers: int | Sequence[int]
    decoder_layers: int | Sequence[int] | None
    activation: str
    start: str
    ordered: bool
    whiten: bool
    scale: str
    max_epochs: int
    backend: Backend


def dense_design(parameters: DenseParameters, loss: str, *, is_linear: bool) -> DenseDesign:
    """Describe a dense network; ``is_linear`` says whether it is linear and fitted to all rows."""
    is_ordered = parameters.ordered and not is_linear
    return Design(
        loss=loss,
        start=partial(_start, parameters, is_linear=is_linear),
        learner=partial(_learner, backend=parameters.backend),
        batch_size=lambda n_rows, _: suited_batch_size(n_rows),
        keep=lambda network: network,
        revive=lambda network: network,
        starts_at_pca=parameters.start == "pca",
        is_linear=is_linear,
        is_ordered=is_ordered,
        has_sizes=True,
        solve=None if parameters.start == "pca" else partial(_descend, max_epochs=parameters.max_epochs),
        finish=_finish(parameters, is_linear=is_linear, is_ordered=is_ordered),
    )


def _start(
    parameters: DenseParameters,
    training: TrainingSet,
    loss: str,
    rng: np.random.RandomState,
    code_size: int | None,
    *,
    is_linear: bool,
) -> Start[DenseArrays]:
    """Make the network from the training rows; a linear one is in PCA's form also when it starts at random."""
    n_features = int(training.inputs.shape[1])
    has_linear_stacks = parameters.activation == "identity"

    def build(beginning: Beginning) -> DenseArrays:
        size, linear_paths = beginning.code_size, beginning.linear_paths
        return initial_network(
            n_features,
            size,
            *sandwich_widths(parameters.encoder_layers, parameters.decoder_layers, n_features, size),
            parameters.activation,
            linear_paths=linear_paths,
            stacks=not (linear_paths and has_linear_stacks),
            output=beginning.output,
            prefixes=prefix_sizes(size) if parameters.ordered and not is_linear else (),
            values=beginning.values,
            seed=beginning.seed,
        )

    start = start_two_paths(
        training.expected,
        build,
        rng,
        code_size=parameters.code_size if code_size is None else code_size,
        from_pca=is_linear or parameters.start == "pca",
        scale=parameters.scale,
        loss=loss,
    )
    # In the precision of the weights, in which a model file keeps them.
    axes = start.axes.axes.astype(start.network.precision).astype(np.float64)
    network = start.network
    if not is_linear:
        constant, constant_expected = training.constant(n_features)
        network = network.ignoring(constant)
        if loss == "mse":
            network = network.leaving(constant_expected)
    spread = start.axes.spread if is_linear else None
    return replace(start, network=network, axes=replace(start.axes, axes=axes), spread=spread)


def _learner(
    network: DenseArrays, columns: Columns, loss: str, recipe: Recipe, seed: int, *, backend: Backend
) -> Trainer[DenseArrays, Any]:
    rng, batch_size = np.random.default_rng(seed), int(recipe.batch_size)
    training = DenseTraining(
        backend.operations(network.precision),
        network,
        loss,
        recipe.weight_decay,
        rng,
        n_threads=1 if backend.uses_torch else suited_threads(network.n_weights, batch_size),
        running=partial(backend.running, network.n_weights * batch_size),
    )
    return Trainer(training, columns, recipe, rng)


def at_principal_axes(network: DenseArrays, axes: PrincipalAxes, **units: np.ndarray) -> DenseArrays:
    """Return a linear network that is PCA, with other units if they are given by name."""
    values = units | paths_at_pca(network.code_size, axes)
    return network.updated(network_values(network, values, network.precision))


def _descend(
    learner: Learner[DenseArrays, Any],
    rows: Rows,
    seed: int,
    score: Callable[[], float],
    on_epoch: OnEpoch | None,
    *,
    max_epochs: int,
) -> tuple[Float64[np.ndarray, " components"], History]:
    """Train a linear network by gradient descent on all rows, and put it in PCA's form."""
    network = learner.network
    descent = descend(
        linear_rows(rows, network.arrays["shift"], network.arrays["scale"]),
        network.encoder_layers,
        network.code_size,
        network.decoder_layers,
        np.random.default_rng(seed),
        max_epochs=max_epochs,
        on_epoch=None if on_epoch is None else lambda errors: on_epoch(_falling(errors)),
    )
    learner.restore_weights(at_principal_axes(network, descent.axes).arrays)
    history = _falling([*descent.errors[:-1], score()])
    if descent.interrupted:
        history.stopped = "interrupted"
    return descent.axes.spread, history


def _falling(errors: list[float]) -> History:
    """Return the history of a descent on all rows, each of whose epochs is better than the one before."""
    return History([math.nan, *errors[1:]], errors, best_epoch=len(errors) - 1)


def _finish(
    parameters: DenseParameters, *, is_linear: bool, is_ordered: bool
) -> Callable[[Fitted[DenseArrays]], Fitted[DenseArrays]]:
    """Return the last step of a fit: whiten linear codes, or cut ordered ones to the share asked for."""
    share = parameters.code_size
    if is_linear and parameters.whiten:
        return _whitened
    if is_ordered and isinstance(share, float):
        return lambda fitted: truncated(fitted, smallest_size(fitted, share))
    return lambda fitted: fitted


def _whitened(fitted: Fitted[DenseArrays]) -> Fitted[DenseArrays]:
    """Divide the codes of a linear network by their standard deviations."""
    network, variances = fitted.network, fitted.variances
    assert variances is not None
    deviations = np.sqrt(variances)
    # Codes beyond the rank have no unit of their own; that of the largest leaves them at zero, and finite in new rows.
    deviations = np.where(deviations > 0, deviations, deviations.max() or 1.0)
    arrays = {**network.arrays, "code_unit": network.arrays["code_unit"] / deviations}
    return replace(fitted, network=replace(network, arrays=arrays))
