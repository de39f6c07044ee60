"""Images in tiles, for functions that need many times the memory of their pixels."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

Place = tuple[slice, slice]


class Tile(NamedTuple):
    """Places of a tile: in the image without and with the pixels around it, and of the first in the second."""

    own: Place
    seen: Place
    within: Place


def tiles(shape: Sequence[int], side: int, margin: int, grid: int = 1) -> Iterator[Tile]:
    """Cut an image of some height and width into tiles that are seen with a margin, both multiples of a grid."""
    step, margin = (-(-length // grid) * grid for length in (side, margin))
    for top in range(0, shape[0], step):
        for left in range(0, shape[1], step):
            begins = [(first, min(first, margin)) for first in (top, left)]
            own, seen, within = zip(
                *(
                    (slice(first, first + step), slice(first - before, first + step + margin),
                     slice(before, before + step))
                    for first, before in begins
                ),
                strict=True,
            )  # fmt: skip
            yield Tile(own, seen, within)
