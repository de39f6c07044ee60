"""Tables: words and numbers in rows and columns, with rules of many kinds."""

import numpy as np

from isthmus.synthetic_pages.canvas import Canvas
from isthmus.synthetic_pages.style import Style
from isthmus.synthetic_pages.text import Column


def table(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a table as wide as the column of text; each of its columns has words, or numbers aligned right."""
    left, right, bottom = column
    size = style.size * rng.uniform(0.75, 1)
    row_height = size * rng.uniform(1.15, 2)
    n_columns = int(np.clip((right - left) / (rng.uniform(5, 9) * size), 2, 9))
    n_rows = min(int(rng.integers(3, 25)), int((bottom - y) / row_height) - 1)
    if n_rows < 2:
        return y
    edges = left + (right - left) * np.concatenate([[0], np.cumsum(rng.uniform(0.6, 1.4, n_columns))])
    edges = left + (edges - left) * (right - left) / (edges[-1] - left)
    numeric = [place > 0 and rng.random() < 0.7 for place in range(n_columns)]
    top = y + 0.4 * style.leading
    end = top + n_rows * row_height
    _shades(rng, canvas, (left, top, right, end), row_height)
    _rules(rng, canvas, style, edges.tolist(), (top, end, row_height))
    pad = 0.3 * size
    places = int(rng.integers(0, 4))
    base = 0.5 * (row_height + style.latin.upright.x_height * size * 1.2)
    for row in range(n_rows):
        face = style.latin.bold if row == 0 else style.latin.upright
        for place in range(n_columns):
            start, room = edges[place] + pad, edges[place + 1] - edges[place] - 2 * pad
            text = _entry(rng, style, row == 0, numeric[place], places)
            while face.width(text) * size > room and len(text) > 1:
                text = text[:-1].rstrip(" .,")
            width = face.width(text) * size
            x = start + room - width if numeric[place] else start
            if width <= room:
                canvas.text(x, top + row * row_height + base, text, face, size, ink=style.ink)
    return end + 0.8 * style.leading


def _entry(rng: np.random.Generator, style: Style, heads: bool, numeric: bool, places: int) -> str:
    """The text of a cell; some numbers are missing or replaced by a dash."""
    if heads:
        return style.figures.title(3)
    if not numeric:
        return style.figures.title(4)
    chance = rng.random()
    if chance < 0.08:
        return "" if chance < 0.04 else "-"
    number = f"{rng.normal(0, 10 ** rng.uniform(0, 3)):.{places}f}"
    return number + (" %" if chance > 0.95 else "")


def _shades(
    rng: np.random.Generator, canvas: Canvas, box: tuple[float, float, float, float], row_height: float
) -> None:
    """Shade the header, every other row, or nothing."""
    left, top, right, bottom = box
    kind, ink = rng.random(), rng.uniform(0.7, 0.95)
    if kind < 0.15:
        canvas.fill((left, top, right, top + row_height), ink)
    elif kind < 0.22:
        for y in np.arange(top, bottom - 0.5 * row_height, 2 * row_height).tolist():
            canvas.fill((left, y, right, y + row_height), ink)


def _rules(
    rng: np.random.Generator,
    canvas: Canvas,
    style: Style,
    edges: list[float],
    rows: tuple[float, float, float],
) -> None:
    """Draw a grid, horizontal lines, three lines as in books, a frame, or nothing; sometimes with a double line."""
    top, bottom, row_height = rows
    left, right = edges[0], edges[-1]
    kind = rng.choice(["grid", "across", "book", "frame", "along", "none"], p=[0.35, 0.2, 0.2, 0.1, 0.1, 0.05])
    width, ink = style.rule * rng.uniform(0.6, 1.5), style.ink if rng.random() < 0.7 else rng.uniform(0, 0.6)
    across = {"grid": np.arange(top, bottom + 0.5 * row_height, row_height).tolist(), "frame": [top, bottom]}
    across |= {"across": across["grid"], "book": [top, top + row_height, bottom], "along": [top, bottom], "none": []}
    along = {"grid": edges, "along": edges, "frame": [left, right]}
    for y in across[kind]:
        canvas.rule((left, y, right, y), width * (1.8 if kind == "book" and y != top + row_height else 1), ink)
    for x in along.get(kind, []):
        canvas.rule((x, top, x, bottom), width, ink)
    if kind in {"grid", "frame", "book"} and rng.random() < 0.25:
        y = top + row_height + 0.4 + 2 * width
        canvas.rule((left, y, right, y), width, ink)
