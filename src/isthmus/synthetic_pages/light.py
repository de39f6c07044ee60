"""Light on a page: uneven illumination, the shadow of the binding, and shadows of things above the page."""

import numpy as np

from isthmus.synthetic_pages.area import Area, Grey, noise


def light(rng: np.random.Generator, area: Area) -> Grey:
    """Uneven illumination, at most 1: a slope, a wide bump and a little noise."""
    y, x = area.y / area.height_mm - 0.5, area.x / area.width_mm - 0.5
    depth = rng.gamma(1.5, 0.05)
    angle = rng.uniform(0, 2 * np.pi)
    shade = depth * (np.cos(angle) * x + np.sin(angle) * y)
    cy, cx = rng.uniform(-0.8, 0.8, 2)
    shade = shade + rng.gamma(1.2, 0.06) * ((y - cy) ** 2 + (x - cx) ** 2)
    shade = shade + np.float32(rng.gamma(1.5, 0.008)) * noise(rng, area, rng.uniform(30, 90))
    passed: Grey = np.exp(shade.min() - shade).astype(np.float32)
    return passed


def binding(rng: np.random.Generator, area: Area) -> Grey:
    """The shadow along the binding of a book, where the page curves away from the glass."""
    side = rng.integers(4)
    if side < 2:
        along, across = area.y, area.x if side else area.width_mm - area.x
    else:
        along, across = area.x, area.y if side == 2 else area.height_mm - area.y
    lean = rng.normal(0, 0.02)
    distance = np.maximum(across + lean * (along - along.mean()), 0)
    reach, depth = rng.uniform(4, 20), rng.uniform(0.3, 2)
    absorbed = depth * np.exp(-((distance / reach) ** rng.uniform(0.8, 1.6)))
    if rng.random() < 0.4:  # the gutter itself
        absorbed = absorbed + rng.uniform(1, 3) * np.exp(-distance / rng.uniform(0.3, 1.5))
    passed: Grey = np.exp(-absorbed).astype(np.float32)
    return passed


def shadow(rng: np.random.Generator, area: Area) -> Grey:
    """The shadow of something above the page, such as a hand: a half-plane with a soft, uneven edge."""
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * (area.x - area.width_mm * rng.uniform(0.1, 0.9))
    distance = along + np.sin(angle) * (area.y - area.height_mm * rng.uniform(0.1, 0.9))
    distance = distance + np.float32(rng.uniform(0, 4)) * noise(rng, area, rng.uniform(15, 50))
    softness = rng.uniform(1, 12)
    depth = rng.uniform(0.1, 0.45)
    passed: Grey = (1 - depth / (1 + np.exp(np.clip(distance / softness, -30, 30)))).astype(np.float32)
    return passed
