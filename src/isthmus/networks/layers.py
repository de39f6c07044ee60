"""A network's layers as they are drawn: from the rows through the code and back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """A layer, and how many numbers it has for a row.

    ``short`` is what it is called where there is little room; the code is the one that is called "code".
    """

    name: str
    width: int
    short: str = ""

    @property
    def label(self) -> str:
        return self.short or self.name
