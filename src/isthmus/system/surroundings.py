"""Torch's and NumPy's modes that the program around may have changed, at their defaults while Isthmus computes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch

_CPU = torch.device("cpu")


@contextmanager
def own_surroundings() -> Iterator[None]:
    """Compute in the body with gradients, in float32, on the CPU unless told otherwise, and with NumPy's warnings.

    Without it ``torch.no_grad``, ``inference_mode``, ``autocast``, another default type or device, or
    ``np.errstate(all="raise")`` around a fit would stop or change it. Everything is as before afterwards.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.enable_grad())
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if torch.get_default_device() != _CPU:
            stack.enter_context(_CPU)
        if torch.get_default_dtype() != torch.float32:
            stack.callback(torch.set_default_dtype, torch.get_default_dtype())
            torch.set_default_dtype(torch.float32)
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        yield
