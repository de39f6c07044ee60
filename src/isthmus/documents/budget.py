"""What a document may cost: one budget that every reader of its pages draws from, before it decodes or copies.

A page may use the same bytes as another, and a few bytes may stand for many. So everything is counted once per use, and
the limits grow with the size of the file.
"""

from dataclasses import dataclass
from typing import NoReturn

from isthmus.errors import InputError

USUAL_MEGAPIXELS = 250.0
"""Default limit of a page, in megapixels."""


_MOST_OF_QPDF = 2**31 - 1


@dataclass(frozen=True)
class Cost:
    """Something that a document costs, and its limit: ``base`` and so many for each byte of the file."""

    name: str
    base: int
    per_byte: float


COPIED = Cost("bytes of strips, tiles and tags", 2**23, 4)
DRAWING = Cost("bytes of decoded drawing", 2**26, 32)
PAGE_DRAWING = Cost("bytes of decoded drawing for a page or form", 2**25, 0)
INSTRUCTIONS = Cost("drawing instructions", 10**6, 1)
OBJECTS = Cost("objects and values", 2 * 10**6, 1 / 4)
PAGES = Cost("pages and form fields", 50_000, 1 / 50)
PICTURES = Cost("pictures", 5000, 1 / 400)


class Budget:
    """What is left to a document for its pages.

    Parameters
    ----------
    name : str
        The document, for messages.
    size : int
        Its size in bytes.
    max_megapixels : float
        The limit of a page. Limits of the document grow with it, and are never below those of the default.
    """

    def __init__(self, name: str, size: int, max_megapixels: float) -> None:
        self._name, self._size = name, size
        self._factor = max(1.0, max_megapixels / USUAL_MEGAPIXELS)
        self._spent: dict[Cost, int] = {}

    def limit(self, cost: Cost) -> float:
        """Return the limit of a cost."""
        return self._factor * (cost.base + cost.per_byte * self._size)

    def scaled(self, limit: float) -> int:
        """Return another limit, raised as those of the costs are, for qpdf."""
        return int(min(self._factor * limit, _MOST_OF_QPDF))

    def left(self, cost: Cost) -> float:
        """Return how much of a cost is left."""
        return self.limit(cost) - self._spent.get(cost, 0)

    def draw(self, cost: Cost, amount: int, page: int | None = None) -> None:
        """Take from the budget; raise an InputError if there is not enough left."""
        if amount > self.left(cost):
            self.refuse(cost, page)
        self._spent[cost] = self._spent.get(cost, 0) + amount

    def refuse(self, cost: Cost, page: int | None = None) -> NoReturn:
        """Raise the InputError of a document that costs more than its limit."""
        where = self._name if page is None else f"{self._name}, page {page}"
        limit = f"the limit of {self.limit(cost):,.0f} for a file of {self._size:,} bytes"
        raise InputError(
            f"{where}: needs more {cost.name} than {limit}; it may be a decompression bomb (--max-megapixels "
            f"{2 * self._factor * USUAL_MEGAPIXELS:g} doubles the limit)."
        )
