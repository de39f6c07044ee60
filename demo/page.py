"""The second part of the demo: clean a noisy synthetic page, and add it to the report of the first part.

    python demo/page.py FOLDER

Writes noisy-page.png, cleaned-page.png and clean-page.png, and adds them to FOLDER/report.html. The fonts are those
of matplotlib, so the page is the same on every machine.
"""

import argparse
import base64
import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image

import isthmus
from isthmus.pages.evaluation.measures import rmse_pooled
from isthmus.synthetic_pages import Fonts, Settings, synthetic_pair
from isthmus.system.files import atomic_write

SEED = 15
SIZE_MM = (170.0, 125.0)
DPI = 150
SHOWN = 256  # CSS pixels, so that three pages fit beside each other
LINK = '<li><a href="#page">A page, cleaned</a></li>\n'
STYLE = "image-rendering:auto;border:1px solid var(--line)"
SECTION = """<section id="page" aria-labelledby="page-title">
<header>
<h2 id="page-title">A page, cleaned</h2>
<p>Another network of Isthmus removes stains, folds and shadows from scanned pages. It was not trained on this page.</p>
</header>
<div>
<div class="images">
{figures}
</div>
<p class="note quiet">RMSE: root mean squared error of grey in [0, 1], against the clean page.</p>
</div>
</section>
"""
FIGURE = """<figure>
<img src="{uri}" width="{width}" height="{height}" alt="{what}" style="{style}">
<figcaption>{what}</figcaption>
</figure>"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    fonts = Fonts(Path(mpl.get_data_path()) / "fonts" / "ttf")
    clean, noisy = synthetic_pair(0, DPI, Settings(SEED, SIZE_MM, colour=True), fonts)
    original, before = (Image.fromarray(np.uint8(pixels * 255 + 0.5)) for pixels in (clean.pixels, noisy))
    print("\nCleaning a synthetic page with isthmus.clean.")
    after = isthmus.clean(before, dpi=DPI)
    pages = {
        ("noisy-page.png", f"before: RMSE {distance(before, original):.3f}"): before,
        ("cleaned-page.png", f"after: RMSE {distance(after, original):.3f}"): after,
        ("clean-page.png", "the clean page"): original,
    }
    for (name, what), page in pages.items():
        page.save(folder / name, dpi=(DPI, DPI))
        print(f"{folder / name}: {what}")
    report = folder / "report.html"
    add(report, SECTION.format(figures="\n".join(figure(what, page) for (_, what), page in pages.items())))
    print(f"{report}#page: all three beside each other")


def distance(page: Image.Image, original: Image.Image) -> float:
    """Root mean squared error of grey in [0, 1]."""
    return rmse_pooled(*([np.asarray(image.convert("L")) / 255] for image in (page, original)))


def figure(what: str, page: Image.Image) -> str:
    """An HTML figure of a page with a caption."""
    file = io.BytesIO()
    page.save(file, "JPEG", quality=80, optimize=True)
    uri = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
    height = round(page.height * SHOWN / page.width)
    return FIGURE.format(uri=uri, width=SHOWN, height=height, what=what, style=STYLE)


def add(report: Path, section: str) -> None:
    """Add a section to the end of a report, and a link to it."""
    text = report.read_text()
    for before, new in (('<li><a href="#again">', LINK), ('<section id="again"', section)):
        text = text.replace(before, new + before)
    with atomic_write(report) as file:
        file.write(text.encode())


if __name__ == "__main__":
    main()
