"""Computed pictures: photographs, halftones, drawings, plots and grey areas."""

import numpy as np
from jaxtyping import Float32

from isthmus.synthetic_pages.area import Area, Grey, Pixels, clouds, smoothstep
from isthmus.synthetic_pages.canvas import LUMINANCE, Box, Canvas
from isthmus.synthetic_pages.style import INKS, Style
from isthmus.synthetic_pages.text import Column


def figure(rng: np.random.Generator, canvas: Canvas, style: Style, column: Column, y: float) -> float:
    """Draw a picture of a random kind in its column, often with a caption."""
    left, right, bottom = column
    room = right - left
    width = room * rng.uniform(0.4, 1)
    height = width * rng.uniform(0.4, 1.1)
    y += 0.6 * style.leading
    if y + height > bottom or width < 8:
        return y
    x = left + rng.choice([0, 0.5, 1]) * (room - width)
    box = (x, y, x + width, y + height)
    kinds = (_photograph, _halftone, _plot, _drawing, _greys)
    kinds[rng.choice(len(kinds), p=[0.35, 0.2, 0.25, 0.1, 0.1])](rng, canvas, style, box)
    y += height
    if rng.random() < 0.7:
        y += 1.1 * style.leading
        caption = f"Fig. {rng.integers(1, 30)}. {style.figures.title(9)}."
        size = 0.85 * style.size
        while style.latin.upright.width(caption) * size > room and " " in caption:
            caption = caption.rsplit(" ", 1)[0]
        canvas.text(left, y, caption, style.latin.upright, size, ink=style.ink)
    return y + 0.8 * style.leading


def scene(rng: np.random.Generator, area: Area) -> Grey:
    """A picture like a photograph: a sky, overlapping hills or walls, lit shapes, texture."""
    far = float(max(area.height_mm, area.width_mm))
    y, x = area.y / np.float32(area.height_mm), area.x / np.float32(area.width_mm)
    tones = rng.uniform(0.1, 1, 2)
    values = (
        np.float32(tones[0]) + np.float32(tones[1] - tones[0]) * y + np.float32(0.1) * clouds(rng, area, far / 3, 5)
    )
    level = rng.uniform(0.2, 0.6)
    for _ in range(int(rng.integers(1, 5))):
        outline = np.float32(level) + np.float32(rng.uniform(0.02, 0.12)) * clouds(
            rng, Area(1, area.width, area.dpi), far / rng.uniform(2, 6), 6
        )
        inside = smoothstep((y - outline) * np.float32(area.height_mm / 0.4))
        grain = clouds(rng, area, rng.uniform(1, far / 4), octaves=6, gain=rng.uniform(0.6, 0.9))
        tone = np.float32(rng.uniform(0.05, 0.8)) + np.float32(rng.uniform(0.02, 0.15)) * grain
        values = values * (1 - inside) + tone * inside
        level += rng.uniform(0.05, 0.25)
    for _ in range(rng.poisson(2)):
        cy, cx, size = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.3)
        dy, dx = (
            (y - np.float32(cy)) / np.float32(size),
            (x - np.float32(cx)) / np.float32(size * rng.uniform(0.4, 1.2)),
        )
        bend = np.float32(rng.uniform(0.05, 0.5)) * clouds(rng, area, far * size, octaves=5, gain=0.5)
        r = np.sqrt(dy**2 + dx**2) if rng.random() < 0.7 else np.maximum(np.abs(dy), np.abs(dx))
        inside = smoothstep((1 - r + bend) * np.float32(size * far / rng.uniform(0.3, 3)))
        lit = np.float32(rng.uniform(0.2, 0.8)) + np.float32(rng.uniform(-0.3, 0.3)) * (dx + dy)
        lit += np.float32(rng.uniform(0.02, 0.2)) * clouds(rng, area, far * size / 2, octaves=6, gain=0.7)
        values = values * (1 - inside) + lit * inside
    low, high = np.percentile(values, [1, 99]).astype(np.float32)
    dark, bright = rng.uniform(0.02, 0.2), rng.uniform(0.75, 1)
    scaled: Grey = np.clip((values - low) / (high - low + 1e-6), 0, 1) ** np.float32(rng.uniform(0.6, 1.6))
    return np.float32(dark) + np.float32(bright - dark) * scaled


def screened(values: Grey, area: Area, angle: float, pitch: float) -> Grey:
    """Halftone of a picture: dots ``pitch`` mm apart in rotated rows, larger where the picture is darker."""
    k = np.float32(2 * np.pi / pitch)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    wave = np.cos(k * (c * area.x + s * area.y)) * np.cos(k * (c * area.y - s * area.x))
    # The share of the waves below a level is the share of paper that stays white.
    threshold = np.sort(wave.ravel()[:: max(wave.size // 4096, 1)])
    rank = np.searchsorted(threshold, wave.ravel()).reshape(wave.shape).astype(np.float32) / np.float32(len(threshold))
    return smoothstep((values - rank) * np.float32(6))


def _photograph(rng: np.random.Generator, canvas: Canvas, style: Style, box: Box) -> None:
    area = _area(box, 1 / canvas.area.pixel)
    canvas.picture(box, _toned(rng, scene(rng, area)))
    if rng.random() < 0.2:
        canvas.frame(box, style.rule, style.ink)


def _toned(rng: np.random.Generator, values: Grey) -> Pixels:
    """Colour a grey picture: each tone has its own colour, interpolated between three random ones."""
    shifts = rng.uniform(-0.25, 0.25, (3, 3))
    shifts -= (shifts @ LUMINANCE)[:, None]  # keep the luminance
    tones = np.linspace(0, 1, 3)
    toned: Pixels = np.stack([values + np.interp(values, tones, shifts[:, channel]) for channel in range(3)], -1)
    clipped: Pixels = np.clip(toned, 0, 1).astype(np.float32)
    return clipped


def _halftone(rng: np.random.Generator, canvas: Canvas, style: Style, box: Box) -> None:
    area = _area(box, min(canvas.mm, 12))
    canvas.picture(box, screened(scene(rng, area), area, rng.choice([0, np.pi / 4, 0.26]), rng.uniform(0.2, 0.6)))


def _greys(rng: np.random.Generator, canvas: Canvas, style: Style, box: Box) -> None:
    """Draw an even grey, a wedge of steps, or a gradient."""
    left, top, right, bottom = box
    kind = rng.integers(3)
    if kind == 0:
        canvas.fill(box, rng.uniform(0.3, 0.92))
        return
    steps = 256 if kind == 1 else int(rng.integers(4, 12))
    row: Float32[np.ndarray, "1 steps"] = np.linspace(rng.random(), rng.random(), steps, dtype=np.float32)[None]
    wedge = np.repeat(row, max(1024 // steps, 1), 1)
    canvas.picture((left, top, right, min(bottom, top + 30)), np.repeat(wedge, 8, 0))


def _plot(rng: np.random.Generator, canvas: Canvas, style: Style, box: Box) -> None:
    """Draw axes with ticks and numbers, and curves, points or bars."""
    left, top, right, bottom = box
    size = 0.7 * style.size
    x0, y0 = left + 3 * size, bottom - 1.5 * size
    width, ink = style.rule, style.ink
    canvas.rule((x0, top, x0, y0), width, ink)
    canvas.rule((x0, y0, right, y0), width, ink)
    ticks = int(rng.integers(3, 8))
    for tick in range(ticks):
        x, y = x0 + (right - x0) * tick / ticks, y0 - (y0 - top) * tick / ticks
        canvas.rule((x, y0, x, y0 + 0.8), width, ink)
        canvas.rule((x0 - 0.8, y, x0, y), width, ink)
        canvas.text(x - 0.5 * size, y0 + 1.3 * size, f"{tick * 0.5:.1f}", style.latin.upright, size, ink=ink)
        canvas.text(left, y + 0.3 * size, f"{tick * 10}", style.latin.upright, size, ink=ink)
    kind = rng.integers(3)
    count = 40 if kind == 0 else int(rng.integers(5, 20))
    xs = np.linspace(x0 + 1, right - 1, count)
    for _ in range(int(rng.integers(1, 4))):
        walk = np.cumsum(rng.normal(0, 1, count))
        ys = y0 - (y0 - top) * (0.05 + 0.9 * (walk - walk.min()) / (np.ptp(walk) + 1e-9))
        if kind == 0:
            with canvas.inked(INKS[rng.integers(len(INKS))] if style.accent != (0, 0, 0) else (0, 0, 0)):
                canvas.line(np.stack([xs, ys], 1), rng.uniform(0.15, 0.6), rng.uniform(0, 0.4))
        elif kind == 1:
            r = rng.uniform(0.3, 1)
            for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
                canvas.ellipse((x - r, y - r, x + r, y + r), ink=ink, width=None if rng.random() < 0.5 else 0.2)
        else:
            tone, half = rng.uniform(0, 0.7), 0.35 * (right - x0) / count
            for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
                canvas.fill((x - half, y, x + half, y0), tone)
            break


def _drawing(rng: np.random.Generator, canvas: Canvas, style: Style, box: Box) -> None:
    """Draw boxes with names, and arrows between them."""
    left, top, right, bottom = box
    columns, rows = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    wide, high = (right - left) / columns, (bottom - top) / rows
    centres = []
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * wide, top + row * high
            inner = (x + 0.15 * wide, y + 0.2 * high, x + 0.85 * wide, y + 0.8 * high)
            canvas.frame(inner, style.rule, style.ink)
            centres.append((x + 0.5 * wide, inner[1], inner[3]))
            word = style.figures.word()
            if style.latin.upright.width(word) * style.size < 0.66 * wide:
                canvas.text(inner[0] + 1, y + 0.55 * high, word, style.latin.upright, style.size, ink=style.ink)
    for (x, _, end), (_, start, _) in zip(centres, centres[columns:], strict=False):
        canvas.rule((x, end, x, start), style.rule, style.ink)
        canvas.polygon([(x, start), (x - 0.8, start - 1.8), (x + 0.8, start - 1.8)], style.ink)


def _area(box: Box, pixels_per_mm: float) -> Area:
    left, top, right, bottom = box
    size = [max(int((end - start) * pixels_per_mm), 2) for start, end in ((top, bottom), (left, right))]
    return Area(size[0], size[1], 25.4 * pixels_per_mm)
