"""Read all objects of a PDF once, and count them before qpdf holds them all: a few kB can stand for millions."""

import re
from collections.abc import Iterator
from itertools import chain

import pikepdf

from isthmus.documents.budget import OBJECTS, PAGES, Budget

_HIGHEST = re.compile(r"the highest object number \((\d+)\)")
_TOO_LONG = "memory limit exceeded"


def count_objects(pdf: pikepdf.Pdf, budget: Budget) -> None:
    """Draw all objects from the budget, and the pages that the page tree lists."""
    warnings = list(map(str, pdf.get_warnings()))
    told = int(pdf.trailer.get("/Size", 0))
    highest = max([0, told, *(int(found[1]) for text in warnings if (found := _HIGHEST.search(text)))])
    budget.draw(OBJECTS, highest)
    for item in _one_by_one(pdf, highest):
        if isinstance(item, pikepdf.Dictionary | pikepdf.Array):
            # Between all values of an array or dictionary is a space.
            budget.draw(OBJECTS, item.unparse(resolved=True).count(b" "))
        if isinstance(item, pikepdf.Dictionary) and isinstance(item.get("/Kids"), pikepdf.Array):
            budget.draw(PAGES, len(item["/Kids"]))
    if any(_TOO_LONG in text for text in chain(warnings, map(str, pdf.get_warnings()))):
        budget.refuse(OBJECTS)  # in a stream of objects that was not read to its end


def _one_by_one(pdf: pikepdf.Pdf, highest: int) -> Iterator[pikepdf.Object]:
    """Every object; qpdf has parsed no more streams of objects than those of the objects so far."""
    for number in range(1, highest + 1):
        yield pdf.get_object(number, 0)
    # Others are not in streams of objects, so that they take as many bytes in the file.
    yield from (item for item in pdf.objects if isinstance(item, pikepdf.Object) and item.objgen[1])
