"""Pictures of pages before, after, and with everything that was removed in red, and a page that flips between them."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image

from isthmus.documents.contract import Place, Plan
from isthmus.documents.picture import Colour, Grey
from isthmus.system.files import atomic_write

VIEWS = ("before", "after", "removed")
_LISTED = "pages.json"
_LIGHTER = 8  # levels of 255


@dataclass(frozen=True)
class Pictures:
    """Where the pictures of one page go."""

    folder: str
    stem: str

    def save(self, before: Grey | Colour, after: Grey | Colour) -> None:
        """Write them, as JPEG."""
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        for view, pixels in zip(VIEWS, (before, after, removed_in_red(before, after)), strict=True):
            with atomic_write(Path(self.folder) / f"{self.stem}-{view}.jpg") as file:
                Image.fromarray(pixels).save(file, "JPEG", quality=85)


def removed_in_red(before: Grey | Colour, after: Grey | Colour) -> Colour:
    """The page after, paler, with red for what was darker before by more than the paper was: the more, the redder."""
    was, now = (np.asarray(Image.fromarray(pixels).convert("L"), np.int16) for pixels in (before, after))
    lighter = now - was
    lighter = np.clip(lighter - max(0, int(np.median(lighter))), 0, 255)
    strength = np.where(lighter > _LIGHTER, np.clip(lighter * 2 + 40, 0, 255), 0)[..., None] / 255
    pale = (128 + now // 2)[..., None]
    return (pale * (1 - strength) + np.array([210, 0, 0]) * strength).astype(np.uint8)


class Review:
    """A folder for people to look at: ``index.html`` and a folder of pictures for each document.

    What each document adds to the index is kept beside its pictures, so that a batch that is started again goes on
    with the same index.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def pictures(self, document: str, number: int, place: Place) -> Pictures:
        """Where the pictures of a place go."""
        return Pictures(str(self._home(document)), f"{number + 1:05}")

    def document(self, name: str, plan: Plan, reports: Sequence["object"]) -> None:
        """Add a document to the index."""
        home = self._home(name)
        home.mkdir(parents=True, exist_ok=True)
        pages = [asdict(report) for report in reports]  # type: ignore[call-overload]
        by_page = {(page["page"], page["width"], page["height"]): page for page in pages}
        listed = []
        for number, place in enumerate(plan.places, 1):
            found = by_page.get((place.page, place.width, place.height))
            if found is not None and (home / f"{number:05}-after.jpg").exists():
                listed.append(found | {"stem": f"{home.name}/{number:05}"})
        with atomic_write(home / _LISTED) as file:
            file.write(json.dumps({"document": name, "pages": listed}).encode())
        self._index()

    def _index(self) -> None:
        documents = [json.loads(path.read_text()) for path in sorted(self._folder.glob(f"*/{_LISTED}"))]
        data = json.dumps(sorted(documents, key=lambda document: document["document"]))
        template = files("isthmus.documents").joinpath("review.html").read_text()
        safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        with atomic_write(self._folder / "index.html") as file:
            file.write(template.replace("/*documents*/", safe).encode())

    def _home(self, document: str) -> Path:
        """A folder whose name is like the document's, and no other document's."""
        stem = re.sub(r"[^\w.-]+", "_", Path(document).name)[:60].strip(".") or "document"
        return self._folder / f"{stem}-{sha256(document.encode()).hexdigest()[:8]}"
