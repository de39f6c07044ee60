"""Additions of offices and printers: letterheads, stamps, bar codes, headers, page numbers, footnotes."""

import numpy as np

from isthmus.synthetic_pages.area import Area, Tint
from isthmus.synthetic_pages.canvas import Canvas
from isthmus.synthetic_pages.style import INKS, Style
from isthmus.synthetic_pages.text import Column


def letterhead(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a name in large letters with an emblem and a rule, an address, a date, and the recipient's address."""
    left, right, bottom = column
    large, small = style.size * rng.uniform(1.6, 3), 0.75 * style.size
    face, plain = style.heading.bold, style.latin.upright
    if y + large + 12 * style.leading > bottom:
        return y
    y += large
    x = left
    if rng.random() < 0.6:
        r = 0.7 * large
        with canvas.inked(style.accent):
            _emblem(rng, canvas, style, (left, y - 1.2 * r, left + 2 * r, y + 0.8 * r))
        x += 2.6 * r
    name = style.writer.title(4) if not style.script.right_to_left else style.figures.title(4)
    while face.width(name) * large > right - x and " " in name:
        name = name.rsplit(" ", 1)[0]
    canvas.text(x, y, name, face, large, ink=style.ink)
    y += 0.6 * large
    canvas.rule((left, y, right, y), style.rule * rng.uniform(1, 3), style.ink)
    y += 1.4 * small
    line = f"{style.figures.title(3)} {rng.integers(1, 200)} · {rng.integers(1000, 99999)} {style.figures.name()}"
    canvas.text(left, y, line.replace("·", "·" if "·" in plain.has("·") else "-"), plain, small, ink=style.ink)
    y += 2 * style.leading
    start = y
    for _ in range(4):
        canvas.text(left, y, f"{style.figures.name()}", plain, style.size, ink=style.ink)
        y += style.leading
    date = style.figures.date()
    canvas.text(right - plain.width(date) * style.size, start, date, plain, style.size, ink=style.ink)
    return y + style.leading


def _emblem(rng: np.random.Generator, canvas: Canvas, style: Style, box: tuple[float, float, float, float]) -> None:
    """Draw a disc, a ring, a square or a triangle, usually with a letter in it."""
    left, top, right, bottom = box
    kind = rng.integers(4)
    if kind == 0:
        canvas.ellipse(box, ink=style.ink)
    elif kind == 1:
        canvas.ellipse(box, ink=style.ink, width=0.15 * (right - left))
    elif kind == 2:
        canvas.frame(box, 0.12 * (right - left), style.ink)
    else:
        canvas.polygon([(left, bottom), (0.5 * (left + right), top), (right, bottom)], style.ink)
    if kind:
        letter = style.figures.word()[0].upper()
        size = 0.5 * (bottom - top)
        x = 0.5 * (left + right) - 0.5 * style.latin.bold.width(letter) * size
        canvas.text(x, bottom - 0.3 * (bottom - top), letter, style.latin.bold, size, ink=1 if kind == 3 else style.ink)


def bars(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a bar code and its number, or a square code."""
    left, right, bottom = column
    height = rng.uniform(8, 16)
    if y + height + 2 * style.leading > bottom:
        return y
    y += 0.6 * style.leading
    if rng.random() < 0.7:
        x, end = left, min(left + rng.uniform(25, 55), right)
        module = rng.uniform(0.25, 0.45)
        while x < end:
            width = module * rng.integers(1, 4)
            canvas.fill((x, y, x + width, y + height), 0)
            x += width + module * rng.integers(1, 4)
        number = " ".join(rng.integers(0, 10, 12).astype(str))
        canvas.text(left, y + height + style.size, number, style.latin.upright, 0.8 * style.size, ink=style.ink)
    else:
        module, side = rng.uniform(0.4, 0.8), 21
        for row, column_ in np.argwhere(rng.random((side, side)) < 0.5).tolist():
            x, top = left + column_ * module, y + row * module
            canvas.fill((x, top, x + module, top + module), 0)
        height = side * module
    return y + height + 2 * style.leading


def stamp(rng: np.random.Generator, canvas: Canvas, style: Style, box: tuple[float, float, float, float]) -> None:
    """Draw a tilted rubber stamp somewhere in a box: a word and a date in a frame or rings, in uneven ink."""
    left, top, right, bottom = box
    face, size = style.latin.bold, rng.uniform(3.5, 7)
    word = style.figures.word().upper()
    width, height = face.width(word) * size + 6, 2.6 * size
    round_one = rng.random() < 0.4
    side = max(width, height) + 6 if round_one else 0
    wide, high = (side, side) if round_one else (width, height)
    pixels = canvas.mm
    rubber = Canvas(Area(max(int(high * pixels), 1), max(int(wide * pixels), 1), 25.4 * pixels), scale=1)
    if round_one:
        for inset in (0.3, 2.2):
            rubber.ellipse((inset, inset, side - inset, side - inset), width=0.5)
    else:
        rubber.frame((0.3, 0.3, wide - 0.3, high - 0.3), 0.6)
    x = 0.5 * (wide - face.width(word) * size)
    rubber.text(x, 0.5 * high, word, face, size)
    date = style.figures.date()
    small = min(0.55 * size, (wide - 6) / max(face.width(date), 0.1))
    rubber.text(0.5 * (wide - face.width(date) * small), 0.5 * high + 1.3 * small, date, face, small)
    centre = (rng.uniform(left, right), rng.uniform(top, bottom))
    tint: Tint = (0.1, 0.1, 0.1) if rng.random() < 0.3 else INKS[rng.integers(len(INKS))]
    # The pad was dry in places, or pressed harder on one side.
    strength = rng.uniform(0.45, 1) + rng.normal(0, rng.uniform(0.05, 0.35), (int(rng.integers(2, 9)), 8))
    with canvas.inked(tint):
        canvas.stamp(centre, rubber, rng.normal(0, 12), strength.astype(np.float32))


def running_lines(
    rng: np.random.Generator, canvas: Canvas, style: Style, box: tuple[float, float, float, float]
) -> None:
    """Draw a header and a page number, outside the box of the text."""
    left, top, right, bottom = box
    face, size = style.latin.upright, 0.85 * style.size
    number = str(rng.integers(1, 700))
    number = (number, f"- {number} -", f"Page {number}", f"[{number}]")[rng.choice(4, p=[0.7, 0.1, 0.1, 0.1])]
    width = face.width(number) * size
    places = [left, right - width, 0.5 * (left + right - width)]
    base = (top - 1.2 * style.leading, bottom + 2 * style.leading)
    at_foot = int(rng.random() < 0.6)
    if rng.random() < 0.8:
        canvas.text(places[rng.integers(3)], base[at_foot], number, face, size, ink=style.ink)
    if rng.random() < 0.4 and at_foot:
        title = style.figures.title(5)
        canvas.text(left, base[0], title, style.latin.italic, size, ink=style.ink)
        if rng.random() < 0.5:
            canvas.rule((left, base[0] + 0.5 * size, right, base[0] + 0.5 * size), style.rule, style.ink)


def footnotes(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a short rule, and one or two notes in small print."""
    left, right, bottom = column
    size = 0.72 * style.size
    if y + 5 * size > bottom:
        return y
    y += style.leading
    canvas.rule((left, y, left + 0.3 * (right - left), y), style.rule, style.ink)
    for note in range(1, int(rng.integers(2, 4))):
        y += 1.3 * size
        if y > bottom:
            break
        canvas.text(left, y - 0.35 * size, str(note), style.latin.upright, 0.7 * size, ink=style.ink)
        words = style.figures.sentence()
        while style.latin.upright.width(" ".join(words)) * size > right - left - size and len(words) > 1:
            words.pop()
        canvas.text(left + 0.8 * size, y, " ".join(words), style.latin.upright, size, ink=style.ink)
    return y + style.leading
