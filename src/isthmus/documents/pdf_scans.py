"""Find the scanned pages of a PDF: images that, as drawn, cover most of a page, or a strip across it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import hypot

import pikepdf

from isthmus.documents.budget import DRAWING, INSTRUCTIONS, PAGE_DRAWING, Budget
from isthmus.documents.contract import Steps
from isthmus.documents.pdf_content import IDENTITY, Matrix, placements, product
from isthmus.documents.pdf_filters import as_list, decoded

COVERED = 0.5  # of the page's area, and of a strip's length
_DEEPEST, _MOST_DRAWN = 32, 5000
_SMALLEST = 32  # pixels
_LEAST = 256  # bytes that a stream counts as at least, for the work of reading it
_UNLIMITED = 2**62
_PLACED = 8  # instructions that a drawn image counts as
_SLOW_BYTES = 4  # that a filter reads in the time of an instruction
_Object = tuple[int, int]  # number and generation


@dataclass(frozen=True)
class Drawn:
    """An image, and the matrix from its unit square to the page, in points."""

    image: pikepdf.Stream
    matrix: Matrix

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in pixels; 0 where its dictionary does not state them."""
        return _pixels(self.image)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        a, b, c, d, _, _ = self.matrix
        return hypot(a, b), hypot(c, d)


class ScanFinder:
    """Finds the scanned images of the pages of one document, which pays for everything that is read."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._page = 0
        # What a form draws, in its own units, with the object whose resources it uses.
        self._forms: dict[tuple[_Object, _Object], tuple[Drawn, ...]] = {}

    def scans(self, page: pikepdf.Page, number: int) -> list[Drawn]:
        """The scanned images of a page, each once, in drawing order."""
        self._page = number
        left, bottom, right, top = (float(value) for value in page.cropbox)
        width, height = abs(right - left), abs(top - bottom)
        if not width * height > 0:
            return []
        found: dict[_Object, Drawn] = {}
        for drawn in self._drawn_by(as_list(page.obj.get("/Contents")), page.obj, 0):
            across, along = drawn.size
            # A strip may be rotated by 90°.
            if max(across / width, along / height, across / height, along / width) >= COVERED:
                found.setdefault(drawn.image.objgen, drawn)
        matrices = [drawn.matrix for drawn in found.values()]
        if sum(abs(a * d - b * c) for a, b, c, d, _, _ in matrices) < COVERED * width * height:
            return []
        return [drawn for drawn in found.values() if min(drawn.pixels) >= _SMALLEST]

    def _drawn_by(self, content: Iterable[pikepdf.Object], owner: pikepdf.Object, depth: int) -> Iterator[Drawn]:
        """The first images that a page or form draws, including those in its forms, in its units."""
        named, owner = _pictures_of(owner)
        known: dict[str, pikepdf.Object | None] = {}
        matrix, stack, n_drawn = IDENTITY, list[Matrix](), 0
        for operator, operand in placements(self._decoded(content), self._count):
            if operator == "q":
                stack.append(matrix)
            elif operator == "Q":
                matrix = stack.pop() if stack else matrix
            elif isinstance(operand, tuple):
                matrix = product(operand, matrix)
            elif operand is not None:
                if operand not in known:
                    known[operand] = named.get(operand) if isinstance(named, pikepdf.Dictionary) else None
                target = known[operand]
                if not isinstance(target, pikepdf.Stream):
                    continue
                for drawn in self._drawn_as(target, owner, depth):
                    n_drawn += 1
                    if n_drawn > _MOST_DRAWN:
                        return
                    self._count(_PLACED)
                    yield Drawn(drawn.image, product(drawn.matrix, matrix))

    def _drawn_as(self, target: pikepdf.Stream, owner: pikepdf.Object, depth: int) -> tuple[Drawn, ...]:
        """What an external object draws: an image itself; a form is read once."""
        kind = target.get("/Subtype")
        if kind == "/Image":
            return (Drawn(target, IDENTITY),) if target.is_indirect else ()
        if kind != "/Form" or depth >= _DEEPEST:
            return ()
        within = target if "/Resources" in target else owner
        key = target.objgen, within.objgen
        if key not in self._forms:
            self._forms[key] = ()  # a form that draws itself
            own = _matrix(target.get("/Matrix"))
            found = self._drawn_by([target], within, depth + 1)
            self._forms[key] = tuple(Drawn(drawn.image, product(drawn.matrix, own)) for drawn in found)
        return self._forms[key]

    def _decoded(self, content: Iterable[pikepdf.Object]) -> bytes:
        """The bytes of the streams of a page or form, which are one text."""
        parts, room = [], self._budget.limit(PAGE_DRAWING)
        for stream in content:
            if isinstance(stream, pikepdf.Stream):
                most = int(min(room, self._budget.left(DRAWING), _UNLIMITED))
                parts.append(decoded(stream, most, self._count_filtered))
                size = max(len(parts[-1]), _LEAST)
                room -= size
                self._budget.draw(DRAWING, size, self._page)
                if room < 0:
                    self._budget.refuse(PAGE_DRAWING, self._page)
        return b"\n".join(parts)

    def _count_filtered(self, n_bytes: int, n_slow: int) -> None:
        self._budget.draw(DRAWING, n_bytes, self._page)
        self._budget.draw(INSTRUCTIONS, n_slow // _SLOW_BYTES, self._page)

    def _count(self, n_instructions: int) -> None:
        self._budget.draw(INSTRUCTIONS, n_instructions, self._page)


def dots_per_inch(drawn: Drawn, user_unit: float) -> float | None:
    """The resolution at which an image is drawn, the mean of both directions."""
    width, height = drawn.pixels
    across, along = (max(length * user_unit, 1e-6) for length in drawn.size)
    return (width / across + height / along) * 36


def steps_of(drawn: Drawn) -> Steps:
    """Where a pixel's step to the right leads on the page, and a step down."""
    width, height = drawn.pixels
    a, b, c, d, _, _ = drawn.matrix
    return a / width, -b / width, -c / height, d / height


def user_unit(page: pikepdf.Page) -> float:
    """The size of a unit of a page in points; 1 unless it is a positive number."""
    try:
        unit = float(page.obj.get("/UserUnit", 1))
    except (TypeError, ValueError):
        return 1.0
    return unit if 0 < unit < float("inf") else 1.0


def _pixels(image: pikepdf.Object) -> tuple[int, int]:
    try:
        return int(image.get("/Width", 0)), int(image.get("/Height", 0))
    except (TypeError, ValueError):
        return 0, 0


def _pictures_of(owner: pikepdf.Object) -> tuple[pikepdf.Object | None, pikepdf.Object]:
    """The named images and forms of a page or form, and the object that has them: a node above a page can."""
    node: pikepdf.Object | None = owner
    for _ in range(64):
        if node is None or "/Resources" in node:
            break
        node = node.get("/Parent")
    resources = None if node is None else node.get("/Resources")
    named = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    return named, owner if node is None else node


def _matrix(entry: pikepdf.Object | None) -> Matrix:
    """The matrix of a form; one that is not six numbers changes nothing, as in viewers."""
    try:
        a, b, c, d, e, f = (float(value) for value in as_list(entry))
    except (TypeError, ValueError):
        return IDENTITY
    return a, b, c, d, e, f
