"""Draw docs/images/cleaned-page.jpg: two synthetic pages before and after cleaning.

    python docs/pictures/cleaned_page.py [FILE]

The fonts are matplotlib's own, so the pages are the same on every machine.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image

import isthmus
from isthmus.synthetic_pages import Fonts, Settings, synthetic_pair

IMAGE = Path(__file__).parents[1] / "images" / "cleaned-page.jpg"
SEEDS = (7, 4)
SIZE_MM = (80.0, 105.0)
DPI = 300
WIDTH, HEIGHT, GAP = 615, 469, 10


def main() -> None:
    """Draw one row a page: before on the left, after on the right."""
    fonts = Fonts(Path(mpl.get_data_path()) / "fonts" / "ttf")
    whole = Image.new("RGB", (2 * WIDTH + GAP, len(SEEDS) * (HEIGHT + GAP) - GAP), (110, 110, 110))
    for row, seed in enumerate(SEEDS):
        _, dirty = synthetic_pair(0, DPI, Settings(seed, SIZE_MM, colour=True), fonts)
        before = Image.fromarray(np.uint8(dirty * 255 + 0.5))
        for column, page in enumerate((before, isthmus.clean(before, dpi=DPI))):
            shown = page.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
            whole.paste(shown, (column * (WIDTH + GAP), row * (HEIGHT + GAP)))
    image = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGE
    whole.save(image, quality=82, optimize=True)
    print(image, file=sys.stderr)


if __name__ == "__main__":
    main()
