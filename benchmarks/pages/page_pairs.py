"""Twenty pages to look at, before and after, most of them unlike what networks are trained on.

    python -m benchmarks.pages.page_pairs FOLDER [--network pages] [--only NAME …]

Writes FOLDER/NAME.png, before on the left and after on the right, and FOLDER/sheet-1.jpg and sheet-2.jpg with all of
them. Two need what may not be there, and are left out without it: Chromium and scikit-image. What was seen is written
down in docs/notes/cleaning-pages.md.
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from sklearn.datasets import load_digits, load_sample_image

import isthmus
from isthmus.synthetic_pages import dirt_sheet, draw_page, noisy_page
from isthmus.synthetic_pages.area import Area
from isthmus.synthetic_pages.pictures import scene, screened

SEED = 707
SIZE_MM = (80.0, 105.0)
HEIGHT, WIDTH = 472, 620  # the same in pixels at 150 dpi
SHOWN = 470  # pixels, across each page of a sheet
HTML = """<body style="font:15px serif;margin:24px;width:570px;background:#fff"><h2>Minutes of the meeting</h2>
<p>Present: <b>Ms Ayad</b>, Mr Brandt, Dr Côté. Begun at 9.05, ended at 10.40.</p><ol><li>The budget of 3,150.75 was
agreed upon, with <i>two</i> abstentions.</li><li>The roof: offers are awaited until 12.11.; see p. 7.</li></ol>
<table border=1 cellspacing=0 cellpadding=4><tr style="background:#dde6f0"><th>Item<th>2024<th>2025</tr><tr><td>Heating
<td align=right>812.40<td align=right>795.10</tr><tr><td>Paper<td align=right>64.00<td align=right>71.35</tr></table>
<p style="color:#777;font-size:11px">Draft, not yet approved. Remarks until Friday to the office, please.</p></body>"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--only", nargs="+", choices=PAGES, default=list(PAGES), metavar="NAME")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    pairs = []
    for name in arguments.only:
        made = PAGES[name]()
        if made is None:
            print(f"{name}: left out", file=sys.stderr)
            continue
        page, dpi = made
        before = Image.fromarray(page)
        after = isthmus.clean(before, network=arguments.network, dpi=dpi)
        pair = beside(before, after)
        pair.save(arguments.folder / f"{name}.png")
        pairs.append((name, pair))
    half = -(-len(pairs) // 2)
    for number, some in enumerate((pairs[:half], pairs[half:]), 1):
        if some:
            sheet(some).save(arguments.folder / f"sheet-{number}.jpg", quality=85)


def beside(before: Image.Image, after: Image.Image) -> Image.Image:
    pair = Image.new("RGB", (2 * before.width + 12, before.height), (110, 110, 180))
    pair.paste(before, (0, 0))
    pair.paste(after, (before.width + 12, 0))
    return pair


def sheet(pairs: list[tuple[str, Image.Image]]) -> Image.Image:
    """Two pairs in a row, with their names."""
    cells = []
    for name, pair in pairs:
        small = pair.resize((2 * SHOWN, round(2 * SHOWN * pair.height / pair.width)), Image.Resampling.LANCZOS)
        cell = Image.new("RGB", (small.width, small.height + 22), "white")
        cell.paste(small, (0, 22))
        ImageDraw.Draw(cell).text((4, 3), name, fill=0, font=ImageFont.load_default(14))
        cells.append(cell)
    rows = [cells[i : i + 2] for i in range(0, len(cells), 2)]
    heights = [max(cell.height for cell in row) + 10 for row in rows]
    whole = Image.new("RGB", (4 * SHOWN + 16, sum(heights)), "white")
    for row, top in zip(rows, np.cumsum([0, *heights[:-1]]).tolist(), strict=True):
        for place, cell in enumerate(row):
            whole.paste(cell, (place * (2 * SHOWN + 16), top))
    return whole


def made(number: int, dpi: int, kind: str, *, colour: bool = False, level: float = 1) -> tuple[np.ndarray, int]:
    """A made page and its dirt, of the kind that networks are trained on, but for its resolution."""
    drawn, dirt = (np.random.default_rng((SEED, number, part)) for part in range(2))
    page = draw_page(drawn, dpi, SIZE_MM, kind=kind, colour=colour).pixels
    return levels(noisy_page(page, dirt, dpi, level=level)), dpi


def on_dirt(page: np.ndarray, number: int, level: float = 1, kinds: tuple[str, ...] | None = None) -> np.ndarray:
    """Print, in [0, 1], on a dirty sheet."""
    rng = np.random.default_rng((SEED, number))
    sheet = dirt_sheet(rng, page.shape[0], page.shape[1], 150, level=level, kinds=kinds, colour=page.ndim == 3)
    return levels(page * sheet)


def written(text: str, size: int = 19, ink: float = 0, lines: int = 18) -> np.ndarray:
    """Lines of one text on white."""
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for line in range(lines):
        pen.text((24, 20 + 1.35 * size * line), text, fill=round(255 * ink), font=font)
    return np.asarray(image) / np.float32(255)


def photograph_on_dirty_page() -> tuple[np.ndarray, int]:
    page = written("A photograph on old paper. 3.14, i.e. dots.", 15, lines=22)
    picture = Image.fromarray(load_sample_image("flower.jpg")).convert("L").resize((400, 267))
    page[170:437, 100:500] = np.asarray(picture) / np.float32(255)
    return on_dirt(page, 8), 150


def web_page() -> tuple[np.ndarray, int] | None:
    """Text rendered by a browser, with its grey edges, after strong compression."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_text(HTML)
        command = [browser, "--headless", "--no-sandbox", f"--window-size={WIDTH},{HEIGHT}", "--hide-scrollbars"]
        command += [f"--screenshot={folder}/page.png", f"file://{folder}/page.html"]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        image = Image.open(f"{folder}/page.png").convert("RGB")
        file = io.BytesIO()
        image.save(file, "JPEG", quality=15)
        return np.asarray(Image.open(file).convert("RGB")), 100


def music() -> tuple[np.ndarray, int]:
    """Staves with notes and bars: long thin rules close together, and what is between them."""
    rng = np.random.default_rng(SEED)
    image = Image.new("L", (2 * WIDTH, 2 * HEIGHT), 255)
    pen = ImageDraw.Draw(image)
    for top in range(60, 2 * HEIGHT - 100, 170):
        for line in range(5):
            pen.line((40, top + 18 * line, 2 * WIDTH - 40, top + 18 * line), fill=0, width=2)
        for x in range(100, 2 * WIDTH - 60, 62):
            y = top + 9 * int(rng.integers(-1, 10))
            pen.ellipse((x, y - 9, x + 23, y + 9), fill=0 if rng.random() < 0.7 else 255, outline=0, width=3)
            pen.line((x + 22, y, x + 22, y - 60), fill=0, width=3)
            if rng.random() < 0.2:
                pen.ellipse((x + 32, y - 4, x + 39, y + 3), fill=0)
        for x in range(40, 2 * WIDTH, 380):
            pen.line((x, top, x, top + 72), fill=0, width=3)
    return on_dirt(np.asarray(image.reduce(2)) / np.float32(255), 10), 150


def handwriting() -> tuple[np.ndarray, int]:
    page = draw_page(np.random.default_rng((SEED, 11)), 150, SIZE_MM, kind="handwriting", colour=True).pixels
    return on_dirt(page, 11, 1.3), 150


def inverted() -> tuple[np.ndarray, int]:
    """White print on black, somewhat unevenly lit."""
    return on_dirt(0.1 + 0.85 * (1 - written("White on black. i, j; 1.5 %")), 12, 0.5), 150


def digits() -> tuple[np.ndarray, int]:
    """Handwritten digits of scikit-learn, coarse and grey, as ink on a dirty sheet."""
    images = 1 - load_digits().images[:108].reshape(9, 12, 8, 8).transpose(0, 2, 1, 3).reshape(72, 96) / 16
    large = Image.fromarray(np.uint8(255 * images)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    return on_dirt(np.asarray(large) / np.float32(255), 13), 150


def black() -> tuple[np.ndarray, int]:
    noise = np.random.default_rng(SEED).normal(0, 0.01, (HEIGHT, WIDTH))
    return levels(np.clip(0.06 + noise, 0, 1)), 150


def newspaper() -> tuple[np.ndarray, int]:
    """Small print in columns and a halftone on yellow paper."""
    page = draw_page(np.random.default_rng((SEED, 15)), 150, SIZE_MM, kind="article").pixels
    area = Area(220, 300, 150)
    page[20:240, 20:320] = screened(scene(np.random.default_rng(SEED), area), area, 0.78, 0.34)
    return on_dirt(np.stack([page] * 3, -1) * np.float32((0.9, 0.84, 0.68)), 15, 0.8), 150


def fax() -> tuple[np.ndarray, int]:
    """Black and white, with pepper."""
    page = draw_page(np.random.default_rng((SEED, 16)), 200, SIZE_MM, kind="letter").pixels < 0.6
    specks = np.random.default_rng(SEED).random(page.shape) < 0.002
    return ~(page | ndimage.binary_dilation(specks)), 200


def receipt() -> tuple[np.ndarray, int]:
    """A small dirty sheet on the white lid of a scanner."""
    page = draw_page(np.random.default_rng((SEED, 17)), 150, (60, 55), kind="tables").pixels
    whole = np.full((HEIGHT, WIDTH), 255, np.uint8)
    whole[60 : 60 + page.shape[0], 120 : 120 + page.shape[1]] = on_dirt(page, 17, 1.3)
    return whole, 150


def contours() -> tuple[np.ndarray, int]:
    """A map: thin lines, shades, dots and names, on wrinkled paper."""
    rng = np.random.default_rng(SEED)
    land = ndimage.gaussian_filter(rng.normal(size=(HEIGHT, WIDTH)), 40)
    height = land / land.std()
    lines = np.abs(height * 4 - np.round(height * 4)) < 0.35 * np.hypot(*np.gradient(height * 4)) * 1.6
    image = Image.fromarray(np.where(lines, 90, np.where(height > 1, 225, 255)).astype(np.uint8))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    for _ in range(25):
        x, y = rng.uniform(20, WIDTH - 80), rng.uniform(20, HEIGHT - 20)
        pen.ellipse((x, y, x + 3, y + 3), fill=0)
        pen.text((x + 6, y - 6), f"{rng.integers(120, 990)}", fill=0, font=font)
    return on_dirt(np.asarray(image) / np.float32(255), 18, kinds=("paper", "wrinkles", "stains")), 150


def photographed_page() -> tuple[np.ndarray, int] | None:
    try:
        from skimage import data  # noqa: PLC0415 — an extra brings it
    except ImportError:
        return None
    return np.asarray(Image.fromarray(data.page()).resize((768, 382), Image.Resampling.BICUBIC)), 150


def symbols() -> tuple[np.ndarray, int]:
    """What phones read: a square of modules and bars, on dirt."""
    rng = np.random.default_rng(SEED)
    page = np.ones((HEIGHT, WIDTH), np.float32)
    page[60:310, 40:290] = np.kron(rng.random((25, 25)) < 0.5, np.ones((10, 10)))
    page[60:240, 330:580] = np.repeat(rng.random(125) < 0.5, 2)[None]
    page[330:460, :] = written("No. 4 006381 333931 · 0.75 l · 12.99", 19)[20:150]
    return on_dirt(page, 20), 150


def levels(pixels: np.ndarray) -> np.ndarray:
    return (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)


PAGES: dict[str, Callable[[], tuple[np.ndarray, int] | None]] = {
    "text-100dpi": lambda: made(0, 100, "text"),
    "form-150dpi-colour": lambda: made(1, 150, "form", colour=True),
    "tables-300dpi": lambda: made(2, 300, "tables"),
    "contents-600dpi": lambda: made(3, 600, "contents"),
    "letter-dark-stains": lambda: made(4, 150, "letter", colour=True, level=2.2),
    "formulas-200dpi": lambda: made(5, 200, "article"),
    "photograph": lambda: (load_sample_image("china.jpg"), 150),
    "photograph-on-dirty-page": photograph_on_dirty_page,
    "web-page-jpeg-15": web_page,
    "music": music,
    "handwriting": handwriting,
    "inverted": inverted,
    "digits": digits,
    "black": black,
    "newspaper": newspaper,
    "fax-with-pepper": fax,
    "receipt-on-white": receipt,
    "map": contours,
    "photographed-page": photographed_page,
    "codes": symbols,
}


if __name__ == "__main__":
    main()
