"""Small folders of pairs to evaluate on."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LINES = [
    "The dirty page says 3.14,",
    "its clean one too. Dots on i",
    "and j, and commas; all that",
    "is small can be lost.",
]


def text_page(seed: int) -> np.ndarray:
    page = Image.new("L", (330, 170), 255)
    for i, line in enumerate(LINES):
        ImageDraw.Draw(page).text((15 + seed, 15 + 36 * i), line, fill=0, font=ImageFont.load_default(22))
    return np.asarray(page)


def stained(clean: np.ndarray) -> np.ndarray:
    """On paper that is lighter than 0.7 everywhere."""
    down, right = np.ogrid[: clean.shape[0], : clean.shape[1]]
    paper = 0.95 - 0.2 * (np.hypot(down - 80, right - 200) < 60)
    return np.round(clean * paper).astype(np.uint8)


def write_folders(folder, names=("c-one.png", "c-two.png", "f-one.png")):
    for kind in ("noisy", "clean"):
        (folder / kind).mkdir()
    for seed, name in enumerate(names):
        clean = text_page(seed)
        Image.fromarray(clean).save(folder / "clean" / name)
        Image.fromarray(stained(clean)).save(folder / "noisy" / name)
    return folder / "noisy", folder / "clean"
