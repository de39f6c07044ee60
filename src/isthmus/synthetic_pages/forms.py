"""Forms: labels, lines and boxes to fill in, and their entries."""

import numpy as np

from isthmus.synthetic_pages import pen
from isthmus.synthetic_pages.canvas import Canvas
from isthmus.synthetic_pages.style import Style
from isthmus.synthetic_pages.text import Column


def form(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw fields below each other, sometimes in a frame."""
    left, right, bottom = column
    fields = (_line, _boxes, _choices, _cells)
    frame = rng.random() < 0.3
    top, pad = y + 0.5 * style.leading, 2.0 if frame else 0.0
    y = top + pad
    height = max(1.7 * style.leading, 6)
    for _ in range(int(rng.integers(2, 10))):
        if y + height > bottom:
            break
        fields[rng.integers(len(fields))](rng, canvas, style, (left + pad, right - pad, y + height))
        y += height * rng.uniform(1, 1.4)
    if frame and y > top + pad:
        canvas.frame((left, top, right, y + pad), style.rule, style.ink)
    return y + 0.5 * style.leading


def _label(rng: np.random.Generator, canvas: Canvas, style: Style, line: Column, width: float) -> float:
    """Draw a label that fits a width; return the x where it ends."""
    left, _, base = line
    size = 0.85 * style.size
    words = style.figures.title(4).split()
    while len(words) > 1 and style.latin.upright.width(" ".join(words) + ":") * size > width:
        words.pop()
    text = " ".join(words) + rng.choice([":", "", "."])
    return canvas.text(left, base, text, style.latin.upright, size, ink=style.ink) + 1.5


def _line(rng: np.random.Generator, canvas: Canvas, style: Style, line: Column) -> None:
    """Draw a label and a line or dots to write on, often filled in."""
    left, right, base = line
    x = _label(rng, canvas, style, line, 0.4 * (right - left))
    if rng.random() < 0.4:
        spacing = rng.uniform(0.9, 1.8)
        for place in np.arange(x, right, spacing).tolist():
            canvas.text(place, base, ".", style.latin.upright, style.size, ink=style.ink)
    else:
        canvas.rule((x, base + 0.6, right, base + 0.6), style.rule, style.ink)
    _fill_in(rng, canvas, style, (x, right, base))


def _boxes(rng: np.random.Generator, canvas: Canvas, style: Style, line: Column) -> None:
    """Draw a label and a box, often filled in."""
    left, right, base = line
    x = _label(rng, canvas, style, line, 0.4 * (right - left))
    if right - x > 8:
        canvas.frame((x, base - 4.2, right, base + 1.4), style.rule, style.ink)
        _fill_in(rng, canvas, style, (x + 1, right - 1, base))


def _choices(rng: np.random.Generator, canvas: Canvas, style: Style, line: Column) -> None:
    """Draw boxes or circles to check, with labels; some are checked."""
    left, right, base = line
    side, round_ones, x = rng.uniform(2.2, 4), rng.random() < 0.2, left
    while x < right - 15:
        box = (x, base - side, x + side, base)
        if round_ones:
            canvas.ellipse(box, ink=style.ink, width=style.rule)
        else:
            canvas.frame(box, style.rule, style.ink)
        if rng.random() < 0.35:
            pen.mark(rng, canvas, box)
        x = canvas.text(x + side + 1, base, style.figures.word(), style.latin.upright, 0.85 * style.size, ink=style.ink)
        x += rng.uniform(3, 12)


def _cells(rng: np.random.Generator, canvas: Canvas, style: Style, line: Column) -> None:
    """Draw a label and a cell for each character."""
    left, right, base = line
    x = _label(rng, canvas, style, line, 0.4 * (right - left))
    side = rng.uniform(4, 5.5)
    count = min(int((right - x) / side), int(rng.integers(4, 24)))
    if count < 1:
        return
    canvas.frame((x, base - side + 1, x + count * side, base + 1), style.rule, style.ink)
    filled = int(rng.integers(0, count + 1))
    characters = style.figures.number() + style.figures.word().upper() * 3
    for cell in range(count):
        if cell:
            canvas.rule((x + cell * side, base - side + 1, x + cell * side, base + 1), style.rule, style.ink)
        if cell < min(filled, len(characters)):
            canvas.text(
                x + (cell + 0.25) * side, base, characters[cell], style.latin.upright, 0.8 * side, ink=style.ink
            )


def _fill_in(rng: np.random.Generator, canvas: Canvas, style: Style, line: Column) -> None:
    """Fill in a field by hand, by machine, or not at all."""
    left, right, base = line
    kind = rng.random()
    if kind < 0.35:
        hand, x = pen.Hand(rng, rng.uniform(1.4, 2.2)), left + rng.uniform(1, 6)
        while x < right - 12 * hand.size and rng.random() < 0.8:
            x = hand.word(canvas, x, base, int(rng.integers(2, 8))) + hand.size
    elif kind < 0.6:
        text = (style.figures.date(), style.figures.name(), style.figures.number())[rng.integers(3)]
        if style.latin.upright.width(text) * style.size < right - left - 2:
            canvas.text(left + 1, base, text, style.latin.upright, style.size, ink=style.ink)
