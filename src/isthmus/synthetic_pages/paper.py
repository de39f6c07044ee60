"""Paper: formation, grain, tone, and the spots of age."""

import numpy as np
from jaxtyping import Float32

from isthmus.synthetic_pages.area import Area, Grey, clouds, noise


def paper(rng: np.random.Generator, area: Area) -> Grey:
    """The reflectance of empty paper, with a mean between about 0.65 and 1."""
    tone = 1 - min(rng.gamma(1.5, 0.06), 0.35)
    formation = rng.uniform(0.002, 0.012)
    grain = rng.uniform(0.003, 0.018)
    uneven = np.float32(formation) * clouds(rng, area, rng.uniform(2, 8), octaves=3, gain=rng.uniform(0.5, 0.9))
    uneven += np.float32(grain) * noise(rng, area, rng.uniform(0.12, 0.4))
    if rng.random() < 0.25:  # laid paper, or lines of a scanner
        uneven += _lines(rng, area)
    reflected: Grey = np.clip(np.float32(tone) * (1 + uneven), 0.3, 1)
    return reflected


def ageing(rng: np.random.Generator, area: Area) -> Grey:
    """Light that aged paper absorbs: in faint clouds, at the edges, and in brown spots (foxing)."""
    absorbed = np.float32(rng.gamma(1.5, 0.025)) * clouds(rng, area, rng.uniform(10, 60), octaves=4, gain=0.7)
    if rng.random() < 0.5:
        reach = rng.uniform(4, 25)
        y, x = area.y, area.x
        nearest = np.minimum(np.minimum(y, area.height_mm - y), np.minimum(x, area.width_mm - x))
        nearest = np.maximum(nearest + np.float32(0.25 * reach) * clouds(rng, area, 20, octaves=4), 0)
        absorbed += np.float32(rng.uniform(0.03, 0.3)) * np.exp(-nearest / np.float32(reach))
    if rng.random() < 0.3:
        absorbed += _foxing(rng, area)
    return np.maximum(absorbed, -0.1)


def _foxing(rng: np.random.Generator, area: Area) -> Grey:
    """Brown spots of 0.3 to 3 mm, darkest in the middle."""
    absorbed = np.zeros((area.height, area.width), np.float32)
    often = rng.gamma(1, 8) * area.height_mm * area.width_mm / 1e4
    depth = rng.uniform(0.03, 0.25)
    for _ in range(rng.poisson(min(often, 150))):
        size = min(rng.lognormal(-0.4, 0.5), 3)
        y, x = rng.uniform(0, (area.height_mm, area.width_mm))
        rows, columns, part = area.window(y - 3 * size, x - 3 * size, y + 3 * size, x + 3 * size)
        if part.height and part.width:
            far = ((area.y[rows] - np.float32(y)) ** 2 + (area.x[:, columns] - np.float32(x)) ** 2) / np.float32(
                size**2
            )
            spot = np.exp(-far * (1 + np.float32(0.3) * noise(rng, part, size)))
            absorbed[rows, columns] += np.float32(depth * rng.uniform(0.3, 1)) * spot
    return absorbed


def _lines(rng: np.random.Generator, area: Area) -> Float32[np.ndarray, "..."]:
    """Faint parallel lines, horizontal or vertical, of different strengths."""
    across = rng.random() < 0.5
    strip = Area(area.height, 1, area.dpi) if across else Area(1, area.width, area.dpi)
    return np.float32(rng.uniform(0.002, 0.008)) * noise(rng, strip, rng.uniform(0.2, 1.2))
