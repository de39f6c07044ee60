"""Paper: its formation, grain and fibres, its tone, and how age spots it."""

import numpy as np
from jaxtyping import Float32

from isthmus.pages.made.area import Area, Grey, clouds, noise


def paper(rng: np.random.Generator, area: Area) -> Grey:
    """The reflectance of empty paper; its mean is its tone, between about 0.7 and 1."""
    tone = 1 - min(rng.gamma(1.5, 0.06), 0.35)
    formation = rng.uniform(0.002, 0.012)
    grain = rng.uniform(0.003, 0.018)
    uneven = np.float32(formation) * clouds(rng, area, rng.uniform(2, 8), octaves=4, gain=rng.uniform(0.5, 0.9))
    uneven += np.float32(grain) * noise(rng, area, rng.uniform(0.12, 0.4))
    if rng.random() < 0.25:  # laid paper, or a scanner's lines
        uneven += _lines(rng, area)
    reflected: Grey = np.clip(np.float32(tone) * (1 + uneven), 0.3, 1)
    return reflected


def ageing(rng: np.random.Generator, area: Area) -> Grey:
    """What age leaves of the paper's reflectance: darker edges, clouds of yellow, and brown spots (foxing)."""
    depth = np.float32(rng.gamma(1.5, 0.05))
    absorbed = depth * np.maximum(0, clouds(rng, area, rng.uniform(8, 40), octaves=3) + 0.3)
    if rng.random() < 0.5:
        reach = rng.uniform(4, 25)
        y, x = area.y, area.x
        nearest = np.minimum(np.minimum(y, area.height_mm - y), np.minimum(x, area.width_mm - x))
        bend = 1 + 0.4 * noise(rng, area, 15)
        absorbed += np.float32(rng.uniform(0.05, 0.35)) * np.exp(-nearest * bend / np.float32(reach))
    if rng.random() < 0.3:
        spots = clouds(rng, area, rng.uniform(2, 6), octaves=2) - np.float32(rng.uniform(2, 2.6))
        absorbed += np.float32(rng.uniform(0.05, 0.2)) * np.clip(2 * spots, 0, 1)
    return np.exp(-absorbed)


def _lines(rng: np.random.Generator, area: Area) -> Float32[np.ndarray, "..."]:
    """Faint parallel lines across or along, each of its own strength."""
    across = rng.random() < 0.5
    strip = Area(area.height, 1, area.dpi) if across else Area(1, area.width, area.dpi)
    return np.float32(rng.uniform(0.002, 0.008)) * noise(rng, strip, rng.uniform(0.2, 1.2))
