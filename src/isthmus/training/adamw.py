"""Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), by torch's fused kernel.

``torch.optim.AdamW`` calls the same kernel, but its first use in a process imports a compiler, which takes a second.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


class AdamW:
    """Optimiser of some tensors, which ``step`` changes in place.

    Parameters
    ----------
    values : sequence of tensors
        On one device.
    weight_decay : float
        Share of the learning rate by which values shrink in a step.
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

    def step(self, gradients: Sequence[Tensor | None], learning_rate: float) -> None:
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
