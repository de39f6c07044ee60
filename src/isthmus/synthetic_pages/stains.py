"""Stains: rings of cups, spills, drops, water marks, finger marks. Each function adds to the light that is absorbed.

A drying liquid carries what is dissolved in it to its edge, so stains have dark, sharp rims (Deegan et al. 1997,
Nature 389).
"""

from collections.abc import Callable

import numpy as np

from isthmus.synthetic_pages.area import Area, Grey, clouds, noise, smoothstep

Stain = Callable[[np.random.Generator, Area, Grey], None]


def ring(rng: np.random.Generator, area: Area, absorbed: Grey) -> None:
    """Add the ring of a wet cup: parts of a circle with a sharp outer edge."""
    radius = rng.uniform(12, 48)
    cy, cx = _place(rng, area, radius)
    reach = radius * 1.35
    rows, columns, part = area.window(cy - reach, cx - reach, cy + reach, cx + reach)
    if not part.height or not part.width:
        return
    dy = area.y[rows] - np.float32(cy)
    dx = area.x[:, columns] - np.float32(cx)
    r = np.sqrt(dy**2 + np.float32(rng.uniform(0.9, 1.1)) * dx**2) + np.float32(1e-3)
    wobble = np.float32(rng.uniform(0.2, 1.2)) * clouds(rng, part, rng.uniform(8, 25), octaves=4, gain=0.55)
    edge = np.float32(rng.uniform(0.1, 0.5))  # mm over which the outer edge rises
    width = rng.uniform(0.8, 6)
    angle = rng.uniform(0, 2 * np.pi)
    swell = 1 + np.float32(rng.uniform(0, 0.8)) * (np.float32(np.cos(angle)) * dx + np.float32(np.sin(angle)) * dy) / r
    outside = r - np.float32(radius) - wobble
    inside = -outside / (np.float32(width) * np.maximum(swell, 0.15))
    body = smoothstep(-outside / edge - 0.5)
    hard_inner = rng.random() < 0.6
    band = (
        smoothstep((1 - inside) * np.float32(width) / (edge * np.float32(rng.uniform(1, 3))))
        if hard_inner
        else (np.exp(-np.maximum(inside, 0) * np.float32(rng.uniform(1, 2))))
    )
    rim = np.exp(-np.maximum(-outside, 0) / np.float32(rng.uniform(0.15, 0.6)))
    gaps = smoothstep(
        clouds(rng, part, radius * rng.uniform(0.4, 1.2), octaves=2) * np.float32(rng.uniform(0.5, 2))
        + np.float32(rng.uniform(-0.2, 1.2))
    )
    texture = 1 + np.float32(rng.uniform(0.05, 0.3)) * clouds(rng, part, rng.uniform(1, 5), octaves=4, gain=0.7)
    strength, rimmed, filled = rng.gamma(2, 0.25), rng.uniform(0, 1.5), rng.choice([0, rng.uniform(0, 0.15)])
    deposit = body * (band * (1 + np.float32(rimmed) * rim) * gaps + np.float32(filled))
    absorbed[rows, columns] += np.float32(strength) * deposit * np.maximum(texture, 0)


def spill(rng: np.random.Generator, area: Area, absorbed: Grey) -> None:
    """Add a dried puddle: an uneven outline and a dark rim, sometimes several inside each other."""
    size = float(np.exp(rng.uniform(np.log(2), np.log(45))))
    cy, cx = _place(rng, area, size)
    rows, columns, part = area.window(cy - 2 * size, cx - 2 * size, cy + 2 * size, cx + 2 * size)
    if not part.height or not part.width:
        return
    dy = (area.y[rows] - np.float32(cy)) / np.float32(size)
    dx = (area.x[:, columns] - np.float32(cx)) / np.float32(size * rng.uniform(0.5, 1))
    turn = np.float32(rng.uniform(-0.8, 0.8))
    level = 1 - np.sqrt((dy + turn * dx) ** 2 + dx**2)  # 1 in the middle, 0 at the outline
    level += np.float32(rng.uniform(0.1, 0.4)) * clouds(rng, part, size * rng.uniform(0.5, 1), octaves=5, gain=0.5)
    strength = rng.gamma(1.6, 0.3)
    edge = np.float32(rng.choice([rng.uniform(0.1, 0.4), rng.uniform(0.4, 3)]) / size)
    rim_width = np.float32(rng.uniform(0.2, 1.2) / size)
    inner = np.float32(rng.uniform(0.1, 1))
    rim = np.float32(rng.uniform(0, 1.2))
    deposit = np.zeros_like(level)
    for tide in np.cumsum(rng.uniform(0, 0.35, rng.integers(1, 4))) - 0.1:
        depth = level - np.float32(tide)
        body = smoothstep(depth / edge - 0.5)
        deposit += body * (inner + rim * np.exp(-np.maximum(depth, 0) / rim_width))
    texture = 1 + np.float32(rng.uniform(0.03, 0.3)) * clouds(rng, part, rng.uniform(1, 8), octaves=5, gain=0.7)
    absorbed[rows, columns] += np.float32(strength) * deposit * np.maximum(texture, 0)


def drops(rng: np.random.Generator, area: Area, absorbed: Grey) -> None:
    """Add splashes: drops of many sizes around a place, with rims."""
    cy, cx = _place(rng, area, 0)
    spread = rng.uniform(5, 40)
    strength = rng.gamma(2, 0.25)
    for _ in range(rng.integers(3, 25)):
        size = min(rng.lognormal(-0.3, 0.8), 6)
        y, x = rng.normal((cy, cx), spread)
        rows, columns, part = area.window(y - 2 * size, x - 2 * size, y + 2 * size, x + 2 * size)
        if not part.height or not part.width:
            continue
        dy, dx = area.y[rows] - np.float32(y), area.x[:, columns] - np.float32(x)
        depth = np.float32(size) - np.sqrt(dy**2 + np.float32(rng.uniform(0.7, 1.4)) * dx**2)
        depth += np.float32(0.15 * size) * noise(rng, part, max(size, 0.5))
        body = smoothstep(depth / np.float32(max(0.15, area.pixel)))
        rim = np.float32(rng.uniform(0, 1)) * np.exp(-np.maximum(depth, 0) / np.float32(0.25))
        absorbed[rows, columns] += np.float32(strength * rng.uniform(0.4, 1)) * body * (np.float32(0.5) + rim)


def water(rng: np.random.Generator, area: Area, absorbed: Grey) -> None:
    """Add the tide line of water from an edge: brown and thin at the front, hardly darker behind."""
    angle = rng.uniform(0, 2 * np.pi)
    depth = np.float32(np.cos(angle)) * (area.x - area.width_mm / 2) + np.float32(np.sin(angle)) * (
        area.y - area.height_mm / 2
    )
    depth = depth + np.float32(rng.uniform(2, 8)) * clouds(rng, area, rng.uniform(15, 60), octaves=5, gain=0.5)
    depth -= np.float32(rng.uniform(-0.3, 0.5) * max(area.height_mm, area.width_mm))
    strength, behind = rng.gamma(1.5, 0.15), rng.uniform(0.02, 0.5)
    front = np.float32(rng.uniform(0.3, 2.5))
    body = smoothstep(depth / np.float32(rng.uniform(0.2, 1)) - 0.5)
    absorbed += np.float32(strength) * body * (np.float32(behind) + np.exp(-np.maximum(depth, 0) / front))


def fingers(rng: np.random.Generator, area: Area, absorbed: Grey) -> None:
    """Add finger marks and smudges: small smeared ovals, with or without the ridges of the skin."""
    cy, cx = _place(rng, area, 0)
    for _ in range(rng.integers(1, 5)):
        length, width = rng.uniform(7, 14), rng.uniform(4, 8)
        y, x = rng.normal((cy, cx), 14)
        rows, columns, part = area.window(y - 1.6 * length, x - 1.6 * length, y + 1.6 * length, x + 1.6 * length)
        if not part.height or not part.width:
            continue
        angle = rng.uniform(0, np.pi)
        c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        dy, dx = area.y[rows] - np.float32(y), area.x[:, columns] - np.float32(x)
        u, v = c * dx + s * dy, c * dy - s * dx
        bend = noise(rng, part, 5)
        oval = 1 - np.sqrt((u / np.float32(length)) ** 2 + (v / np.float32(width)) ** 2) + np.float32(0.2) * bend
        mark = smoothstep(oval * np.float32(rng.uniform(1, 3)) - 0.3)
        if rng.random() < 0.6:  # ridges are about 0.5 mm apart
            distance = np.sqrt(u**2 + (np.float32(1.6) * v) ** 2) + bend
            mark *= np.float32(0.6) + np.float32(0.4) * np.cos(
                distance * np.float32(2 * np.pi / rng.uniform(0.45, 0.6))
            )
        mark *= np.clip(np.float32(0.6) + np.float32(0.5) * clouds(rng, part, 3, octaves=3), 0, None)
        absorbed[rows, columns] += np.float32(rng.gamma(2, 0.07)) * mark


def _place(rng: np.random.Generator, area: Area, reach: float) -> tuple[float, float]:
    """A random place on the page, or outside it but near enough for something with this reach to touch the page."""
    over = 0.6 * reach
    return rng.uniform(-over, area.height_mm + over), rng.uniform(-over, area.width_mm + over)
