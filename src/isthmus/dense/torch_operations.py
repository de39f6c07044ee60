"""Torch's table of operations, for any of its devices."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from isthmus.dense.operations import Activate
from isthmus.system.threads import is_small

_DTYPES = {"float32": torch.float32, "float64": torch.float64}


class TorchOperations:
    """Operations on tensors of one precision on one device, without gradients."""

    def __init__(self, device: torch.device | str, dtype: type[np.floating[Any]] | np.dtype = np.float32) -> None:
        self.dtype, self.device = np.dtype(dtype), torch.device(device)
        self._type = _DTYPES[self.dtype.name]
        self.product: Callable[..., Any] = _with_out(torch.mm)
        self.add: Callable[..., Any] = _with_out(torch.add)
        self.subtract: Callable[..., Any] = _with_out(torch.sub)
        self.multiply: Callable[..., Any] = _with_out(torch.mul)
        self.divide: Callable[..., Any] = _with_out(torch.div)

    def activation(self, name: str) -> Activate[Tensor]:
        return _ACTIVATIONS[name]

    def filled(self, shape: tuple[int, ...], value: float) -> Tensor:
        return torch.full(shape, value, dtype=self._type, device=self.device)

    def array(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.require(values, requirements="W")).to(self.device, self._type)

    def numpy(self, values: Tensor) -> np.ndarray:
        return values.cpu().numpy()

    def matrix(self, vector: Tensor, start: int, shape: tuple[int, int]) -> Tensor:
        return vector[start : start + math.prod(shape)].view(shape)

    def rows(self, values: Tensor, index: np.ndarray) -> Tensor:
        return values.index_select(0, torch.from_numpy(index).to(self.device))

    def square_sum(self, values: Tensor) -> Tensor:
        return values.square().sum()

    def column_square_means(self, values: Tensor) -> Tensor:
        return values.square().mean(dim=0)

    def is_finite(self, values: Tensor) -> bool:
        return bool(values.isfinite().all())

    def adamw(self, weights: Tensor, weight_decay: float) -> "TorchAdamW":
        return TorchAdamW([weights], weight_decay)

    def sigmoid(self, values: Tensor, out: Tensor) -> None:
        torch.sigmoid(values, out=out)

    def clip_to_unit(self, values: Tensor, out: Tensor) -> None:
        torch.clamp(values, 0, 1, out=out)

    def copy(self, values: Tensor, out: Tensor) -> None:
        out.copy_(values)


@contextmanager
def suited_torch_threads(n_multiplications: int) -> Iterator[None]:
    """Run torch on one thread if steps of so many multiplications are small."""
    before = torch.get_num_threads()
    if is_small(n_multiplications):
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class TorchAdamW:
    """Optimiser of some tensors by torch's fused kernel.

    ``torch.optim.AdamW`` calls the same kernel, but its first use in a process imports a compiler (a second).
    """

    def __init__(self, values: Sequence[Tensor], weight_decay: float) -> None:
        self._weight_decay = weight_decay
        # For each tensor: itself, its moments, and its number of steps.
        self._states = [
            (
                value,
                torch.zeros_like(value),
                torch.zeros_like(value),
                torch.zeros((), dtype=torch.float32, device=value.device),
            )
            for value in values
        ]

    def step(self, gradients: Sequence[Tensor | None], learning_rate: float, threads: object = None) -> None:
        """Change each tensor by its gradient; tensors without one stay as they are."""
        moved = [
            (*state, gradient) for state, gradient in zip(self._states, gradients, strict=True) if gradient is not None
        ]
        values, means, squares, counts, given = zip(*moved, strict=True)
        torch._foreach_add_(counts, 1)
        torch._fused_adamw_(
            values,
            given,
            means,
            squares,
            [],
            counts,
            lr=learning_rate,
            beta1=0.9,
            beta2=0.999,
            weight_decay=self._weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


def _with_out(function: Callable[..., Any]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    return lambda a, b, out: function(a, b, out=out)


def _activation(forward: Callable[[Tensor], Tensor], slope_of: Callable[[Tensor, Tensor], Tensor]) -> Activate[Tensor]:
    """Make an activation of a function, and of its slope from the argument and the value."""

    def activate(x: Tensor, y: Tensor, slope: Tensor | None, scratch: tuple[Tensor, Tensor]) -> None:
        y.copy_(forward(x))
        if slope is not None:
            slope.copy_(slope_of(x, y))

    return activate


def _silu_slope(x: Tensor, y: Tensor) -> Tensor:
    share = torch.sigmoid(x)
    return share * (1 + x * (1 - share))


def _gelu_slope(x: Tensor, y: Tensor) -> Tensor:
    slope: Tensor = torch.special.ndtr(x) + x * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return slope


_ACTIVATIONS: dict[str, Activate[Tensor]] = {
    "identity": _activation(lambda x: x, lambda x, y: torch.ones_like(x)),
    "relu": _activation(functional.relu, lambda x, y: y > 0),
    "leaky_relu": _activation(functional.leaky_relu, lambda x, y: (x > 0).to(x.dtype) * 0.99 + 0.01),
    "sigmoid": _activation(torch.sigmoid, lambda x, y: y * (1 - y)),
    "tanh": _activation(torch.tanh, lambda x, y: 1 - y * y),
    "elu": _activation(functional.elu, lambda x, y: torch.exp(x.clamp(max=0))),
    "gelu": _activation(functional.gelu, _gelu_slope),
    "silu": _activation(functional.silu, _silu_slope),
}
