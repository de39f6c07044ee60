"""Turn a page of a PDF: everything that it draws, and its annotations (ISO 32000-1, 8.3.4 and 12.5).

The pixels of its pictures stay as they are: a page is turned by one matrix before its drawing. So text behind a scan,
and whatever lies over it, stays on its print, nothing is drawn anew, and what a turn moves out of the page is hidden.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from math import cos, radians, sin

import pikepdf

from isthmus.documents.pdf_content import Matrix, product
from isthmus.documents.pdf_filters import as_list

_POINTS = ("/QuadPoints", "/Vertices", "/L", "/CL")
_UPRIGHT = ("/Text", "/Widget", "/FileAttachment", "/Link")  # icons and fields are moved, and do not lie askew
_Corners = tuple[float, float, float, float]


class PageTurner:
    """Turns pages of a PDF; annotations and their pictures, which pages can share, once."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._done = set[tuple[int, int]]()

    def turn(self, page: pikepdf.Page, degrees: float) -> None:
        """Turn a page clockwise about the middle of what is seen of it."""
        left, bottom, right, top = (float(value) for value in page.cropbox)
        matrix = _rotation(degrees, (left + right) / 2, (bottom + top) / 2)
        first = self._pdf.make_stream(b"%.9f %.9f %.9f %.9f %.6f %.6f cm\n" % matrix)
        page.obj.Contents = pikepdf.Array([first, *as_list(page.obj.get("/Contents"))])
        annotations = page.obj.get("/Annots")
        if isinstance(annotations, pikepdf.Array) and self._is_new(annotations):
            for annotation in annotations:
                if isinstance(annotation, pikepdf.Dictionary) and self._is_new(annotation):
                    with suppress(TypeError, ValueError, pikepdf.PdfError):  # viewers do not show damaged ones
                        self._turn_annotation(annotation, matrix)

    def _is_new(self, item: pikepdf.Object) -> bool:
        if not item.is_indirect:
            return True
        is_new = item.objgen not in self._done
        self._done.add(item.objgen)
        return is_new

    def _turn_annotation(self, annotation: pikepdf.Dictionary, matrix: Matrix) -> None:
        kind = annotation.get("/Subtype")
        if kind == "/Popup":
            return
        corners = _numbers(annotation["/Rect"])
        drawings = [] if kind in _UPRIGHT else list(_streams(annotation.get("/AP")))
        annotation["/Rect"] = pikepdf.Array(_moved(corners, matrix) if kind in _UPRIGHT else _around(corners, matrix))
        for key in _POINTS:
            if key in annotation:
                annotation[key] = pikepdf.Array(_turned(_numbers(annotation[key]), matrix))
        if "/InkList" in annotation:
            strokes = [pikepdf.Array(_turned(_numbers(stroke), matrix)) for stroke in annotation["/InkList"]]
            annotation["/InkList"] = pikepdf.Array(strokes)
        for drawing in drawings:
            if self._is_new(drawing):
                a, b, c, d, e, f = _numbers(drawing["/Matrix"]) if "/Matrix" in drawing else (1, 0, 0, 1, 0, 0)
                own: Matrix = (a, b, c, d, e, f)
                drawing["/Matrix"] = pikepdf.Array(product(own, (*matrix[:4], 0.0, 0.0)))


def _rotation(degrees: float, x: float, y: float) -> Matrix:
    """The matrix that turns clockwise about a point, where y runs up."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return c, -s, s, c, x - c * x - s * y, y + s * x - c * y


def _streams(appearance: pikepdf.Object | None) -> Iterator[pikepdf.Stream]:
    """The drawings of an annotation: one, or one for each of its states."""
    if isinstance(appearance, pikepdf.Dictionary):
        for entry in appearance.values():
            found = entry.values() if isinstance(entry, pikepdf.Dictionary) else [entry]
            yield from (each for each in found if isinstance(each, pikepdf.Stream))


def _numbers(array: pikepdf.Object) -> list[float]:
    return [float(value) for value in array]


def _turned(numbers: Iterable[float], matrix: Matrix) -> list[float]:
    """Points, each as x and y, turned."""
    values = list(numbers)
    a, b, c, d, e, f = matrix
    pairs = zip(values[::2], values[1::2], strict=True)
    return [value for x, y in pairs for value in (a * x + c * y + e, b * x + d * y + f)]


def _around(corners: list[float], matrix: Matrix) -> _Corners:
    """The box around a box that is turned."""
    left, bottom, right, top = corners
    found = _turned([left, bottom, right, bottom, right, top, left, top], matrix)
    return min(found[::2]), min(found[1::2]), max(found[::2]), max(found[1::2])


def _moved(corners: list[float], matrix: Matrix) -> _Corners:
    """A box of the same size about the middle where a turn moves it."""
    left, bottom, right, top = corners
    x, y = (left + right) / 2, (bottom + top) / 2
    to_x, to_y = _turned([x, y], matrix)
    return left + to_x - x, bottom + to_y - y, right + to_x - x, top + to_y - y
