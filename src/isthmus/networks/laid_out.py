"""Networks that are laid out on a device without weights, and without moving any global random state."""

from typing import Any, TypeVar

import torch
from torch import nn

Made = TypeVar("Made", bound="LaidOut")


class LaidOut(nn.Module):
    """A module that can be made by ``on``."""

    @classmethod
    def on(cls: type[Made], device: torch.device, *args: Any, **kwargs: Any) -> Made:
        """A network whose weights are not set yet; unlike the constructor it moves no global random state.

        On the "meta" device it has shapes and takes no memory.
        """
        with torch.device("meta"):
            network = cls(*args, **kwargs)
        if device.type == "meta":
            return network
        # What ``to_empty`` does, but for ``empty_like``, which of a tensor without memory imports a compiler: 0.3 s.
        network._apply(  # type: ignore[no-untyped-call]
            lambda value: torch.empty(value.shape, dtype=value.dtype, device=device)
        )
        return network
