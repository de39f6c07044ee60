"""A layer as reports and ``isthmus info`` show it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """Name and width (values for each row) of a layer.

    ``short`` is a shorter name for drawings. The layer of the latent code is named "code".
    """

    name: str
    width: int
    short: str = ""

    @property
    def label(self) -> str:
        return self.short or self.name
