"""The device that the parameter ``device`` stands for."""

import ctypes
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from isthmus.parameters.rules import DEVICE, refuse
from isthmus.system.extras import require


def checked_device(owner: object, value: Any) -> str:
    """Return a device by torch's name for it; raise a ParameterError if the machine lacks it.

    "auto" is a GPU if there is one and torch is installed. Other devices than CPUs need torch.
    """
    if isinstance(value, str) and value == "cpu":
        return "cpu"
    if isinstance(value, str) and value == "auto":
        return "cuda" if _has_gpu() else "cpu"
    require("images")
    import torch  # noqa: PLC0415 — optional, and takes seconds

    try:
        return str(torch.empty(0, device=value).device)  # torch says whether it is one
    except (RuntimeError, AssertionError, TypeError):
        raise refuse(owner, "device", DEVICE.words, value) from None


def _has_gpu() -> bool:
    """Return whether torch can use a GPU; without a driver for one, torch is not imported, which takes seconds."""
    if find_spec("torch") is None or not ("torch" in sys.modules or _has_driver()):
        return False
    import torch  # noqa: PLC0415

    return torch.cuda.is_available()


def _has_driver() -> bool:
    if Path("/dev/kfd").exists():  # AMD's
        return True
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
