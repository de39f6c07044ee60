"""A plugin for OCRmyPDF: clean pages before OCR, and optionally in the output PDF.

OCRmyPDF loads it whenever Isthmus is installed, so without its options it imports nothing and does nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, no_type_check

from ocrmypdf import hookimpl
from ocrmypdf.exceptions import BadArgsError
from PIL import Image

from isthmus.errors import InputError, ModelFileError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ocrmypdf import PageContext

_log = logging.getLogger(__name__)


@hookimpl
def add_options(parser: ArgumentParser) -> None:
    """Add the options of Isthmus, which are also arguments of ``ocrmypdf.ocr``, such as ``isthmus_clean=True``."""
    group = parser.add_argument_group("Isthmus", "Remove stains, folds, shadows and show-through from scanned pages")
    # fmt: off
    group.add_argument("--isthmus-clean", action="store_true", help="Clean pages before OCR, but keep the original "
                       "pages in the output (as --clean does with unpaper).")
    group.add_argument("--isthmus-clean-final", action="store_true", help="Clean pages before OCR, and in the output "
                       "(as --clean-final does with unpaper). Needs --deskew or --force-ocr, since OCRmyPDF replaces "
                       "pages only with these.")
    group.add_argument("--isthmus-strength", type=float, default=1.0, metavar="SHARE",
                       help="Share of the change that is made, from 0 (nothing changes) to 1 (default).")
    group.add_argument("--isthmus-network", default="pages", metavar="NETWORK", help="Network that cleans: name of "
                       "one that comes with Isthmus, or a model file (default: pages).")
    # fmt: on


@hookimpl
def check_options(options: Namespace) -> None:
    """Refuse a strength outside of 0 to 1, and clean pages in the output if OCRmyPDF would ignore them."""
    strength = getattr(options, "isthmus_strength", 1.0)
    if not isinstance(strength, int | float) or not 0 <= strength <= 1:
        raise BadArgsError(f"--isthmus-strength must be between 0 and 1. Got {strength} instead.")
    if getattr(options, "isthmus_clean_final", False) and options.lossless_reconstruction:
        raise BadArgsError(
            "--isthmus-clean-final needs --deskew or --force-ocr, since OCRmyPDF replaces pages only with these. "
            "To keep the compression of the pages, clean them first: isthmus clean INPUT -o OUTPUT."
        )


@hookimpl(wrapper=True)
@no_type_check  # a run-time type checker would hide from pluggy that this is a generator
def filter_ocr_image(page: PageContext, image: Image.Image) -> Generator[None, Image.Image | None, Image.Image | None]:
    """Clean the image for OCR, after the other plugins, which may have reduced it."""
    filtered = yield
    if not _is_wanted(page, "isthmus_clean", "isthmus_clean_final"):
        return filtered
    return _cleaned(page, image if filtered is None else filtered)


@hookimpl(wrapper=True)
@no_type_check
def filter_page_image(page: PageContext, image_filename: Path) -> Generator[None, Path | None, Path | None]:
    """Clean the image that becomes the page, and keep its format and the compression of a JPEG."""
    filtered = yield
    if not _is_wanted(page, "isthmus_clean_final"):
        return filtered
    from isthmus.documents.encodings import jpeg, jpeg_tables

    source = image_filename if filtered is None else filtered
    output = source.with_name(f"{source.stem}_isthmus{source.suffix}")
    with Image.open(source) as image:
        cleaned = _cleaned(page, image)
        resolution = {"dpi": image.info["dpi"]} if "dpi" in image.info else {}
        if image.format == "JPEG":
            output.write_bytes(jpeg(cleaned, jpeg_tables(image), **resolution))
        else:
            cleaned.save(output, **resolution)
    return output


def _is_wanted(page: PageContext, *names: str) -> bool:
    options = page.options
    return any(getattr(options, name, False) for name in names) and getattr(options, "isthmus_strength", 1.0) > 0


def _cleaned(page: PageContext, image: Image.Image) -> Image.Image:
    """Clean an image; one that cannot be cleaned stays as it is."""
    from isthmus.pages.cleaning import clean
    from isthmus.system.threads import at_most_threads

    options = page.options
    strength, network = getattr(options, "isthmus_strength", 1.0), getattr(options, "isthmus_network", "pages")
    try:
        # OCRmyPDF processes as many pages at a time as there are processors.
        with at_most_threads(1):
            return clean(image, network=network, strength=strength)
    except ModelFileError as error:
        raise BadArgsError(f"--isthmus-network: {error}") from error
    except InputError as error:
        _log.warning("page %d is not cleaned: %s", page.pageno + 1, error)
        return image
