"""Dense networks: how they start, train and are kept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float64

from isthmus.fitting.dense_arrays import DenseArrays, arrays_of, module_of
from isthmus.fitting.design import Design, TrainingSet
from isthmus.fitting.fitted import Fitted
from isthmus.fitting.truncation import smallest_size, truncated
from isthmus.networks import (
    DenseAutoencoder,
    TwoPathAutoencoder,
    ignore_constant,
    leave_constant,
    prefix_sizes,
    sandwich_widths,
)
from isthmus.pca.axes import Start
from isthmus.pca.descent import descend
from isthmus.pca.factor import linear_rows
from isthmus.pca.start import start_at_principal_axes, start_two_paths
from isthmus.rows.batches import Rows
from isthmus.training.batches import Batches
from isthmus.training.history import History, OnEpoch
from isthmus.training.recipe import suited_batch_size
from isthmus.training.trainer import Trainer


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
    device: torch.device


def dense_design(
    parameters: DenseParameters, loss: str, *, is_linear: bool
) -> Design[DenseAutoencoder, DenseArrays, Batches]:
    """Describe a dense network; ``is_linear`` says whether it is linear and fitted to all rows."""
    is_ordered = parameters.ordered and not is_linear
    return Design(
        loss=loss,
        start=partial(_start, parameters, is_linear=is_linear),
        learner=Trainer,
        batch_size=lambda n_rows, _: suited_batch_size(n_rows),
        keep=partial(arrays_of, activation=parameters.activation),
        revive=lambda network: module_of(_copied(network), parameters.device),
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
) -> Start[DenseAutoencoder]:
    """Make the network from the training rows; a linear one is in PCA's form also when it starts at random."""
    n_features = int(training.inputs.shape[1])
    has_linear_stacks = parameters.activation == "identity"

    def build(size: int, *, linear_paths: bool, output: str) -> DenseAutoencoder:
        return DenseAutoencoder.on(
            torch.device("cpu"),
            n_features,
            size,
            *sandwich_widths(parameters.encoder_layers, parameters.decoder_layers, n_features, size),
            parameters.activation,
            linear_paths=linear_paths,
            stacks=not (linear_paths and has_linear_stacks),
            output=output,
            prefixes=prefix_sizes(size) if parameters.ordered and not is_linear else (),
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
    axes = start.axes.axes.astype(str(start.network.dtype).removeprefix("torch.")).astype(np.float64)
    if not is_linear:
        skip_constant(start.network, training, loss)
    start.network.to(parameters.device)
    return replace(start, axes=replace(start.axes, axes=axes), spread=start.axes.spread if is_linear else None)


def skip_constant(network: TwoPathAutoencoder, training: TrainingSet, loss: str) -> None:
    """Make a network at its start ignore the columns that never vary, and decode them to their value."""
    inputs, expected = map(torch.from_numpy, training.constant(network.n_features))
    ignore_constant(network, inputs)
    if loss == "mse":
        leave_constant(network, expected)


def _descend(
    network: DenseAutoencoder,
    rows: Rows,
    seed: int,
    score: Callable[[], float],
    on_epoch: OnEpoch | None,
    *,
    max_epochs: int,
) -> tuple[Float64[np.ndarray, " components"], History]:
    """Train a linear network by gradient descent on all rows, and put it in PCA's form."""
    descent = descend(
        linear_rows(rows, network.shift.cpu().numpy(), network.scale.cpu().numpy()),
        network.encoder_layers,
        network.code_size,
        network.decoder_layers,
        torch.Generator().manual_seed(seed),
        max_epochs=max_epochs,
        on_epoch=None if on_epoch is None else lambda errors: on_epoch(_falling(errors)),
    )
    start_at_principal_axes(network, descent.axes)
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


def _copied(network: DenseArrays) -> DenseArrays:
    return replace(network, arrays={name: values.copy() for name, values in network.arrays.items()})
