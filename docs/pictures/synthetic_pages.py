"""Draw docs/images/synthetic-pages.jpg: synthetic pages, clean and noisy.

    python docs/pictures/synthetic_pages.py

The fonts are matplotlib's own, so the picture is the same on every machine.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image

from isthmus.synthetic_pages import Fonts, draw_page, noisy_page

IMAGE = Path(__file__).parents[1] / "images" / "synthetic-pages.jpg"
PAGES = (  # kind of the page, kinds of dirt, colour, seed
    ("letter", ("stains", "folds"), True, 29),
    ("article", ("wrinkles",), False, 3),
    ("form", ("stains", "specks", "light"), True, 11),
    ("report", ("through", "light"), True, 9),
    ("tables", ("folds", "specks"), False, 4),
)
WIDTH, GAP, CROP = 310, 8, 310


def main() -> None:
    """Draw a row of clean pages, a row of noisy ones below, and a row of details at full size."""
    fonts = Fonts(Path(mpl.get_data_path()) / "fonts" / "ttf")
    rows: list[list[Image.Image]] = [[], [], []]
    for kind, dirt, colour, seed in PAGES:
        rng = np.random.default_rng(seed)
        clean = draw_page(rng, 150, fonts=fonts, kind=kind, colour=colour).pixels
        dirty = noisy_page(clean, rng, 150, kinds=dirt, fonts=fonts)
        for row, pixels in zip(rows, (clean, dirty), strict=False):
            page = Image.fromarray(np.uint8(pixels * 255 + 0.5)).convert("RGB")
            row.append(page.resize((WIDTH, WIDTH * page.height // page.width), Image.Resampling.LANCZOS))
        rows[2].append(page.crop((160, 260, 160 + CROP, 260 + CROP)))
    heights = [row[0].height for row in rows]
    whole = Image.new("RGB", (len(PAGES) * (WIDTH + GAP) - GAP, sum(heights) + 2 * GAP), (110, 110, 110))
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for place, image in enumerate(row):
            whole.paste(image, (place * (WIDTH + GAP), top))
        top += height + GAP
    whole.save(IMAGE, quality=82, optimize=True)
    print(IMAGE, file=sys.stderr)


if __name__ == "__main__":
    main()
