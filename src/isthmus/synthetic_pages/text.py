"""Lines of text: headings, paragraphs, lists and tables of contents."""

from collections.abc import Iterator, Sequence

import numpy as np

from isthmus.synthetic_pages.canvas import Canvas
from isthmus.synthetic_pages.fonts import Face
from isthmus.synthetic_pages.style import Style

Column = tuple[float, float, float]
"""Left, right and bottom of a column, in mm."""


def shown(text: str, style: Style) -> str:
    """Text in the order in which it is drawn, from left to right."""
    return text[::-1].translate(str.maketrans("()[]«»", ")(][»«")) if style.script.right_to_left else text


def heading(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a heading, larger or bold, sometimes numbered, centred or underlined."""
    left, right, bottom = column
    face = (style.heading.bold, style.heading.bold, style.heading.italic, style.heading.upright)[rng.integers(4)]
    size = style.size * rng.uniform(1, 2)
    text = style.writer.title()
    if rng.random() < 0.3:
        text = f"{rng.integers(1, 12)}.{rng.integers(1, 9)} {text}"
    words = text.split()
    while len(words) > 1 and face.width(" ".join(words)) * size > right - left:
        words.pop()
    text, y = shown(" ".join(words), style), y + 0.6 * style.leading + size
    if y > bottom:
        return y
    width = face.width(text) * size
    x = left + (right - left - width) / 2 if rng.random() < 0.3 else left
    if style.script.right_to_left:
        x = right - width
    with canvas.inked(style.accent):
        canvas.text(x, y, text, face, size, ink=style.ink)
    if rng.random() < 0.12:
        canvas.rule((left, y + 0.3 * size, right, y + 0.3 * size), style.rule, style.ink)
    return y + 0.5 * style.leading


def paragraph(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw some sentences, with a few words in bold or italic."""
    words = style.writer.paragraph(int(rng.integers(1, 7)))
    faces = [style.family.upright] * len(words)
    whole = rng.random()
    if whole < 0.12:
        faces = [style.family.italic if whole < 0.08 else style.family.bold] * len(words)
    elif rng.random() < 0.4:
        start = rng.integers(len(words))
        end = start + rng.integers(1, 6)
        faces[start:end] = [(style.family.italic, style.family.bold)[rng.integers(2)]] * len(faces[start:end])
    y = set_words(canvas, style, column, y, words, faces=faces, indent=style.indent)
    return y + float(rng.choice([0, 0.3, 0.8])) * style.leading


def set_words(
    canvas: Canvas,
    style: Style,
    column: Column,
    y: float,
    words: Sequence[str],
    *,
    faces: Sequence[Face] | None = None,
    indent: float = 0,
    size: float | None = None,
) -> float:
    """Set words in lines, justified or ragged, until they or the column end; return the last base line."""
    left, right, bottom = column
    size = style.size if size is None else size
    faces = [style.family.upright] * len(words) if faces is None else faces
    leading = style.leading * size / style.size
    for line, last in _lines(words, faces, (right - left) / size, indent / size):
        y += leading
        if y > bottom:
            break
        widths = [face.width(word) * size for word, face in line]
        gap = line[0][1].width(" ") * size if style.script.spaced else 0.0
        spare = right - left - indent - sum(widths) - gap * (len(line) - 1)
        if style.justified and not last and len(line) > 1:
            gap += spare / (len(line) - 1)
        x = left + indent
        if style.script.right_to_left:
            x = left + max(spare, 0)
        order = -1 if style.script.right_to_left else 1
        for (word, face), width in zip(line[::order], widths[::order], strict=True):
            canvas.text(x, y, shown(word, style), face, size, ink=style.ink)
            x += width + gap
        indent = 0
    return y


def _lines(
    words: Sequence[str], faces: Sequence[Face], width: float, indent: float
) -> Iterator[tuple[list[tuple[str, Face]], bool]]:
    """Break words into lines of a width in ems; yield each line, and whether it is the last."""
    line: list[tuple[str, Face]] = []
    used = indent
    for word, face in zip(words, faces, strict=True):
        needed = face.width(word) + (face.width(" ") if line else 0)
        if line and used + needed > width:
            yield line, False
            line, used, needed = [], 0, face.width(word)
        line.append((word, face))
        used += needed
    if line:
        yield line, True


def bullets(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a list with numbers, dashes, letters or dots."""
    left, right, bottom = column
    kind, step = rng.integers(4), rng.uniform(1.3, 2.5) * style.size
    for item in range(1, int(rng.integers(3, 8))):
        mark = (f"{item}.", "-", f"{chr(96 + item)})", "")[kind]
        if y + style.leading > bottom:
            return y
        if mark:
            canvas.text(left, y + style.leading, mark, style.latin.upright, style.size, ink=style.ink)
        else:
            r = 0.16 * style.size
            centre = y + style.leading - 0.5 * style.family.upright.x_height * style.size
            canvas.ellipse((left + r, centre - r, left + 3 * r, centre + r), ink=style.ink)
        words = style.writer.words(int(rng.integers(1, 25)))
        words[-1] += "."
        y = set_words(canvas, style, (left + step, right, bottom), y, words)
    return y + 0.3 * style.leading


def contents(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw lines of a table of contents: a title, dots, and a page number."""
    left, right, bottom = column
    face, size = style.latin.upright, style.size
    spacing = rng.uniform(0.25, 0.9) * size
    page, numbered = int(rng.integers(1, 80)), rng.random() < 0.6
    for item in range(1, int(rng.integers(4, 30))):
        y += style.leading
        if y > bottom:
            return y
        page += int(rng.integers(0, 20))
        number = str(page)
        x = left + rng.choice([0, 0, 1.5, 3]) * size
        title = f"{item}.{rng.integers(1, 9)}  {style.figures.title()}" if numbered else style.figures.title()
        end = right - face.width(number) * size
        while face.width(title) * size > end - x - 4 * spacing and " " in title:
            title = title.rsplit(" ", 1)[0]
        x = canvas.text(x, y, title, face, size, ink=style.ink) + 0.5 * size
        canvas.text(end, y, number, face, size, ink=style.ink)
        places = np.arange(end - 0.5 * size, x, -spacing)
        for place in places.tolist():
            canvas.text(place, y, ".", face, size, ink=style.ink)
    return y + 0.6 * style.leading
