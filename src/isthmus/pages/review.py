"""A folder to review cleaned pages in: pictures before, after and with what was removed in red, and an index page."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict
from hashlib import sha256
from importlib.resources import files
from math import ceil
from pathlib import Path

import numpy as np
from jaxtyping import Int, Int16
from PIL import Image, ImageDraw

from isthmus.documents.bands import bands
from isthmus.documents.picture import Colour, Grey, grey_pixels
from isthmus.documents.reports import DocumentReport, PageReport
from isthmus.documents.turning import turned_pixels
from isthmus.errors import OutputError
from isthmus.pages.removed import median_of
from isthmus.system.files import atomic_write, permissions, reason

_LISTED = "pages.json"
_LIGHTER = 8  # levels of 255
_MOST = 80_000_000  # pixels of a picture: A3 at 600 dpi
_BAND = 2**22  # pixels
_FRAME, _BLUE = 2, (37, 99, 235)  # pixels, and a colour

Boxes = Int[np.ndarray, "marks 4"]


class Review:
    """A folder with ``index.html``, and a folder of pictures for each document.

    The entry of each document in the index is kept beside its pictures, so a batch that is started again continues the
    same index.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def save(
        self, document: str, number: int, before: Grey | Colour, after: Grey | Colour, pale: Boxes | None = None, *,
        turned: float = 0.0,
    ) -> None:  # fmt: skip
        """Write the pictures of a page as JPEG; marks that became pale (left, top, right, bottom) are framed.

        All but the first show the page turned by so many degrees clockwise.
        """
        home = self._made_home(document)
        mode = permissions(document)  # nobody sees the pictures who may not see the document
        height = len(before)
        before, after = _reduced(before), _reduced(after)
        boxes = np.empty((0, 4), int) if pale is None else pale * len(before) // height
        views: dict[str, Callable[[], Image.Image]] = {
            "before": lambda: Image.fromarray(before),
            "after": lambda: _turned(Image.fromarray(after), turned),
            "removed": lambda: _turned(_framed(removed_in_red(before, after), boxes), turned),
        }
        for view, image in views.items():
            with atomic_write(home / f"{number:05}-{view}.jpg", mode=mode) as file:
                image().save(file, "JPEG", quality=85)

    def add(self, report: DocumentReport) -> None:
        """Add a document to the index."""
        home = self._made_home(report.name)
        pages = [asdict(page) for page in report.pictures if (home / f"{page.number:05}-after.jpg").exists()]
        with atomic_write(home / _LISTED) as file:
            file.write(json.dumps({"document": report.name, "pages": pages}).encode())
        self._write_index()

    def _write_index(self) -> None:
        found = (_listed(path) for path in self._folder.glob(f"*/{_LISTED}"))
        documents = sorted((each for each in found if each is not None), key=lambda each: str(each["document"]))
        data = json.dumps(documents)
        template = files("isthmus.pages").joinpath("review.html").read_text()
        safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        with atomic_write(self._folder / "index.html") as file:
            file.write(template.replace("/*documents*/", safe).encode())

    def _made_home(self, document: str) -> Path:
        """The folder of a document, named after it, and different for every document."""
        stem = re.sub(r"[^\w.-]+", "_", Path(document).name)[:60].strip(".") or "document"
        home = self._folder / f"{stem}-{sha256(os.fsencode(document)).hexdigest()[:8]}"
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self._folder}: the folder of the review cannot be made ({reason(error)}).") from error
        return home


def _listed(path: Path) -> dict[str, object] | None:
    """Return the entry of a document in the index; None for a file that somebody else has put there."""
    try:
        found = json.loads(path.read_bytes())
        pages = [PageReport(**page) for page in found["pages"]]
        stems = [f"{path.parent.name}/{int(page.number):05}" for page in pages]
        listed = [asdict(page) | {"stem": stem} for page, stem in zip(pages, stems, strict=True)]
        entry: dict[str, object] = {"document": str(found["document"]), "pages": listed}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return entry


def removed_in_red(before: Grey | Colour, after: Grey | Colour) -> Image.Image:
    """The page after cleaning, paler, with everything that was darker before in red.

    Paper that became lighter with the page as a whole does not count; the more a pixel changed, the redder it is.
    """
    counts = np.zeros(511, np.int64)
    for rows in bands(before.shape):
        counts += np.bincount((_lighter(before[rows], after[rows]) + 255).ravel(), minlength=511)
    paper = max(0, int(median_of(counts) - 255))
    found = Image.new("RGB", before.shape[1::-1])
    for rows in bands(before.shape, _BAND // 4):  # of three colours in float64
        lighter = np.clip(_lighter(before[rows], after[rows]) - paper, 0, 255)
        strength = np.where(lighter > _LIGHTER, np.clip(lighter * 2 + 40, 0, 255), 0)[..., None] / 255
        pale = (128 + grey_pixels(after[rows]).astype(np.int16) // 2)[..., None]
        mixed = pale * (1 - strength) + np.array([210, 0, 0]) * strength
        found.paste(Image.fromarray(mixed.astype(np.uint8)), (0, rows.start))
    return found


def _framed(image: Image.Image, boxes: Boxes) -> Image.Image:
    """The picture with a blue frame around each box."""
    draw = ImageDraw.Draw(image)
    for left, top, right, bottom in boxes.tolist():
        draw.rectangle((left - _FRAME, top - _FRAME, right + _FRAME, bottom + _FRAME), outline=_BLUE, width=_FRAME)
    return image


def _turned(image: Image.Image, turn: float) -> Image.Image:
    return Image.fromarray(turned_pixels(np.asarray(image), turn)) if turn else image


def _lighter(before: Grey | Colour, after: Grey | Colour) -> Int16[np.ndarray, "rows columns"]:
    was, now = (grey_pixels(pixels).astype(np.int16) for pixels in (before, after))
    return np.asarray(now - was)


def _reduced(pixels: Grey | Colour) -> Grey | Colour:
    """A picture that a browser can show: means of squares of pixels where there are too many."""
    n_pixels = pixels.shape[0] * pixels.shape[1]
    if n_pixels <= _MOST:
        return pixels
    factor = ceil((n_pixels / _MOST) ** 0.5)
    step = factor * max(1, _BAND // (factor * pixels.shape[1]))
    parts = (pixels[first : first + step] for first in range(0, len(pixels), step))
    return np.concatenate([np.asarray(Image.fromarray(part).reduce(factor)) for part in parts])
