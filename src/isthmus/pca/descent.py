"""The linear network from random initialisation: gradient descent on the squared error, then PCA's canonical form.

All local minima of a linear autoencoder of any depth are global (Baldi & Hornik 1989): the decoder spans the principal
subspace, with arbitrary codes in it (Plaut 2018, §3). The canonical form turns them into principal components. The
singular vectors of the decoder do so only with weight decay (Kunin et al. 2019). Here the rows are projected on the
decoder's column space and decomposed there, which always works and never reconstructs worse.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, pairwise

import numpy as np
from jaxtyping import Float64
from scipy.linalg import solve_triangular
from scipy.optimize import OptimizeResult, minimize

from isthmus.pca.axes import PrincipalAxes
from isthmus.pca.factor import LinearRows

STEPS_PER_EPOCH = 10  # steps of L-BFGS, each of which sees all rows

# Measured on Fashion-MNIST (5,000 rows, 32 codes, one and three hidden layers): more memory makes steps longer but not
# fewer; if inner layers move as far as outer ones, three hidden layers take more than twice the steps.
_MEMORY = 3  # past steps that L-BFGS keeps
_INNER_PACE = 0.1  # how far a layer between two others moves where an outer one moves by 1
_TOLERANCE = 3e-9  # the descent ends when an epoch gains less, as a share of the variance
_RIDGE = 1e-2  # as a share of the mean variance


@dataclass(frozen=True)
class Descent:
    """A trained linear network in canonical form."""

    axes: PrincipalAxes
    errors: list[float]  # mean squared error (unit scale) at the start and after each epoch
    interrupted: bool


def descend(
    rows: LinearRows,
    encoder_layers: Sequence[int],
    code_size: int,
    decoder_layers: Sequence[int],
    rng: np.random.Generator,
    *,
    max_epochs: int,
    on_epoch: Callable[[list[float]], None] | None = None,
) -> Descent:
    """Train a linear network of any depth on the squared error, from random initialisation.

    Weights start orthogonal (Saxe et al. 2014, §3); L-BFGS sees all rows. Inputs are whitened by the Cholesky factor
    of their covariance and a ridge (LeCun et al. 1998, §4.3), a change of variables of the first layer that takes a
    quarter of the steps or fewer. Inner layers move more slowly and stay near orthogonal, so that depth costs few
    steps. Ctrl-C ends training early.

    Parameters
    ----------
    max_epochs : int
        Most epochs, of ten steps each; training ends sooner when steps gain nothing.
    on_epoch : callable, optional
        Called after each epoch with the errors so far.
    """
    n = len(rows.factor)
    norm = math.sqrt(np.square(rows.factor).sum()) or 1.0
    error_of = SquaredError.of(_whitened(rows.factor / norm), rows.factor / norm)
    shapes = [(b, a) for a, b in pairwise([n, *encoder_layers, code_size, *decoder_layers, n])]
    sizes = [a * b for a, b in shapes]
    n_encoder = len(encoder_layers) + 1
    paces = [1.0, *[_INNER_PACE] * (len(shapes) - 2), 1.0]

    def layers_of(values: Float64[np.ndarray, " weights"]) -> list[np.ndarray]:
        parts = np.split(values, np.cumsum(sizes)[:-1])
        return [part.reshape(shape) * pace for part, shape, pace in zip(parts, shapes, paces, strict=True)]

    def loss(values: Float64[np.ndarray, " weights"]) -> tuple[float, Float64[np.ndarray, " weights"]]:
        layers = layers_of(values)
        # Both are multiplied from the code's side, where matrices are narrow.
        encoder, decoder = [layer.T for layer in layers[n_encoder - 1 :: -1]], layers[n_encoder:]
        error, (by_encoder, by_decoder) = error_of(product_of(encoder).T, product_of(decoder))
        of_encoder = [each.T for each in product_gradients(encoder, by_encoder.T)]
        gradients = [*of_encoder[::-1], *product_gradients(decoder, by_decoder)]
        return error, np.concatenate([(each * pace).ravel() for each, pace in zip(gradients, paces, strict=True)])

    drawn = [orthogonal(shape, rng) for shape in shapes]
    current = np.concatenate([weight.ravel() / pace for weight, pace in zip(drawn, paces, strict=True)])
    errors, steps, interrupted = [loss(current)[0] * rows.mean_square], 0, False

    def after_step(intermediate_result: OptimizeResult) -> None:
        nonlocal current, steps
        current, steps = intermediate_result.x.copy(), steps + 1
        if steps % STEPS_PER_EPOCH == 0:
            errors.append(float(intermediate_result.fun) * rows.mean_square)
            if on_epoch is not None:
                on_epoch(errors)
            if errors[-2] - errors[-1] <= _TOLERANCE * rows.mean_square:
                raise StopIteration

    n_steps = STEPS_PER_EPOCH * max_epochs
    options = {"maxiter": n_steps, "maxfun": 3 * n_steps, "maxcor": _MEMORY, "ftol": 0.0, "gtol": 0.0}
    try:
        minimize(loss, current, jac=True, method="L-BFGS-B", callback=after_step, options=options)
    except KeyboardInterrupt:
        interrupted = True
    if steps % STEPS_PER_EPOCH:
        errors.append(loss(current)[0] * rows.mean_square)
    decoder = product_of(layers_of(current)[n_encoder:])
    return Descent(canonical_axes(rows, decoder), errors, interrupted)


def product_of(layers: Sequence[np.ndarray]) -> np.ndarray:
    """Return the matrix of layers that follow each other."""
    return reduce(lambda product, layer: layer @ product, layers)


def product_gradients(layers: Sequence[np.ndarray], gradient: np.ndarray) -> list[np.ndarray]:
    """Return the gradient of each layer from that of their product."""
    before = list(accumulate(layers, lambda product, layer: layer @ product))
    gradients = []
    for i in range(len(layers) - 1, -1, -1):
        gradients.append(gradient @ before[i - 1].T if i else gradient)
        gradient = layers[i].T @ gradient
    return gradients[::-1]


def orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw a matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014, §3)."""
    drawn, upper = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))
    drawn = drawn * np.sign(np.diag(upper))
    return drawn if shape[0] >= shape[1] else drawn.T


@dataclass(frozen=True)
class SquaredError:
    """‖Y Eᵀ Dᵀ − T‖² of inputs Y and targets T, from their inner products."""

    of_inputs: Float64[np.ndarray, "rank rank"]  # YᵀY
    with_targets: Float64[np.ndarray, "rank rank"]  # YᵀT
    of_targets: float  # ‖T‖²

    @classmethod
    def of(cls, inputs: Float64[np.ndarray, "rows rank"], targets: Float64[np.ndarray, "rows rank"]) -> "SquaredError":
        return cls(inputs.T @ inputs, inputs.T @ targets, float(np.square(targets).sum()))

    def __call__(
        self, encoder: Float64[np.ndarray, "code rank"], decoder: Float64[np.ndarray, "rank code"]
    ) -> tuple[float, tuple[Float64[np.ndarray, "code rank"], Float64[np.ndarray, "rank code"]]]:
        """Return the error, and its gradients with respect to the encoder and the decoder."""
        inputs, targets, gram = encoder @ self.of_inputs, encoder @ self.with_targets, decoder.T @ decoder
        back = gram @ inputs
        error = float((back * encoder).sum() - 2 * (targets * decoder.T).sum()) + self.of_targets
        by_encoder = 2 * (back - decoder.T @ self.with_targets.T)
        by_decoder = 2 * (decoder @ (inputs @ encoder.T) - targets.T)
        return max(0.0, error), (by_encoder, by_decoder)


def canonical_axes(rows: LinearRows, decoder: Float64[np.ndarray, "rank code"]) -> PrincipalAxes:
    """Return the principal axes of the rows in the column space of a decoder, with scikit-learn's signs."""
    varies = (
        np.abs(rows.factor).max(axis=0) > 0
    )  # what the decoder has for columns that never vary is left from its start
    left, singular, _ = np.linalg.svd(np.where(varies[:, None], decoder, 0), full_matrices=False)
    space = left[:, singular > singular.max(initial=0) * 1e-12]
    _, singular, rotation = np.linalg.svd(rows.factor @ space, full_matrices=False)
    axes = (space @ rotation.T).T
    if rows.basis is not None:
        axes = axes @ rows.basis
    return PrincipalAxes.of(axes, singular / np.sqrt(max(1, rows.n_rows - 1)), rows.rounding)


def _whitened(factor: Float64[np.ndarray, "rank rank"]) -> Float64[np.ndarray, "rank rank"]:
    gram = factor.T @ factor
    ridge = _RIDGE * np.trace(gram) / len(gram) or 1.0
    lower = np.linalg.cholesky(gram + ridge * np.eye(len(gram)))
    return np.ascontiguousarray(solve_triangular(lower, factor.T, lower=True).T)
