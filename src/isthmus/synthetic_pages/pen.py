"""Pen strokes: illegible handwriting, signatures, marks, underlines."""

import numpy as np
from jaxtyping import Float64
from scipy.interpolate import make_interp_spline

from isthmus.synthetic_pages.canvas import Canvas
from isthmus.synthetic_pages.style import INKS, Style
from isthmus.synthetic_pages.text import Column


def notes(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw lines of handwriting, sometimes on ruled lines."""
    left, right, bottom = column
    size = rng.uniform(1.6, 3.2)  # of a small letter
    leading = size * rng.uniform(2.6, 4)
    hand = Hand(rng, size)
    ruled = rng.random() < 0.3
    for _ in range(int(rng.integers(1, 12))):
        y += leading
        if y > bottom:
            break
        if ruled:
            canvas.rule((left, y + 0.2 * size, right, y + 0.2 * size), 0.15, rng.uniform(0.3, 0.7))
        x = left + rng.uniform(0, 4)
        tilt = rng.normal(0, 0.006)
        while x < right - 6 * size:
            x = hand.word(canvas, x, y + tilt * (x - left), int(rng.integers(1, 9))) + 1.3 * size
    return y + 0.5 * leading


def signature(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a large, fast signature with the name below, often over a line."""
    left, right, bottom = column
    height, width = rng.uniform(8, 18), min(rng.uniform(30, 60), right - left)
    if y + height + 2 * style.leading > bottom:
        return y
    x = left + rng.choice([0, 0.5, 1]) * (right - left - width)
    base = y + height
    swings = int(rng.integers(8, 18))
    t = np.arange(swings)
    tall = height * 0.5 * rng.gamma(2, 0.25, swings) * np.where(t == 0, 1.8, 1) * np.where(t % 2, -1, 0.6)
    run = np.linspace(0.05, 0.9, swings) * width + rng.normal(0, 0.05 * width, swings)
    hand = Hand(rng, height / 4)
    hand.stroke(canvas, np.stack([x + run, base - 0.25 * height + tall], 1))
    if rng.random() < 0.5:
        flourish = np.array([[0.9, -0.2], [0.5, 0.15], [0.1, 0.1], [0.95, 0.05]]) + rng.normal(0, 0.05, (4, 2))
        hand.stroke(canvas, np.array([x, base]) + flourish * [width, height])
    if rng.random() < 0.6:
        canvas.rule((x, base, x + width, base), style.rule, style.ink)
    name = f"({style.figures.name()})" if rng.random() < 0.5 else style.figures.name()
    canvas.text(x, base + style.leading, name, style.latin.upright, 0.9 * style.size, ink=style.ink)
    return base + 2 * style.leading


def mark(rng: np.random.Generator, canvas: Canvas, box: tuple[float, float, float, float]) -> None:
    """Draw a check mark, a cross, a scribble or a dot in a small box, and slightly beyond it."""
    left, top, right, bottom = box
    shapes = (
        [[0.1, 0.5], [0.4, 0.95], [1.2, -0.3]],
        [[0.05, 0.05], [0.95, 0.95]],
        [[0.1, 0.2], [0.9, 0.3], [0.15, 0.5], [0.9, 0.6], [0.2, 0.85], [0.8, 0.9]],
        [[0.4, 0.5], [0.6, 0.45], [0.5, 0.6]],
    )
    kind = int(rng.integers(len(shapes)))
    hand = Hand(rng, 1)
    corner, extent = np.array([left, top]), np.array([right - left, bottom - top])

    def draw(shape: Float64[np.ndarray, "points 2"]) -> None:
        hand.stroke(canvas, corner + (shape + rng.normal(0, 0.06, shape.shape)) * extent)

    draw(np.array(shapes[kind]))
    if kind == 1:
        draw(np.array([[0.95, 0.05], [0.05, 0.95]]))


def scrawl(rng: np.random.Generator, canvas: Canvas, area: tuple[float, float, float, float]) -> None:
    """Draw a note, an underline, or a circle around something, somewhere in an area."""
    left, top, right, bottom = area
    x, y = rng.uniform(left, max(right - 40, left)), rng.uniform(top, bottom)
    hand = Hand(rng, rng.uniform(1.6, 3))
    kind = rng.integers(3)
    if kind == 0:
        for _ in range(int(rng.integers(1, 4))):
            x = hand.word(canvas, x, y, int(rng.integers(2, 8))) + hand.size
    elif kind == 1:
        steps = np.linspace(0, rng.uniform(15, 60), 8)
        hand.stroke(canvas, np.stack([x + steps, y + np.cumsum(rng.normal(0, 0.15, 8))], 1))
    else:
        turn = np.linspace(0, 2.2 * np.pi, 12)
        far = rng.uniform([8, 3], [25, 8])
        hand.stroke(
            canvas, np.stack([x + far[0] * np.cos(turn), y + far[1] * np.sin(turn)], 1) + rng.normal(0, 0.4, (12, 2))
        )


class Hand:
    """One person's handwriting: an alphabet of shapes, a slant, a pen.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : float
        Height of a small letter in mm.
    """

    def __init__(self, rng: np.random.Generator, size: float) -> None:
        self.rng, self.size = rng, size
        self.slant = rng.normal(0.25, 0.2)
        self.pen = rng.uniform(0.18, 0.5)
        self.ink = float(rng.choice([0, rng.uniform(0, 0.4)]))
        self.tint = (
            INKS[0] if rng.random() < 0.5 else (0, 0, 0) if rng.random() < 0.7 else INKS[rng.integers(len(INKS))]
        )
        self.joined = rng.random() < 0.6
        self.letters = [self._letter() for _ in range(24)]

    def _letter(self) -> Float64[np.ndarray, "points 2"]:
        """Points of a letter about 1 wide and 1 high, with y upwards; some have an ascender or a descender."""
        rng = self.rng
        count = int(rng.integers(3, 7))
        x = np.linspace(0.1, 0.8, count) + rng.normal(0, 0.18, count)
        y = np.where(np.arange(count) % 2, 0.95, 0.05) + rng.normal(0, 0.12, count)
        reach = rng.random()
        if reach < 0.25:
            y[rng.integers(count)] = rng.uniform(1.7, 2.2)
        elif reach < 0.4:
            y[rng.integers(count)] = rng.uniform(-1.1, -0.7)
        return np.stack([x, y], 1)

    def word(self, canvas: Canvas, x: float, y: float, letters: int) -> float:
        """Write letters from a place on the base line; return the x where they end."""
        rng = self.rng
        shapes = [self.letters[place] for place in rng.integers(0, len(self.letters), letters).tolist()]
        paths = []
        for shape in shapes:
            jittered = shape + rng.normal(0, 0.05, shape.shape)
            slanted = jittered[:, 0] + self.slant * jittered[:, 1]
            paths.append(np.stack([x + self.size * slanted, y - self.size * jittered[:, 1]], 1))
            x += self.size * rng.uniform(0.8, 1)
        for path in [np.concatenate(paths)] if self.joined else paths:
            self.stroke(canvas, path)
        for _ in range(rng.binomial(letters, 0.12)):  # dots and accents
            place = np.array([x - self.size * rng.uniform(0, letters), y - self.size * rng.uniform(1.4, 1.9)])
            self.stroke(canvas, place + rng.normal(0, 0.06 * self.size, (2, 2)))
        return x

    def stroke(self, canvas: Canvas, points: Float64[np.ndarray, "points 2"]) -> None:
        """Draw a smooth line through points, thinner where the pen is fast."""
        with canvas.inked(self.tint):
            self._stroke(canvas, points)

    def _stroke(self, canvas: Canvas, points: Float64[np.ndarray, "points 2"]) -> None:
        if len(points) < 3:
            canvas.line(points, self.pen, self.ink)
            return
        steps = np.arange(len(points))
        curve = make_interp_spline(steps, points, k=min(3, len(points) - 1))
        path = curve(np.linspace(0, len(points) - 1, 8 * len(points)))
        pieces = np.array_split(np.arange(len(path)), max(len(path) // 8, 1))
        for piece in pieces:
            part = path[piece[0] : piece[-1] + 2]
            speed = np.linalg.norm(np.diff(part, axis=0), axis=1).mean() if len(part) > 1 else 0
            canvas.line(part, self.pen * (0.65 + 0.35 / (1 + 2 * speed)), self.ink)
