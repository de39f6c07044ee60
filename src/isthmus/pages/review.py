"""A folder to review cleaned pages in: pictures before, after and with what was removed in red, and an index page."""

import json
import re
from dataclasses import asdict
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image

from isthmus.documents.picture import Colour, Grey, grey_pixels
from isthmus.documents.reports import DocumentReport, PageReport
from isthmus.system.files import atomic_write, permissions

_LISTED = "pages.json"
_LIGHTER = 8  # levels of 255


class Review:
    """A folder with ``index.html``, and a folder of pictures for each document.

    The entry of each document in the index is kept beside its pictures, so a batch that is started again continues the
    same index.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def save(self, document: str, number: int, before: Grey | Colour, after: Grey | Colour) -> None:
        """Write the pictures of a page as JPEG."""
        home = self._home(document)
        home.mkdir(parents=True, exist_ok=True)
        mode = permissions(document)  # nobody sees the pictures who may not see the document
        for view, pixels in ("before", before), ("after", after), ("removed", removed_in_red(before, after)):
            with atomic_write(home / f"{number:05}-{view}.jpg", mode=mode) as file:
                Image.fromarray(pixels).save(file, "JPEG", quality=85)

    def add(self, report: DocumentReport) -> None:
        """Add a document to the index."""
        home = self._home(report.name)
        home.mkdir(parents=True, exist_ok=True)
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

    def _home(self, document: str) -> Path:
        """The folder of a document, named after it, and different for every document."""
        stem = re.sub(r"[^\w.-]+", "_", Path(document).name)[:60].strip(".") or "document"
        return self._folder / f"{stem}-{sha256(document.encode()).hexdigest()[:8]}"


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


def removed_in_red(before: Grey | Colour, after: Grey | Colour) -> Colour:
    """The page after cleaning, paler, with everything that was darker before in red.

    Paper that became lighter with the page as a whole does not count; the more a pixel changed, the redder it is.
    """
    was, now = (grey_pixels(pixels).astype(np.int16) for pixels in (before, after))
    lighter = now - was
    lighter = np.clip(lighter - max(0, int(np.median(lighter))), 0, 255)
    strength = np.where(lighter > _LIGHTER, np.clip(lighter * 2 + 40, 0, 255), 0)[..., None] / 255
    pale = (128 + now // 2)[..., None]
    return (pale * (1 - strength) + np.array([210, 0, 0]) * strength).astype(np.uint8)
