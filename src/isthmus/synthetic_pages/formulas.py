"""Random formulas: sums, fractions, roots, powers, indices and matrices."""

import numpy as np

from isthmus.synthetic_pages.canvas import Canvas
from isthmus.synthetic_pages.style import Style
from isthmus.synthetic_pages.text import Column


def formula(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a formula on its own line, often with a number in brackets at the right."""
    left, right, bottom = column
    size = style.size * rng.uniform(1, 1.3)
    y += 2.2 * size
    if y + 1.5 * size > bottom:
        return y + 2 * size
    setter = _Setter(rng, canvas, style)
    x = left + (right - left) * rng.uniform(0.05, 0.35)
    x = setter.variable(x, y, size)
    x = setter.sign(x, y, size, "=")
    for part in range(int(rng.integers(1, 5))):
        if x > right - 9 * size:
            break
        if part:
            x = setter.sign(x, y, size, rng.choice(["+", "-", "="], p=[0.5, 0.35, 0.15]))
        x = setter.term(x, y, size)
    if rng.random() < 0.5:
        number = f"({rng.integers(1, 9)}.{rng.integers(1, 40)})"
        width = style.latin.upright.width(number) * style.size
        if x < right - width:
            canvas.text(right - width, y, number, style.latin.upright, style.size, ink=style.ink)
    return y + 1.8 * size


class _Setter:
    """Sets parts of a formula from a place on the base line to the right; each method returns the x where it ends."""

    def __init__(self, rng: np.random.Generator, canvas: Canvas, style: Style) -> None:
        self.rng, self.canvas, self.style = rng, canvas, style
        has = style.latin.upright.has("√∑∫±×≤≥∂∇∞·αβγδθλμπσφω")
        self.greek = [letter for letter in "αβγδθλμπσφω" if letter in has]
        self.sums = [letter for letter in "∑∫" if letter in has]
        self.root = "√" in has

    def text(self, x: float, y: float, text: str, size: float, *, italic: bool = False) -> float:
        face = self.style.latin.italic if italic else self.style.latin.upright
        return self.canvas.text(x, y, text, face, size, ink=self.style.ink)

    def sign(self, x: float, y: float, size: float, sign: str) -> float:
        return self.text(x + 0.25 * size, y, sign, size) + 0.25 * size

    def variable(self, x: float, y: float, size: float) -> float:
        """Set a letter, sometimes with an index, a power or a dot."""
        rng = self.rng
        greek = self.greek and rng.random() < 0.3
        letter = rng.choice(self.greek) if greek else rng.choice(list("abcdefghijkmnpqrstuvwxyzABCEFGHKLMNPQRSTVXYZ"))
        end = self.text(x, y, str(letter), size, italic=not greek)
        if rng.random() < 0.15:
            r = 0.06 * size
            centre = (0.5 * (x + end), y - (self.style.latin.upright.x_height + 0.3) * size)
            self.canvas.ellipse((centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r), ink=self.style.ink)
        script, after = 0.65 * size, end
        if rng.random() < 0.35:
            index = str(rng.choice([*"ijkn012", "ij", "n+1"]))
            after = self.text(end, y + 0.25 * size, index, script, italic=index.isalpha())
        if rng.random() < 0.3:
            after = max(after, self.text(end, y - 0.4 * size, str(rng.choice([*"23nT*", "-1"])), script))
        return after + 0.06 * size

    def product(self, x: float, y: float, size: float) -> float:
        """Set one to three factors."""
        rng = self.rng
        if rng.random() < 0.3:
            x = self.text(x, y, f"{rng.uniform(0, 20):.{rng.integers(0, 3)}f}", size) + 0.1 * size
        for _ in range(int(rng.integers(1, 4))):
            x = self.variable(x, y, size)
        return x

    def term(self, x: float, y: float, size: float) -> float:
        """Set a product, a fraction, a sum, a root, a function or a matrix."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.3:
            return self.product(x, y, size)
        if kind < 0.6:
            return self.fraction(x, y, size)
        if kind < 0.75 and self.sums:
            sign = str(rng.choice(self.sums))
            end = self.text(x, y + 0.25 * size, sign, 1.6 * size)
            self.text(x, y + 0.95 * size, "i=1" if sign == "∑" else "0", 0.55 * size)
            self.text(x + 0.2 * size, y - 1.35 * size, "n", 0.55 * size, italic=True)
            return self.product(end + 0.15 * size, y, size)
        if kind < 0.85 and self.root:
            start = self.text(x, y, "√", size)
            end = self.product(start, y, size)
            top = y - 0.95 * size
            self.canvas.rule((start - 0.05 * size, top, end, top), 0.05 * size, self.style.ink)
            return end + 0.1 * size
        if kind < 0.93:
            x = self.text(x, y, str(rng.choice(["sin", "cos", "log", "exp", "max", "f"])) + "(", size)
            return self.text(self.product(x, y, size), y, ")", size)
        return self.matrix(x, y, size)

    def fraction(self, x: float, y: float, size: float) -> float:
        """Set one product over another, with a bar as long as the longer one."""
        axis = y - 0.3 * size
        start = x + 0.12 * size
        above = self.product(start, axis - 0.35 * size, 0.85 * size)
        below = self.product(start, axis + 0.9 * size, 0.85 * size)
        end = max(above, below) + 0.1 * size
        self.canvas.rule((x, axis, end, axis), max(0.05 * size, 0.12), self.style.ink)
        return end + 0.15 * size

    def matrix(self, x: float, y: float, size: float) -> float:
        """Set two or three rows of entries in square brackets."""
        rng = self.rng
        rows, columns = rng.integers(2, 4, 2).tolist()
        top, bottom = y - 0.55 * rows * size - 0.3 * size, y + 0.55 * rows * size - 0.3 * size
        end = x + 0.3 * size
        for _ in range(columns):
            start = end + 0.2 * size
            for row in range(rows):
                base = top + (row + 0.75) * 1.1 * size
                end = max(end, self.text(start, base, str(rng.choice([*"01-", "0.5", "2n", "a"])), 0.8 * size))
        end += 0.3 * size
        ink, width = self.style.ink, 0.06 * size
        for side, inner in ((x, x + 0.25 * size), (end, end - 0.25 * size)):
            self.canvas.rule((side, top, side, bottom), width, ink)
            for level in (top, bottom):
                self.canvas.rule((min(side, inner), level, max(side, inner), level), width, ink)
        return end + 0.2 * size
