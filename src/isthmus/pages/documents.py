"""Clean the pages of a document."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from isthmus.documents.contract import Rules
from isthmus.documents.picture import Colour, Grey
from isthmus.documents.review import Review
from isthmus.documents.transform import DocumentReport, Options, transform_documents


@dataclass(frozen=True)
class Cleaner:
    """The page cleaner as a function of pages that processes can hand on to each other."""

    network: str = "pages"
    strength: float = 1.0
    dpi: float | None = None

    def __call__(self, pixels: Grey | Colour, /, *, dpi: float | None) -> Grey | Colour:
        if self.strength == 0:
            return pixels
        clean_page = import_module("isthmus.pages.cleaning").clean_page  # brings torch
        dpi = dpi if self.dpi is None else self.dpi
        return cast(Grey, clean_page(pixels, network=self.network, dpi=dpi, strength=self.strength))


def clean_document(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    network: str = "pages",
    strength: float = 1.0,
    dpi: float | None = None,
    pages: Iterable[int] | None = None,
    bilevel: bool = False,
    dry_run: bool = False,
    review: str | os.PathLike[str] | None = None,
    jobs: int = 1,
    max_megapixels: float = 250,
    invalidate_digital_signatures: bool = False,
) -> DocumentReport:
    """Take stains, folds, shadows and show-through off the pages of a document, and keep everything else.

    Parameters
    ----------
    source, output : path
        PNG, JPEG, TIFF, WebP, BMP, PBM, PGM, PPM or PDF; the output has the format of the source. ``"-"`` is standard
        input or output.
    network : str, default "pages"
        The network that cleans, as ``isthmus.clean`` knows it.
    strength : float, default 1.0
        How much of what the network removes is removed, from 0 to 1; with 0 the output has the bytes of the source.
    dpi : float, optional
        Dots per inch of the pages, where the document does not say it, or wrongly.
    pages : iterable of int, optional
        The numbers of the pages to be cleaned, from 1; all by default. The others stay as they are.
    bilevel : bool, default False
        Whether pages become black and white.
    dry_run : bool, default False
        Clean and report, and write no output.
    review : path, optional
        A folder for pictures before, after, and with what was removed in red, and an ``index.html`` to look at them.
    jobs : int, default 1
        Number of processes. With more than one, a script needs ``if __name__ == "__main__":`` around what it does.
    max_megapixels : float, default 250
        Pages with more pixels are refused before anything of them is decoded.
    invalidate_digital_signatures : bool, default False
        Whether a signed PDF is cleaned, which breaks its signature.

    Returns
    -------
    DocumentReport
        By page what was removed, and warnings where it might have been text.

    Raises
    ------
    InputError
        If the source is missing, damaged, too large or of another format; nothing is written then.
    ProtectedError
        If it is an encrypted or a signed PDF.
    OutputError
        If the output cannot be written; what stood there before still does.
    MissingExtraError
        If it is a PDF, and the extra ``pdf`` is not installed.
    """
    options = Options(
        pages=None if pages is None else frozenset(pages),
        rules=Rules(max_megapixels, invalidate_digital_signatures, bilevel),
        dry_run=dry_run,
        review=None if review is None else Review(os.fspath(review)),
        jobs=jobs,
    )
    pair = (os.fspath(source), os.fspath(output))
    (report,) = transform_documents([pair], Cleaner(network, strength, dpi), options)
    if report.error is not None:
        raise report.error
    return report
