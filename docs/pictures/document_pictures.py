"""Draw docs/images/document-page.jpg and review.png. Needs Chromium.

    python docs/pictures/document_pictures.py

The script cleans some synthetic pages with a review. One picture shows a page before, after, and with the removed
pixels in red; the other shows the review in a browser. The fonts are matplotlib's own, so the pages are the same on
every machine.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image
from screenshots import IMAGES, photograph

import isthmus
from isthmus.synthetic_pages import Fonts, Settings, synthetic_pair

SEEDS = (31, 23, 36, 22)
SHOWN = 1
SIZE_MM = (148.0, 105.0)
DPI = 150
HEIGHT, GAP = 560, 10
WINDOW = (1180, 760)


def main() -> None:
    """Clean the pages and take the pictures."""
    fonts = Fonts(Path(mpl.get_data_path()) / "fonts" / "ttf")
    pages = []
    for seed in SEEDS:
        _, dirty = synthetic_pair(0, DPI, Settings(seed, SIZE_MM, colour=True), fonts)
        pages.append(Image.fromarray(np.uint8(dirty * 255 + 0.5)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages[0].save(folder / "letters.tif", save_all=True, append_images=pages[1:], dpi=(DPI, DPI))
        with contextlib.chdir(folder):  # the page says what the document was called
            isthmus.clean_document("letters.tif", "clean.tif", review="look")
        in_a_row(next((folder / "look").glob(f"*/{SHOWN:05}-before.jpg")), IMAGES / "document-page.jpg")
        address = (folder / "look" / "index.html").as_uri() + f"#{SHOWN}-removed"
        photograph(address, IMAGES / "review.png", *WINDOW, dark=False)
    print(IMAGES / "document-page.jpg", IMAGES / "review.png", file=sys.stderr)


def in_a_row(before: Path, picture: Path) -> None:
    """Put a page before, after, and with the removed pixels in red side by side."""
    views = [before, *(before.with_name(before.name.replace("before", view)) for view in ("after", "removed"))]
    shown = [Image.open(view).convert("RGB") for view in views]
    width = HEIGHT * shown[0].width // shown[0].height
    whole = Image.new("RGB", (len(shown) * (width + GAP) - GAP, HEIGHT), (110, 110, 110))
    for column, page in enumerate(shown):
        whole.paste(page.resize((width, HEIGHT), Image.Resampling.LANCZOS), (column * (width + GAP), 0))
    whole.save(picture, quality=82, optimize=True)


if __name__ == "__main__":
    main()
