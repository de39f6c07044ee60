"""Modules that can be built without initial weights and without using global random state."""

from typing import TypeVar

import torch
from torch import nn

Made = TypeVar("Made", bound="LaidOut")


class LaidOut(nn.Module):
    """Base of modules with the constructor ``on``."""

    @classmethod
    def on(cls: type[Made], device: torch.device, *args: object, **kwargs: object) -> Made:
        """Build the network with uninitialised weights; unlike the constructor, without global random state.

        On the "meta" device it has shapes only and takes no memory.
        """
        with torch.device("meta"):
            network = cls(*args, **kwargs)
        if device.type != "meta":
            # Like ``to_empty``, but without ``empty_like``, which imports a compiler for meta tensors (0.3 s).
            network._apply(lambda value: torch.empty(value.shape, dtype=value.dtype, device=device))  # type: ignore[no-untyped-call]
        return network
