"""Modes of NumPy, torch and linear algebra that the program around may have changed, as Isthmus computes with them."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np

from isthmus.system.threads import one_blas_thread


@contextmanager
def own_surroundings() -> Iterator[None]:
    """Compute in the body with gradients, in float32, on the CPU unless told otherwise, and with NumPy's warnings.

    NumPy's linear algebra runs on one thread, so that results do not depend on what other threads compute meanwhile.
    Without it ``torch.no_grad``, ``inference_mode``, ``autocast``, another default type or device, or
    ``np.errstate(all="raise")`` around a fit would stop or change it. Everything is as before afterwards.
    """
    with ExitStack() as stack:
        stack.enter_context(one_blas_thread())
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        if "torch" in sys.modules:
            stack.enter_context(_own_torch())
        yield


@contextmanager
def _own_torch() -> Iterator[None]:
    import torch  # noqa: PLC0415 — it is imported already

    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.enable_grad())
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        cpu = torch.device("cpu")
        if torch.get_default_device() != cpu:
            stack.enter_context(cpu)
        if torch.get_default_dtype() != torch.float32:
            stack.callback(torch.set_default_dtype, torch.get_default_dtype())
            torch.set_default_dtype(torch.float32)
        yield
