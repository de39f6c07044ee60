"""Find the scanned pages of a PDF: images that, as drawn, cover most of a page, or a strip across it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import hypot
from typing import SupportsFloat

import pikepdf

COVERED = 0.5  # of the page's area, and of a strip's length
_DEEPEST, _MOST_DRAWN = 8, 5000
_SMALLEST = 32  # pixels


@dataclass(frozen=True)
class Drawn:
    """An image, and the matrix from its unit square to the page, in points."""

    image: pikepdf.Stream
    matrix: pikepdf.Matrix

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        return hypot(self.matrix.a, self.matrix.b), hypot(self.matrix.c, self.matrix.d)


def scans(page: pikepdf.Page) -> list[Drawn]:
    """The scanned images of a page, each once, in drawing order."""
    left, bottom, right, top = (float(value) for value in page.cropbox)
    width, height = abs(right - left), abs(top - bottom)
    if not width * height > 0:
        return []
    found: dict[tuple[int, int], Drawn] = {}
    for drawn in _drawn_by(page, page.obj, pikepdf.Matrix(), 0, [_MOST_DRAWN]):
        across, along = drawn.size
        # A strip may be rotated by 90°.
        if max(across / width, along / height, across / height, along / width) >= COVERED and drawn.image.is_indirect:
            found.setdefault(drawn.image.objgen, drawn)
    matrices = [drawn.matrix for drawn in found.values()]
    if sum(abs(m.a * m.d - m.b * m.c) for m in matrices) < COVERED * width * height:
        return []
    return [drawn for drawn in found.values() if min(_pixels(drawn.image)) >= _SMALLEST]


def dots_per_inch(drawn: Drawn, user_unit: float) -> float | None:
    """The resolution at which an image is drawn, the mean of both directions."""
    width, height = _pixels(drawn.image)
    across, along = (max(length * user_unit, 1e-6) for length in drawn.size)
    return (width / across + height / along) * 36


def _pixels(image: pikepdf.Object) -> tuple[int, int]:
    try:
        return int(image.get("/Width", 0)), int(image.get("/Height", 0))
    except (TypeError, ValueError):
        return 0, 0


def _drawn_by(
    content: pikepdf.Page | pikepdf.Stream, owner: pikepdf.Object, matrix: pikepdf.Matrix, depth: int, budget: list[int]
) -> Iterator[Drawn]:
    """The images that a page or form draws, including those in its forms; ``budget`` limits how many are read."""
    node: pikepdf.Object | None = owner
    for _ in range(64):  # resources can be those of a node above a page
        if node is None or "/Resources" in node:
            break
        node = node.get("/Parent")
    resources = None if node is None else node.get("/Resources")
    named = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    stack = []
    for instruction in pikepdf.parse_content_stream(content, "q Q cm Do"):
        operator = str(instruction.operator)
        if operator == "q":
            stack.append(matrix)
        elif operator == "Q":
            matrix = stack.pop() if stack else matrix
        elif operator == "cm":
            matrix = _matrix(instruction.operands) @ matrix
        elif operator == "Do" and len(instruction.operands) == 1:
            budget[0] -= 1
            if budget[0] < 0:
                return
            target = named.get(str(instruction.operands[0])) if isinstance(named, pikepdf.Dictionary) else None
            if not isinstance(target, pikepdf.Stream):
                continue
            kind = target.get("/Subtype")
            if kind == "/Image":
                yield Drawn(target, matrix)
            elif kind == "/Form" and depth < _DEEPEST:
                inner = _matrix(target.get("/Matrix") or (1, 0, 0, 1, 0, 0)) @ matrix
                within = target if "/Resources" in target else owner
                yield from _drawn_by(target, within, inner, depth + 1, budget)


def _matrix(operands: Iterable[SupportsFloat]) -> pikepdf.Matrix:
    a, b, c, d, e, f = (float(value) for value in operands)
    return pikepdf.Matrix(a, b, c, d, e, f)
