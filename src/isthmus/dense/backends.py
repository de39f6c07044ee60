"""Which table of operations computes a network."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.dense.numpy_operations import NumpyOperations
from isthmus.dense.operations import Operations


@dataclass(frozen=True)
class Backend:
    """Where networks are computed: the device by torch's name, and whether torch computes there.

    CPUs compute with NumPy unless torch is asked for, whatever is installed.
    """

    device: str = "cpu"
    uses_torch: bool = False

    def operations(self, dtype: Any = np.float32) -> Operations[Any]:
        """Return the table of operations in a precision."""
        if not self.uses_torch:
            return NumpyOperations(dtype)
        from isthmus.dense.torch_operations import TorchOperations  # noqa: PLC0415 — torch is optional

        return TorchOperations(self.device, dtype)

    def running(self, n_multiplications: int) -> AbstractContextManager[object]:
        """Return a context for training steps of so many multiplications."""
        if not self.uses_torch:
            return nullcontext()
        from isthmus.dense.torch_operations import suited_torch_threads  # noqa: PLC0415

        return suited_torch_threads(n_multiplications)


NUMPY = Backend()
